import type { Zod } from '../../operations/define-operation.ts'

/** The block for an agent's configuration, as answers have it: what agents read under `mcpServers`. */
export const mcpBlock = (z: Zod) =>
  z
    .object({
      mcpServers: z.record(
        z.string(),
        z.object({
          command: z.string().optional(),
          args: z.array(z.string()).optional(),
          type: z.literal('http').optional(),
          url: z.string().optional(),
          env: z.record(z.string(), z.string()).optional(),
        }),
      ),
    })
    .nullable()
