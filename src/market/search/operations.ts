import { defineOperation } from '../../operations/define-operation.ts'
import type { InputOf, OutputOf, Zod } from '../../operations/define-operation.ts'

const searchInput = {
  query: { type: 'texts', help: 'words to look for; none lists what is newest', position: 'rest', optional: true, max: 32 },
  category: { type: 'text', help: 'only this category', short: 'c', optional: true, max: 512 },
  keyword: { type: 'texts', help: 'only with this keyword', short: 'k', optional: true, max: 16 },
  author: { type: 'text', help: 'only by this owner, @handle or id, or with this author', short: 'a', optional: true, max: 512 },
  kind: { type: 'text', help: 'only this kind', choices: ['template', 'skill', 'tool', 'role', 'bundle'], optional: true },
  license: { type: 'text', help: 'only under this licence, an SPDX id', optional: true, max: 512, placeholder: 'id' },
  fuzzy: { type: 'flag', help: 'near spellings too, even when enough is found as it is typed' },
  remote: { type: 'flag', help: 'in an open hive, ask connected members too; says first what is sent, and to whom' },
  accept: {
    type: 'texts',
    help: 'remote: what --remote sends may be sent; asked once for each hive',
    optional: true,
    max: 4,
    placeholder: 'KIND',
  },
  reason: { type: 'text', help: 'with --accept; is not kept', optional: true, max: 512, placeholder: 'TEXT' },
  yanked: { type: 'flag', help: 'also packages whose owner took every version back' },
  detailed: { type: 'flag', help: 'more about each: category, keywords, authors, licence, size, dependencies', short: 'd' },
  limit: {
    type: 'integer',
    help: 'hits shown; market.searchLimit when not said',
    short: 'l',
    optional: true,
    min: 1,
    max: 1000,
    placeholder: 'N',
  },
} as const

const searchOutput = (z: Zod) =>
  z.object({
    query: z.string(),
    packages: z.array(
      z.object({
        package: z.string(),
        /** Who says so: `hive:<id>` or `registry:<url>`. */
        source: z.string(),
        name: z.string(),
        owner: z.string(),
        handle: z.string().nullable(),
        version: z.string(),
        kind: z.string(),
        description: z.string(),
        keywords: z.array(z.string()),
        licence: z.string().nullable(),
        size: z.number(),
        files: z.number(),
        /** The author's wall time in milliseconds. */
        publishedAt: z.number(),
        /** Whether every word was found. */
        isFullMatch: z.boolean(),
        /** What its owner says of the newest version since; null when nothing. */
        deprecated: z.string().nullable(),
        /** Whether its owner took every version back. */
        isYanked: z.boolean(),
        /** Connected members that hold it, ourselves counted; null while unknown. */
        providers: z.number().nullable(),
        /** When that was counted, wall time in milliseconds. */
        providersAsOf: z.number().nullable(),
        /** How long ago that was, in milliseconds. */
        providersAgeMs: z.number().nullable(),
        /** Whether its bytes are on this disk. */
        isHere: z.boolean(),
        /** Times this version was published again with other bytes; those do not count. */
        conflicts: z.number(),
        /** Null unless asked for. */
        details: z
          .object({
            category: z.string().nullable(),
            authors: z.array(z.string()),
            homepage: z.string().nullable(),
            repository: z.string().nullable(),
            dependencies: z.array(z.object({ name: z.string(), range: z.string() })),
          })
          .nullable(),
      }),
    ),
    /** What unsigned indexes say, after all that is signed; none of it can be installed. */
    foreign: z.array(
      z.object({
        name: z.string(),
        version: z.string(),
        description: z.string(),
        checksum: z.string().nullable(),
        registry: z.string(),
      }),
    ),
    /** What `--remote` did; null without it. */
    remote: z
      .object({
        asked: z.number(),
        answered: z.number(),
        /** Releases that the index did not have. */
        added: z.number(),
        /** Releases that were no answer: unsigned, another's, or not what was asked for. */
        dropped: z.number(),
        /** One sentence: what was sent to whom, or why nothing was. */
        note: z.string(),
      })
      .nullable(),
    /** Packages in the index in all. */
    indexed: z.number(),
    /** What the query was read as, where the best hit is spelled otherwise. */
    meant: z.string().nullable(),
    /** What was searched, when nothing was found. */
    hint: z.string().nullable(),
    /** What to try when nothing was found. */
    suggestions: z.array(z.object({ command: z.string(), does: z.string() })),
  })

const p2pSearch = defineOperation({
  name: 'p2p.search',
  summary: 'Search the packages of the hive',
  input: searchInput,
  output: searchOutput,
  faults: ['CONFIRMATION_NEEDED'],
  isReadOnly: true,
  needsPeers: false,
  examples: [
    { command: 'althing p2p search "rust web"', does: 'packages with both words first, then those with one' },
    { command: 'althing p2p search', does: 'the newest packages' },
  ],
})

const search = defineOperation({
  name: 'marketplace.search',
  summary: 'Search the packages of the hive',
  input: searchInput,
  output: searchOutput,
  faults: ['CONFIRMATION_NEEDED'],
  isReadOnly: true,
  needsPeers: false,
  aliases: ['search'],
  examples: [
    { command: 'althing search review --kind skill', does: 'skills about reviews' },
    { command: 'althing search -c web -k rust -d', does: 'the newest of a category with a keyword, with more about each' },
    { command: 'althing search --author ada --limit 50 --json', does: 'what ada has, for a script' },
    { command: 'althing search rust web --remote --hive commons', does: 'what connected members of commons have, too' },
  ],
})

/** What can be looked for. */
export const searchOperations = [p2pSearch, search] as const

/** What a search is asked with. */
export type SearchInput = InputOf<typeof search>
/** What it answers. */
export type SearchReport = OutputOf<typeof search>
