import { createSeededChance } from '../../src/lib/chance.ts'
import type { Chance } from '../../src/lib/chance.ts'
import { mistype, typoKinds } from '../../src/market/testing/typos.ts'

/** A package as a registry knows it. */
export interface CorpusRecord {
  readonly id: number
  readonly name: string
  readonly description: string
  readonly keywords: readonly string[]
  readonly category: string
}

/** Kinds of queries, each as many as the others. */
export const queryKinds = ['rare', 'two words', 'prefix', 'common', 'misspelt'] as const
export type QueryKind = (typeof queryKinds)[number]

/** Words of which names are made, the more frequent first. */
const nameWords = `agent cli api web rust data template workflow code python service cloud review test graph docker deploy auth mcp chat
  git search memory model schema pipeline docs server client tool skill role bundle react stream cache queue proxy gateway sql
  postgres redis kafka kubernetes terraform helm ansible metrics trace log audit security secret vault token crypto wallet payment
  invoice billing order stock trading bank loan risk health clinic patient lab pharmacy trial paper thesis latex arxiv citation
  ontology sparql shacl rdf knowledge reason vector embed prompt eval bench lint format parse compile build release version
  changelog commit issue ticket plan roadmap sprint standup meeting note calendar mail slack discord telegram voice image video
  audio map geo weather sensor iot edge mobile android ios flutter swift kotlin java scala go zig elixir haskell ocaml lisp
  notebook report dashboard chart table sheet form page site blog shop cart tenant user identity access policy consent privacy
  translate summarize extract classify cluster rank recommend detect predict simulate optimize schedule route notify alert monitor
  backup restore migrate sync replicate shard index crawl scrape fetch import export convert render print sign verify`.split(/\s+/)
const fillers = `the a for and of with to in from that is on by your as an or it this into over when without using across each`.split(' ')
const syllables =
  'ba be bi bo da de di do fa fe fi ga go ha he ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe po ra re ri ro sa se si so ta te ti to va ve vi za zo'.split(
    ' ',
  )
const categories = Array.from({ length: 30 }, (_, index) => `${nameWords[index * 3] ?? 'web'}-tools`)
/** Made-up words, of which descriptions take the rest of theirs. */
const madeUp = 40_000

/** Packages that are the same for the same seed, with names like real ones and words as frequent as words are (Zipf). */
export function* createCorpus(count: number, seed: number): Generator<CorpusRecord> {
  const chance = createSeededChance(seed)
  const words = [...nameWords, ...createWords(madeUp, chance)]
  const taken = new Set<string>()
  for (let id = 1; id <= count; id += 1) {
    const parts = Array.from({ length: 2 + Math.floor(chance.fraction() * 2) }, () => pick(words, chance, 2.5))
    while (taken.has(parts.join('-'))) parts.push(pick(words, chance, 1))
    taken.add(parts.join('-'))
    const description = Array.from({ length: 8 + Math.floor(chance.fraction() * 32) }, (_, index) =>
      index % 3 === 1 ? pick(fillers, chance, 2) : pick(words, chance, 4),
    )
    const keywords = Array.from({ length: Math.floor(chance.fraction() * 6) }, () => pick(words, chance, 4))
    yield { id, name: parts.join('-'), description: description.join(' '), keywords, category: pick(categories, chance, 1.5) }
  }
}

/** Queries about a corpus, the same for the same seed: of words of packages that chance takes from `sample`. */
export function createQueries(
  kind: QueryKind,
  sample: readonly CorpusRecord[],
  { count, seed }: { readonly count: number; readonly seed: number },
): readonly string[] {
  const chance = createSeededChance(seed)
  const one = (): CorpusRecord => pick(sample, chance, 1)
  const partOf = ({ name }: CorpusRecord): readonly string[] => name.split('-')
  const longest = (record: CorpusRecord): string => partOf(record).toSorted((a, b) => b.length - a.length)[0] ?? ''
  const make: Readonly<Record<QueryKind, () => string>> = {
    rare: () => longest(one()),
    'two words': () =>
      pick(
        [partOf, (record: CorpusRecord) => record.description.split(' ').filter((word) => word.length > 3)],
        chance,
        1,
      )(one())
        .slice(0, 2)
        .join(' '),
    prefix: () => longest(one()).slice(0, 3 + Math.floor(chance.fraction() * 3)),
    common: () => pick(nameWords.slice(0, 20), chance, 1),
    misspelt: () => mistype(longest(one()), pick(typoKinds, chance, 1), chance),
  }
  return Array.from({ length: count }, make[kind])
}

function createWords(count: number, chance: Chance): readonly string[] {
  const words = new Set<string>()
  while (words.size < count)
    words.add(Array.from({ length: 2 + Math.floor(chance.fraction() * 3) }, () => pick(syllables, chance, 1)).join(''))
  return [...words]
}

/** One of a list; the greater `skew`, the more often one of the first. */
function pick<T>(list: readonly T[], chance: Chance, skew: number): T {
  const one = list[Math.floor(list.length * chance.fraction() ** skew)]
  if (one === undefined) throw new Error('there is nothing to pick from')
  return one
}
