import { cp, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { runNode } from '../harness/run-command.ts'
import { openTemporaryFolder } from '../harness/temporary-folder.ts'

/** The product as an install lays it down: launcher and bundle, without sources beside them. */
export interface Installed extends AsyncDisposable {
  /** The launcher, to be run with node. */
  readonly launcher: string
}

const root = new URL('../..', import.meta.url).pathname

/** Builds the bundle as it is published and lays it into a folder of its own. @throws Error with what the build said */
export async function openInstalled({ signal }: { readonly signal: AbortSignal }): Promise<Installed> {
  const path = [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter)
  await runNode([join(root, 'scripts/build.ts')], { signal, env: { PATH: path } })
  await stat(join(root, 'dist/main.js'))
  const folder = await openTemporaryFolder()
  for (const name of ['bin', 'dist', 'package.json']) await cp(join(root, name), join(folder.path, name), { recursive: true })
  return { launcher: join(folder.path, 'bin/althing.js'), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}
