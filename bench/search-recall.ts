import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createSeededChance } from '../src/lib/chance.ts'
import { openShelf } from '../src/market/testing/shelf.ts'
import { mistype, typoKinds } from '../src/market/testing/typos.ts'
import type { Figure } from './harness/compare.ts'
import type { Question } from './harness/question.ts'
import { openMiniSearch } from './peers/search-engines.ts'

const seed = 20_251_116
/** Misspellings of each name, of each kind. */
const tries = 20
const ranks = [1, 5] as const

/** How often a misspelt name is found. */
export const question: Question = {
  name: 'search-recall',
  asks: 'Of the names of a real marketplace with one letter wrong, how many are found first, and how many among the first five?',
  ask: async ({ quick, signal }) => {
    const names = readNames()
    const misspelt = misspell(names, quick ? 2 : tries)
    await using shelf = openShelf()
    await shelf.put(...names.map((name) => ({ name })))
    await using peer = await openMiniSearch()
    await peer.load(names.map((name, id) => ({ id, name, description: 'nothing said', keywords: [], category: '' })))
    const ours: number[] = []
    const theirs: number[] = []
    for (const { name, typed } of misspelt) {
      signal.throwIfAborted()
      const found = shelf.find(typed, { limit: 5 }).map((hit) => hit.replace('?', ''))
      ours.push(found.indexOf(name))
      theirs.push(peer.search('misspelt', typed).slice(0, 5).indexOf(name))
    }
    return {
      figures: ranks.map((rank) => figureOf(rank, { ours, theirs })),
      conditions: [
        `${names.length} names of a real marketplace (the folder of \`REAL_DATA\`), nothing but names in both indexes; ${misspelt.length} misspellings from seed ${seed}: one letter ${typoKinds.join(', ')}, not the first`,
        'MiniSearch asked with fuzzy 0.2 and all words',
      ],
    }
  },
}

function readNames(): readonly string[] {
  const root = process.env['REAL_DATA']
  if (root === undefined) throw new Error('REAL_DATA names no folder that holds ggen-packages (CONTRIBUTING.md says whose they are)')
  const folders = readdirSync(join(root, 'ggen-packages'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.map(({ name }) => name)
}

function misspell(names: readonly string[], times: number): readonly { readonly name: string; readonly typed: string }[] {
  const chance = createSeededChance(seed)
  return Array.from({ length: times }, () =>
    typoKinds.flatMap((kind) => names.map((name) => ({ name, typed: mistype(name, kind, chance) }))),
  ).flat()
}

function figureOf(
  rank: (typeof ranks)[number],
  { ours, theirs }: { readonly ours: readonly number[]; readonly theirs: readonly number[] },
): Figure {
  const shareOf = (places: readonly number[]): number => (100 * places.filter((place) => place >= 0 && place < rank).length) / places.length
  const [own, other] = [shareOf(ours), shareOf(theirs)]
  return {
    what: rank === 1 ? 'found first' : `found among the first ${rank}`,
    unit: '%',
    ours: { name: 'search', value: own },
    peer: { name: 'MiniSearch', value: other },
    ratio: { median: own / other, lowest: own / other, highest: own / other },
  }
}
