import { createHash } from 'node:crypto'
import type { SimNode } from './sim-node.ts'

/** Differences named at most; the first ones are enough to replay the seed. */
const maxNamed = 20

/** What must hold when everything is calm: one sentence for each thing that does not. */
export function checkInvariants(
  nodes: readonly SimNode[],
  notes: { readonly promised: ReadonlyMap<string, unknown>; readonly forbidden: ReadonlySet<string> },
): readonly string[] {
  return [...sameJournals(nodes), ...sameViews(nodes), ...gapFree(nodes), ...nothingLost(nodes, notes)].slice(0, maxNamed)
}

function sameJournals(nodes: readonly SimNode[]): readonly string[] {
  const [first, ...others] = nodes
  const wanted = first === undefined ? '' : linesOf(first)
  return others.filter((node) => linesOf(node) !== wanted).map((node) => `node ${node.index} has other journals than node 0`)
}

function sameViews(nodes: readonly SimNode[]): readonly string[] {
  const [first, ...others] = nodes
  const wanted = first === undefined ? '' : notesOf(first)
  return others.filter((node) => notesOf(node) !== wanted).map((node) => `node ${node.index} shows other notes than node 0`)
}

function gapFree(nodes: readonly SimNode[]): readonly string[] {
  return nodes.flatMap((node) =>
    node.database
      .all<{ readonly author: string }>(
        'select c.node as author from entry e join chain c on c.id = e.chain group by c.id having count(*) <> max(e.seq) or min(e.seq) <> 1',
      )
      .map(({ author }) => `node ${node.index} has a gap in the journal of ${author}`),
  )
}

/** Everybody shows all that was acknowledged, and nothing that a revoked node wrote past its end. */
function nothingLost(
  nodes: readonly SimNode[],
  { promised, forbidden }: { readonly promised: ReadonlyMap<string, unknown>; readonly forbidden: ReadonlySet<string> },
): readonly string[] {
  return nodes.flatMap((node) => {
    const texts = new Set(node.database.all<{ readonly text: string }>('select text from sim_note').map((row) => row.text))
    return [
      ...[...promised.keys()].filter((text) => !texts.has(text)).map((text) => `node ${node.index} lost "${text}"`),
      ...[...forbidden].filter((text) => texts.has(text)).map((text) => `node ${node.index} counts "${text}" of a revoked node`),
    ]
  })
}

/** The line of every author, as one hash. */
function linesOf(node: SimNode): string {
  const journal = node.journal
  if (journal === undefined) return 'not running'
  const authors = [...new Set(journal.heads().map((head) => head.node))].toSorted()
  const hash = createHash('sha256')
  for (const author of authors) {
    for (const head of journal.lineHeads(author).toSorted((a, b) => a.incarnation - b.incarnation)) {
      hash.update(`${author} ${head.incarnation} ${head.seq} ${head.cid}\n`)
    }
  }
  return hash.digest('hex')
}

function notesOf(node: SimNode): string {
  const hash = createHash('sha256')
  for (const row of node.database.all<{ readonly cid: string }>('select cid from sim_note order by cid')) hash.update(row.cid)
  return hash.digest('hex')
}
