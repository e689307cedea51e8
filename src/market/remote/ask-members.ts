import type { HiveId } from '../../journal/entry.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import type { Database } from '../../store/database.ts'
import { marketFaults } from '../faults.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { SearchInput, SearchReport } from '../search/operations.ts'
import { parseTextQuery } from '../search/rules/query.ts'
import type { Statistics } from '../search/search-text.ts'
import { readStatistics } from '../search/search-text.ts'
import { addStatistics } from './rules/add-statistics.ts'
import type { RemoteQuestion } from './protocol.ts'
import { maxHits } from './protocol.ts'

/** What a search with `--remote` did beside looking into the index here. */
export type AskedMembers = NonNullable<SearchReport['remote']>

/** Hits asked for beyond those that are shown: others rank by what they know, and their order is not quite ours. */
const spareHits = 10

/**
 * Asks connected members of an open hive what they have. In a closed hive everybody has the whole index, and nobody is asked.
 *
 * Says first what goes to whom; once for each hive, and then it is remembered.
 *
 * @throws Fault CONFIRMATION_NEEDED
 */
export async function askMembers(
  deps: MarketDeps & { readonly options: MarketOptions },
  input: SearchInput,
  context: CallContext,
): Promise<{ readonly report: AskedMembers; readonly statistics?: Statistics }> {
  const hive = deps.findHive(context.hive)
  const nobody = { asked: 0, answered: 0, added: 0, dropped: 0 }
  if (hive.membership.policy === 'closed')
    return { report: { ...nobody, note: `every member of "${hive.name}" has its whole index: nobody was asked, and nothing was sent` } }
  const { remote } = hive
  if (remote === undefined) return { report: { ...nobody, note: `"${hive.name}" has no open connection here: nobody was asked` } }
  await hive.untilConnected({ signal: context.signal })
  const peers = remote.members()
  if (peers.length === 0)
    return {
      report: {
        ...nobody,
        note: `no member of "${hive.name}" is connected: nobody was asked. Name one with \`althing p2p bootstrap ADDR\``,
      },
    }
  const question = toQuestion(input, hive, deps.options)
  const told = describeSent(question, hive, peers.length)
  if (input.accept.includes(remoteKind)) await rememberConsent(deps.database, hive)
  else if (!hasConsent(deps.database, hive)) throw consentNeeded(hive, told)
  const { statistics, ...report } = await remote.ask(question, { signal: context.signal, peers })
  const own = readStatistics(deps.database, hive.hive, parseTextQuery(question.query))
  return { report: { ...report, note: `sent ${told}` }, statistics: addStatistics(own, statistics) }
}

/** What a person accepts, as `--accept` names it. */
const remoteKind = 'remote'

function toQuestion(input: SearchInput, hive: MarketHive, { searchLimit }: MarketOptions): Omit<RemoteQuestion, 'id'> {
  const author = input.author?.replace(/^@/, '')
  return {
    query: input.query.join(' ').trim().slice(0, 1_024).toWellFormed(),
    kind: input.kind,
    category: input.category,
    keyword: input.keyword,
    // a name of our own for somebody says nothing to others
    author: author === undefined ? undefined : (hive.membership.findOwner(author) ?? author),
    license: input.license,
    limit: Math.min(maxHits, (input.limit ?? searchLimit) + spareHits),
  }
}

/** All that is on the wire but the number of the question. */
function describeSent({ query, limit, ...filters }: Omit<RemoteQuestion, 'id'>, hive: MarketHive, members: number): string {
  const named = [
    ['kind', filters.kind],
    ['category', filters.category],
    ['keyword', filters.keyword.join(', ') || undefined],
    ['author', filters.author],
    ['license', filters.license],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]))
  const words = query === '' ? 'no words' : `the words ${JSON.stringify(query)}`
  return `${[words, ...named].join(', ')}, for up to ${limit} ${limit === 1 ? 'package' : 'packages'}, to ${members} ${members === 1 ? 'member' : 'members'} of "${hive.name}"`
}

function consentNeeded(hive: MarketHive, told: string): Error {
  const message = `--remote sends ${told}, who see this node's peer id and address with it. It is asked once for each hive.`
  return marketFaults.create('CONFIRMATION_NEEDED', {
    message: `nothing was sent: ${message} If that is right, say so: --accept ${remoteKind}`,
    data: { issues: [{ package: '', version: '', kind: remoteKind, message }], hive: hive.hive },
  })
}

function hasConsent(database: Database, { hive }: MarketHive): boolean {
  return database.get('select 1 from setting where name = ?', consentOf(hive)) !== undefined
}

async function rememberConsent(database: Database, { hive }: MarketHive): Promise<void> {
  await database.write((tx) => tx.run("insert into setting (name, value) values (?, '1') on conflict do nothing", consentOf(hive)))
}

function consentOf(hive: HiveId): string {
  return `market.remote-search ${hive}`
}
