import type { Zod } from '../../operations/define-operation.ts'
import { mcpBlock } from '../mcp/mcp-block.ts'

/** What `install`, `update` and `remove` answer: what they did, or would do. */
export const changeAnswer = (z: Zod) =>
  z.object({
    status: z.enum(['done', 'present', 'planned']),
    place: z.enum(['project', 'global', 'target']),
    lock: z.string(),
    isLockChanged: z.boolean(),
    /** All that is there afterwards, by name. */
    packages: z.array(
      z.object({
        /** `restored`: placed again as the lock says; `present`: was there already. */
        change: z.enum(['added', 'updated', 'downgraded', 'restored', 'present']),
        package: z.string(),
        /** The same as people here call it, by a name of their own for the owner; null when that is no other. */
        alias: z.string().nullable(),
        name: z.string(),
        owner: z.string(),
        version: z.string(),
        previousVersion: z.string().nullable(),
        digest: z.string(),
        cid: z.string(),
        kind: z.string().nullable(),
        /** Of the archive, in bytes; null for what no index here has. */
        size: z.number().nullable(),
        files: z.number().nullable(),
        path: z.string(),
        /** Where else it appears: a skill in `.agents/skills`. */
        alsoAt: z.array(z.string()),
        /** The range or tag that was asked for; null for what only others need. */
        requested: z.string().nullable(),
        /** Whether it was named in this call. */
        isNamed: z.boolean(),
        /** Who gave how many bytes; empty when all was on this disk. */
        providers: z.array(z.object({ peer: z.string(), bytes: z.number() })),
        /** Files of what is present that are not what its owner signed, or gone; 20 at most. Null: not looked at, or nothing on this disk to compare with. */
        changed: z.array(z.string()).nullable(),
        /** Files that are none of the package and stayed in its folder when it was placed, by path there; 20 at most. */
        beside: z.array(z.string()),
        /** What it needs and was installed without. */
        leftOut: z.array(z.object({ name: z.string(), range: z.string() })),
        /** What it asks for that no package here was, when it was published: a package of somebody else, or none at all; 20 at most. */
        unmet: z.array(z.object({ name: z.string(), range: z.string() })),
      }),
    ),
    removed: z.array(z.object({ package: z.string(), version: z.string(), path: z.string() })),
    /** Bytes that came from peers, or would have to. */
    fetchedBytes: z.number(),
    /** What is to be known of packages that were taken all the same: deprecated, yanked since, named like another. */
    notes: z.array(z.object({ package: z.string(), version: z.string(), kind: z.string(), message: z.string() })),
    /** The block for an agent's configuration of the MCP servers that came with them; null without any. */
    mcp: mcpBlock(z),
  })
