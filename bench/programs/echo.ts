/** Says what it is told, for the tests of the harness. */
import { serveParent } from '../harness/serve-parent.ts'

serveParent({
  say: async (input) => ({ text: input.text('text') }),
  end: async () => process.exit(3),
})
