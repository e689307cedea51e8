import { rm } from 'node:fs/promises'
import { writeBundle } from './bundle.ts'
import { run } from './run.ts'

/** `npm run build`: `dist/`, what a published package runs; declarations of the library go to `dist/types`. */
const root = new URL('..', import.meta.url).pathname

await rm(`${root}dist`, { recursive: true, force: true })
await writeBundle()
const { code, output } = await run('tsc', ['-p', `${root}tsconfig.build.json`], { shown: false })
if (code !== 0) console.error(output)
process.exitCode = code
