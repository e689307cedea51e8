import { defineOperation } from '../../operations/define-operation.ts'

/** Declares what is asked about the webhook of a project. */
export const hookOperation = defineOperation({
  name: 'project.hook',
  summary: 'Let the forge of a project say at once that something happened, and show what to put into it',
  input: {
    project: { type: 'text', help: 'project, by the end of its name', position: 0, max: 300, placeholder: 'PROJECT' },
    'secret-file': {
      type: 'text',
      help: 'file that holds the secret; without it, the one that is kept, or a new one',
      optional: true,
      isPath: true,
      placeholder: 'FILE',
    },
    remove: { type: 'flag', help: 'forget the secret instead: webhooks of the project are refused then' },
  },
  output: (z) =>
    z.object({
      project: z.string(),
      forge: z.string(),
      status: z.enum(['made', 'kept', 'removed', 'missing']),
      /** On this machine; null while the node does not answer HTTP. */
      url: z.string().nullable(),
      /** Of every address that leads to this node. */
      path: z.string(),
      /** File that holds the secret, on this machine; null when none is kept. */
      secretFile: z.string().nullable(),
      contentType: z.string(),
      /** As the forge's API names them. */
      events: z.array(z.string()),
    }),
  faults: ['PROJECT_MISSING', 'PROJECT_INVALID', 'SECRET_INVALID', 'SECRET_UNREADABLE'],
  isReadOnly: false,
  needsPeers: false,
  examples: [
    { command: 'althing project hook shop', does: 'makes a secret, and says what to put into the forge' },
    { command: 'althing project hook shop --remove', does: 'forgets it' },
  ],
})
