import { defineOperation } from '../operations/define-operation.ts'

const list = defineOperation({
  name: 'model.list',
  summary: 'Show the models that can be used now, and what they cost',
  input: {},
  output: (z) =>
    z.object({
      endpoints: z.array(
        z.object({
          name: z.string(),
          url: z.string(),
          /** Whether a key is there for it. */
          hasKey: z.boolean(),
          /** Why its models cannot be told; null when they can. */
          failure: z.string().nullable(),
          models: z.array(
            z.object({
              /** `ENDPOINT/MODEL`, as a worker is told. */
              name: z.string(),
              /** US dollars for a million tokens; null while nobody says. */
              inputPrice: z.number().nullable(),
              outputPrice: z.number().nullable(),
            }),
          ),
        }),
      ),
    }),
  faults: ['MODELS_CONFIG_INVALID', 'SECRET_EXPOSED', 'SECRET_INVALID', 'SECRET_UNAVAILABLE'],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing model list', does: 'asks every endpoint of [models] endpoints what it has' }],
})

const budget = defineOperation({
  name: 'model.budget',
  summary: 'Show the limits of money, tokens and requests, and what is spent of them',
  input: {},
  output: (z) =>
    z.object({
      limits: z.array(
        z.object({
          /** As in the configuration: `day usd=5`. */
          limit: z.string(),
          unit: z.enum(['usd', 'tokens', 'requests']),
          /** US dollars, tokens or requests. */
          allowed: z.number(),
          /** Null for limits of one call or task. */
          spent: z.number().nullable(),
        }),
      ),
    }),
  faults: ['MODELS_CONFIG_INVALID'],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing model budget', does: 'shows what is left of the day' }],
})

const key = defineOperation({
  name: 'model.key',
  summary: 'Keep the key of an endpoint, read from standard input or a file',
  input: {
    endpoint: { type: 'text', help: 'its name in [models] endpoints', position: 0, max: 32, placeholder: 'ENDPOINT' },
    file: {
      type: 'text',
      help: 'file that holds the key; without it, standard input',
      position: 1,
      optional: true,
      isPath: true,
      readsInput: true,
    },
    remove: { type: 'flag', help: 'forget the key instead' },
  },
  output: (z) => z.object({ endpoint: z.string(), status: z.enum(['kept', 'removed', 'missing']) }),
  faults: ['MODEL_NAME_INVALID', 'MODELS_CONFIG_INVALID', 'SECRET_INVALID', 'SECRET_UNREADABLE'],
  isReadOnly: false,
  needsPeers: false,
  examples: [
    {
      command: 'althing model key openai key.txt',
      does: 'keeps it in a file that only this user reads; without a file name it is read from standard input',
    },
    { command: 'althing model key openai --remove', does: 'forgets it' },
  ],
})

/** What a node can be asked of models. */
export const modelsOperations = [list, budget, key] as const
