/** The plain key-value server, in a process of its own. */
import { serveParent } from '../harness/serve-parent.ts'
import { openKvServer } from '../peers/kv-server.ts'

serveParent({
  open: async (input) => {
    const { port } = await openKvServer(input.text('path'), input.text('commits') === 'each' ? 'each' : 'grouped')
    return { port }
  },
})
