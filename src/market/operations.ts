import { defineOperation } from '../operations/define-operation.ts'
import { installOperations } from './install/operations.ts'
import { publishOperations } from './publish/operations.ts'
import { searchOperations } from './search/operations.ts'

const show = defineOperation({
  name: 'marketplace.info',
  summary: 'Say all about one package',
  input: { package: { type: 'text', help: 'NAME, @owner/NAME, or either with @RANGE', position: 0, max: 256, placeholder: 'package' } },
  output: (z) =>
    z.object({
      package: z.string(),
      name: z.string(),
      owner: z.string(),
      handle: z.string().nullable(),
      version: z.string(),
      /** Newest first. */
      versions: z.array(z.string()),
      kind: z.string(),
      description: z.string(),
      authors: z.array(z.string()),
      licence: z.string().nullable(),
      category: z.string().nullable(),
      keywords: z.array(z.string()),
      homepage: z.string().nullable(),
      repository: z.string().nullable(),
      dependencies: z.array(z.object({ name: z.string(), range: z.string() })),
      foreign: z.array(z.object({ name: z.string(), value: z.string() })),
      permissions: z.object({
        tools: z.array(z.string()),
        commands: z.array(z.string()),
        hosts: z.array(z.string()),
        paths: z.array(z.string()),
      }),
      entry: z.string().nullable(),
      digest: z.string(),
      cid: z.string(),
      size: z.number(),
      files: z.number(),
      publishedAt: z.number(),
      /** The journal entry that says it, and the node that signed it. */
      release: z.object({ entry: z.string(), node: z.string() }),
      conflicts: z.number(),
      isHere: z.boolean(),
    }),
  faults: ['REFERENCE_INVALID', 'PACKAGE_UNKNOWN', 'PACKAGE_AMBIGUOUS', 'VERSION_UNKNOWN', 'STORE_CORRUPT'],
  isReadOnly: true,
  needsPeers: false,
  aliases: ['info'],
  examples: [{ command: 'althing info @ada/rust-web', does: 'versions, permissions asked, dependencies, digest' }],
})

/** What a node can be asked about packages. */
export const marketOperations = [...publishOperations, ...searchOperations, ...installOperations, show] as const
