/** `git http-backend` over the bare repositories of a folder, in a process of its own. */
import { join } from 'node:path'
import { serveHttp } from '../../src/tasks/testing/git-server.ts'
import { serveParent } from '../harness/serve-parent.ts'

serveParent({
  // this process ends with the bench, and the server with it
  open: async (input) => ({ url: await serveHttp({ after: () => {} }, join(input.text('folder'), 'shop.git')) }),
})
