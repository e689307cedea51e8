import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = new URL('..', import.meta.url).pathname

/** Least room for the folders of all tests, in bytes. */
const neededBytes = 4 * 2 ** 30

/** Where one run of the tests keeps what it writes; removed with it. */
export interface TestPlace extends Disposable {
  /** What the processes of tests are given beside the environment of the run. */
  readonly environment: Readonly<Record<string, string>>
}

/**
 * A temporary folder for a run of the tests, in memory where the system has the room: thousands of files come and go, and what a kill
 * leaves is the same there. Compiled sources are kept from run to run: loading them is most of what a short test file costs.
 */
export function openTestPlace(): TestPlace {
  const folder = mkdtempSync(join(hasMemoryFolder() ? memoryFolder : tmpdir(), 'althing-'))
  const environment = { TMPDIR: folder, NODE_COMPILE_CACHE: openCompiled() }
  const clear = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  // memory is not given back by itself when a run is interrupted
  process.once('exit', clear)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  return { environment, [Symbol.dispose]: clear }
}

/**
 * Lays the launcher and the bundle of this moment into a folder, as an install does, with the examples beside them, and gives the
 * launcher's path: a source that is edited during a run would have every command load the sources instead.
 */
export function layOutProgram(place: TestPlace): string {
  const folder = join(place.environment['TMPDIR'] ?? '', 'installed')
  mkdirSync(folder)
  for (const name of ['bin', 'dist', 'examples', 'package.json']) cpSync(join(root, name), join(folder, name), { recursive: true })
  // where an old runtime looks for the one that an install brings along
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'bin', 'althing.js')
}

/** Compiled files that are kept: some times those of the project and what it loads. Files that were there for one run alone never go. */
const maxCompiled = 20_000

/** The folder of compiled sources, emptied when it has grown too much. */
function openCompiled(): string {
  const folder = join(root, 'node_modules', '.cache', 'compiled')
  const count = existsSync(folder) ? readdirSync(folder, { recursive: true }).length : 0
  if (count > maxCompiled) rmSync(folder, { recursive: true, force: true })
  return folder
}

/** A file system in memory that Linux has for everybody. @see shm_overview(7) */
const memoryFolder = '/dev/shm'

/** Whether there is one with room, from which programs may be started. */
function hasMemoryFolder(): boolean {
  if (!existsSync('/proc/mounts')) return false
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, path, type]) => path === memoryFolder && type === 'tmpfs')
  if (mount === undefined || mount[3]?.split(',').includes('noexec') === true) return false
  const { bavail, bsize } = statfsSync(memoryFolder)
  return bavail * bsize >= neededBytes
}
