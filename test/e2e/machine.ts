import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { homePaths } from '../../src/config/home.ts'
import { connectNode } from '../../src/http/client.ts'
import type { Ended, Running } from './command.ts'
import { start } from './command.ts'

/** What a command answered with `--json`; read with `text`, `number` and `list`. */
export type Answer = Readonly<Record<string, unknown>>

/** One pretended machine: a home and a project folder of its own, and at most one node process. */
export interface Machine {
  readonly name: string
  readonly home: string
  /** Where its commands run. */
  readonly project: string
  /** Runs a command to its end. */
  readonly run: (words: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Ended>
  /** Starts a command without waiting for its end; it is ended with the test at the latest. */
  readonly begin: (words: readonly string[], env?: Readonly<Record<string, string>>) => Running
  /** What `althing …words --json` answered. @throws AssertionError when it did not end with 0 */
  readonly ask: (...words: readonly string[]) => Promise<Answer>
  /** What an operation of its running node answered over the socket: for what is asked often, and is not what a test is about. */
  readonly call: (operation: string, input?: Answer) => Promise<Answer>
  /** What a command without options answered, over the socket while its node runs. */
  readonly look: (...words: readonly string[]) => Promise<Answer>
  /** Starts its node in the foreground, and resolves when it says that it is up. */
  readonly start: (...options: readonly string[]) => Promise<Running>
  /** Sends its node a signal and waits for the end. */
  readonly end: (signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL') => Promise<Ended>
}

/** Machines of one test, on loopback only, without mDNS and HTTP; their processes are ended and their folders removed with it. */
export interface Village {
  readonly root: string
  /** `under` is a program that runs its commands, `ip netns exec …` for example. */
  readonly settle: (name: string, settings?: Readonly<Record<string, string>>, under?: readonly string[]) => Machine
}

/** Longest wait for what another process is to do, in milliseconds; far above what a busy machine needs. */
const deadlineMs = 60_000
/** Longest answer over a socket, in milliseconds. */
const callTimeoutMs = 90_000
/** Between two questions over a socket, in milliseconds. */
const pauseMs = 50

const surroundings = {
  ALTHING_NETWORK_LISTEN: '/ip4/127.0.0.1/tcp/0',
  ALTHING_NETWORK_MDNS: 'false',
  ALTHING_HTTP_ENABLED: 'false',
  NO_COLOR: '1',
}

/** Lays out a place for machines; `settings` hold for all of them. */
export function openVillage(t: TestContext, settings: Readonly<Record<string, string>> = {}): Village {
  const root = mkdtempSync(join(tmpdir(), 'althing-e2e-'))
  const processes = new Set<Running>()
  // One hook: folders go when nobody writes into them any more.
  t.after(async () => {
    for (const running of processes) running.kill('SIGKILL')
    await Promise.all([...processes].map(async (running) => running.ended))
    rmSync(root, { recursive: true, force: true })
  })
  return {
    root,
    settle: (name, own = {}, under = []) =>
      createMachine({ name, root, processes, under, settings: { ...surroundings, ...settings, ...own } }),
  }
}

interface Plot {
  readonly name: string
  readonly root: string
  readonly processes: Set<Running>
  readonly under: readonly string[]
  readonly settings: Readonly<Record<string, string>>
}

function createMachine({ name, root, processes, under, settings }: Plot): Machine {
  const home = join(root, name)
  const project = join(root, `${name}-project`)
  mkdirSync(project)
  writeFileSync(join(project, 'althing.toml'), '')
  let node: Running | undefined

  const begin: Machine['begin'] = (words, env = {}) => {
    const running = start(words, { home, cwd: project, under, env: { ...settings, ...env } })
    processes.add(running)
    void running.ended.then(() => processes.delete(running))
    return running
  }
  const ask: Machine['ask'] = async (...words) => {
    const { code, stdout, stderr } = await begin([...words, '--json']).ended
    assert.equal(code, 0, `althing ${words.join(' ')} on ${name}: ${stderr}${stdout}`)
    return JSON.parse(stdout) as Answer
  }
  const call: Machine['call'] = async (operation, input = {}) => {
    await using client = await connectNode(homePaths(home))
    assert.ok(client !== undefined, `${name} has no node`)
    return (await client.call(operation, input, { signal: AbortSignal.timeout(callTimeoutMs) })) as Answer
  }
  return {
    name,
    home,
    project,
    begin,
    run: async (words, env) => begin(words, env).ended,
    ask,
    call,
    look: async (...words) => {
      await using client = await connectNode(homePaths(home))
      return client === undefined ? ask(...words) : call(words.join('.'))
    },
    start: async (...options) => {
      node = begin(['p2p', 'start', ...options])
      await node.until(/node started on /)
      return node
    },
    end: async (signal) => {
      assert.ok(node !== undefined, `${name} has no node`)
      node.kill(signal)
      return node.ended
    },
  }
}

/** Lets a machine into the hive of another, whose node runs, and starts its node. */
export async function enter(root: Machine, newcomer: Machine, ...options: readonly string[]): Promise<Running> {
  const code = text(await root.call('hive.invite'), 'code')
  await newcomer.ask('hive', 'join', code, '--handle', newcomer.name)
  return newcomer.start(...options)
}

/** Writes a package into a new folder and gives its path. */
export function writePackage(
  village: Village,
  name: string,
  { version = '1.0.0', bytes = 64 }: { version?: string; bytes?: number } = {},
): string {
  const folder = join(village.root, 'packages', `${name}-${version}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.toml'), `[package]\nname = "${name}"\nversion = "${version}"\ndescription = "All about ${name}"\n`)
  writeFileSync(join(folder, 'content.bin'), scramble(bytes))
  return folder
}

/** Bytes that do not compress, the same every time. */
export function scramble(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = 0x2545f491
  for (let index = 0; index < length; index += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[index] = state
  }
  return bytes
}

/** Asks again until the answer is as wanted, and gives it. @throws Error after a minute */
export async function eventually<T>(what: string, ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const startedAt = performance.now()
  for (;;) {
    const answer = await ask()
    if (isWanted(answer)) return answer
    if (performance.now() - startedAt > deadlineMs) throw new Error(`not within ${deadlineMs} ms: ${what}; last: ${JSON.stringify(answer)}`)
    await pause(pauseMs)
  }
}

/** A multiaddr at which a running machine is reached, with its peer id. */
export async function addressOf(machine: Machine): Promise<string> {
  const { listen } = await machine.look('p2p', 'status')
  return (listen as readonly string[])[0] ?? ''
}

/** Peer ids of the members a machine is connected to, sorted. */
export async function neighboursOf(machine: Machine): Promise<readonly string[]> {
  const peers = list(await machine.look('p2p', 'peers'), 'peers')
  return [...new Set(peers.filter((peer) => peer['admitted'] === true).map((peer) => text(peer, 'peer')))].toSorted()
}

/** Waits until a machine is connected to so many members. */
export async function untilMet(machine: Machine, count: number): Promise<void> {
  await eventually(
    `${machine.name} is connected to ${count}`,
    async () => neighboursOf(machine),
    (peers) => peers.length === count,
  )
}

/** Waits until a machine knows so many packages. */
export async function untilKnown(machine: Machine, count: number): Promise<void> {
  await eventually(
    `${machine.name} knows ${count} packages`,
    async () => knownBy(machine),
    (known) => known === count,
  )
}

/** How many packages a machine knows. */
export async function knownBy(machine: Machine): Promise<number> {
  return number(await machine.look('p2p', 'status'), 'packages', 'discovered')
}

function field(answer: Answer, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Answer | undefined)?.[name], answer)
}

/** A field of an answer that holds text. */
export function text(answer: Answer, ...path: readonly string[]): string {
  const value = field(answer, path)
  assert.ok(typeof value === 'string', `${path.join('.')} is ${String(value)}`)
  return value
}

/** What an install answered of the package that was named. */
export function namedOf(answer: Answer): Answer {
  const named = list(answer, 'packages').find((row) => row['isNamed'] === true)
  assert.ok(named !== undefined, JSON.stringify(answer))
  return named
}

/** A field of an answer that holds a number. */
export function number(answer: Answer, ...path: readonly string[]): number {
  const value = field(answer, path)
  assert.ok(typeof value === 'number', `${path.join('.')} is ${String(value)}`)
  return value
}

/** A field of an answer that holds a list. */
export function list(answer: Answer, ...path: readonly string[]): readonly Answer[] {
  const value = field(answer, path)
  assert.ok(Array.isArray(value), `${path.join('.')} is ${String(value)}`)
  return value as readonly Answer[]
}
