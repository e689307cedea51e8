import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Answer, Machine } from './machine.ts'
import type { Scene } from './scenes.ts'
import { mebibytes, timed } from './scenes.ts'

export interface Cast {
  readonly machines: { readonly ada: Machine; readonly bob: Machine; readonly cy: Machine; readonly dee: Machine }
  /** Folders of packages to publish. */
  readonly folders: readonly string[]
  /** Folder of the 64 MiB package. */
  readonly large: string
  /** Where projects are made. */
  readonly root: string
}

/** The scenes in their order; each leaves behind what the next one needs. */
export function tellStory(cast: Cast): readonly Scene[] {
  return [meet(cast), joinUp(cast), publish(cast), find(cast), installWhileOneDies(cast), tamper(cast), comeLate(cast), installLate(cast)]
}

function meet({ machines: { ada } }: Cast): Scene {
  return {
    title: 'A first machine starts, alone: keys and a closed hive are made',
    commands: ['althing p2p start'],
    play: async () => {
      const { ms } = await timed(() => ada.start())
      const status = await ada.ask('p2p', 'status')
      return {
        happened: `Node ${text(status, 'node', 'peerId').slice(0, 12)}… is up and says what to do next.`,
        figure: `${ms} ms from nothing to ready`,
      }
    },
  }
}

function joinUp({ machines: { ada, bob } }: Cast): Scene {
  return {
    title: 'A second machine joins by a code',
    commands: ['althing hive invite   # on the first', 'althing hive join CODE   # on the second', 'althing p2p start'],
    play: async () => {
      const { ms } = await timed(() => enter(ada, bob))
      const members = list(await ada.ask('hive', 'members'), 'members')
      return {
        happened: `Both know each other: ${members.map((member) => text(member, 'handle')).join(', ')}.`,
        figure: `${members.length} members after ${ms} ms`,
      }
    },
  }
}

function publish({ machines: { ada }, folders, large }: Cast): Scene {
  const packages = [...folders, large]
  return {
    title: 'The first machine publishes packages; the second keeps copies',
    commands:
      packages.length > 8
        ? [`althing p2p publish FOLDER   # ${packages.length} folders`]
        : packages.map((folder) => `althing p2p publish ${basename(folder)}`),
    play: async () => {
      const refused: string[] = []
      let copies = 0
      const { ms } = await timed(async () => {
        for (const folder of packages) {
          try {
            const { confirmed } = (await ada.ask('p2p', 'publish', folder))['copies'] as { readonly confirmed: number }
            copies += confirmed
          } catch (error) {
            refused.push(`${basename(folder)} (${firstLine(error)})`)
          }
        }
      })
      const published = packages.length - refused.length
      const but = refused.length === 0 ? '' : ` ${refused.length} were refused: ${refused.join('; ')}.`
      return {
        happened: `${published} packages published and signed for by another machine ${copies} times.${but}`,
        figure: `${Math.round(ms / packages.length)} ms each, copies included`,
      }
    },
  }
}

function find({ machines: { bob } }: Cast): Scene {
  return {
    title: 'The second machine searches its own disk',
    commands: ['althing p2p search "large data"'],
    play: async () => {
      const { value, ms } = await timed(() => bob.ask('p2p', 'search', 'large data'))
      const found = list(value, 'packages')
      const first = found[0]
      if (first === undefined) throw new Error('the search found nothing')
      return {
        happened: `${text(first, 'package')} v${text(first, 'version')} (${plural(number(first, 'providers'), 'provider')}) comes first.`,
        figure: `${plural(found.length, 'hit')} in ${ms} ms, the start of the command included`,
      }
    },
  }
}

function installWhileOneDies({ machines: { ada, bob, cy }, root }: Cast): Scene {
  return {
    title: 'A third machine joins and installs 64 MiB from both others, capped at 24 MiB/s each; one is killed half-way',
    commands: ['althing install large-data   # on the third', 'kill -9 PID   # the second, after a third of it'],
    play: async () => {
      await enter(ada, cy)
      await untilTrue(async () => list(await cy.ask('p2p', 'peers'), 'peers').filter((peer) => peer['admitted'] === true).length === 2)
      const killed = text(await bob.ask('p2p', 'status'), 'node', 'peerId')
      const { value, ms } = await timed(async () => {
        const installing = cy.ask('install', 'large-data', '--target', join(root, 'project'))
        await untilTrue(async () => number(await cy.ask('p2p', 'status'), 'content', 'bytes') > 20 * 1_048_576)
        await bob.kill()
        return installing
      })
      const shares = list(namedOf(value), 'providers').map((provider) => {
        const who = text(provider, 'peer') === killed ? 'the killed one' : 'the other'
        return `${mebibytes(number(provider, 'bytes'))} from ${who}`
      })
      return {
        happened: `Installed whole, digest verified: ${shares.join(', ')}.`,
        figure: `${(64 / (ms / 1000)).toFixed(1)} MiB/s over all, through the loss of one of two`,
      }
    },
  }
}

