import { existsSync, globSync, statSync } from 'node:fs'
import { rolldown } from 'rolldown'

const root = new URL('..', import.meta.url).pathname

/** commander loads node:child_process for subcommands that are programs of their own, which ours are not: 4 ms of every start. */
const withoutSubprocesses = {
  name: 'without-subprocesses',
  transform: {
    filter: { id: /commander\/lib\/command\.js$/ },
    handler: (code: string) => code.replace(/^import childProcess from 'node:child_process';$/m, 'const childProcess = {};'),
  },
}

/**
 * Writes the program into `dist/`: everything in one bundle, split where the source says `await import()`, so that a command loads
 * only what it needs. Files of an earlier bundle stay, since a process of it may still want its chunks; `npm run build` clears first.
 */
export async function writeBundle(): Promise<void> {
  await using bundle = await rolldown({
    cwd: root,
    input: { main: 'src/main.ts', unchanged: 'src/unchanged.ts', index: 'src/index.ts', ucxl: 'src/ucxl/ucxl.ts' },
    platform: 'node',
    plugins: [withoutSubprocesses],
    // Optional native speed-ups that packages try to load and do without.
    external: [/^node:/, 'bufferutil', 'utf-8-validate'],
    onLog: (level, log, handle) => {
      if (log.code === 'CIRCULAR_DEPENDENCY' || log.code === 'EVAL') return
      handle(level, log)
    },
  })
  await bundle.write({
    dir: `${root}dist`,
    format: 'esm',
    minify: true,
    comments: false,
    // What every command loads, as one file: each file more costs half a millisecond. Never main.ts, which waits at its top level for
    // chunks that import this one.
    codeSplitting: {
      groups: [
        {
          name: 'core',
          test: /\/(?:src\/(?:catalog|cli\/(?!start\.ts|detach\.ts|log\.ts)|http\/(?:client|faults|protocol|socket-folder)|config\/(?:environment|home|version)|operations\/|[a-z]+\/operations\.ts|lib\/(?:clock|deadline|fault|nearest)\.ts)|node_modules\/commander\/)/,
        },
      ],
    },
    chunkFileNames: 'chunks/[name]-[hash].js',
  })
}

/** Whether `dist/` is what the sources say, as the launcher in a clone looks at it: no source file is newer. */
export function isBundleCurrent(): boolean {
  const bundle = `${root}dist/main.js`
  if (!existsSync(bundle)) return false
  const writtenAt = statSync(bundle).mtimeMs
  return globSync(`${root}src/**/*.ts`).every((path) => statSync(path).mtimeMs <= writtenAt)
}