function tamper({ machines: { ada } }: Cast): Scene {
  return {
    title: 'One byte is changed on the disk of the first machine',
    commands: ["printf '\\x00' | dd of=blobs/…   # on the first", 'althing store verify --repair'],
    play: async () => {
      const path = await flipOneByte(join(ada.home, 'blobs'))
      const { value, ms } = await timed(() => ada.ask('store', 'verify', '--repair'))
      const { repaired } = value as { readonly repaired?: readonly string[] }
      return {
        happened: `The block ${basename(path).slice(0, 12)}… was found, refused, set aside, and fetched again from another machine.`,
        figure: `${list(value, 'corrupt').length} bad block of ${number(value, 'blocks')}, ${repaired?.length ?? 0} package mended, ${ms} ms`,
      }
    },
  }
}

function comeLate({ machines: { ada, dee } }: Cast): Scene {
  return {
    title: 'A fourth machine comes late and catches up',
    commands: ['althing hive join CODE', 'althing p2p start', 'althing p2p status'],
    play: async () => {
      const wanted = number(await ada.ask('p2p', 'status'), 'packages', 'discovered')
      const { ms } = await timed(async () => {
        await enter(ada, dee)
        await untilTrue(async () => number(await dee.ask('p2p', 'status'), 'packages', 'discovered') === wanted)
      })
      const status = await dee.ask('p2p', 'status')
      const [entries, bytes] = [number(status, 'journals', 'entries'), number(status, 'journals', 'bytes')]
      return {
        happened: `It knows all ${plural(wanted, 'package')}: ${plural(entries, 'record')}, ${(bytes / 1024).toFixed(1)} KiB.`,
        figure: `${ms} ms from the code to the last record, its start included`,
      }
    },
  }
}

function installLate({ machines: { dee }, root }: Cast): Scene {
  return {
    title: 'It installs the same package; every chunk is checked against its name',
    commands: ['althing install large-data'],
    play: async () => {
      const { value, ms } = await timed(() => dee.ask('install', 'large-data', '--target', join(root, 'other-project')))
      const installed = namedOf(value)
      const given = list(installed, 'providers')
      return {
        happened: `Installed whole from ${plural(given.length, 'machine')}; nobody served the changed byte.`,
        figure: `${mebibytes(number(installed, 'size'))} in ${ms} ms`,
      }
    },
  }
}

/** Invites, joins, starts. */
async function enter(root: Machine, newcomer: Machine): Promise<void> {
  const code = text(await root.ask('hive', 'invite'), 'code')
  await newcomer.ask('hive', 'join', code, '--handle', newcomer.name)
  await newcomer.start()
}

/** Changes a byte in the middle of the largest file under a folder; gives its path. */
async function flipOneByte(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const sizes = await Promise.all(files.map(async (path) => ({ path, size: (await stat(path)).size })))
  const largest = sizes.toSorted((a, b) => b.size - a.size)[0]
  if (largest === undefined) throw new Error(`nothing lies in ${folder}`)
  const bytes = await readFile(largest.path)
  const middle = Math.floor(bytes.byteLength / 2)
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff
  await writeFile(largest.path, bytes)
  return largest.path
}

/** Asks again until it is so, at most for 15 s. */
async function untilTrue(ask: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now()
  while (!(await ask())) {
    if (performance.now() - startedAt > 15_000) throw new Error('what the demo waited for did not happen within 15 s')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function field(answer: Answer, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Answer | undefined)?.[name], answer)
}

function text(answer: Answer, ...path: readonly string[]): string {
  return String(field(answer, path))
}

function number(answer: Answer, ...path: readonly string[]): number {
  return Number(field(answer, path))
}

/** What an install answered of the package that was named. */
function namedOf(answer: Answer): Answer {
  return list(answer, 'packages').find((row) => row['isNamed'] === true) ?? {}
}

function list(answer: Answer, name: string): readonly Answer[] {
  return (answer[name] ?? []) as readonly Answer[]
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return (/"message":\s*"([^"]*)"/.exec(message)?.[1] ?? message.split('\n', 1)[0] ?? '').slice(0, 120)
}
