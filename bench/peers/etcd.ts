import { execFile, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findPort } from '../harness/find-port.ts'

/** One etcd of its own, asked by JSON over HTTP. Killed when it is disposed. */
export interface Etcd extends AsyncDisposable {
  readonly pid: number
  readonly port: number
  readonly version: string
}

/** Tries until it answers, 100 ms apart. */
const maxTries = 100

/** Starts the etcd that is installed, alone, on loopback; undefined where none is. */
export async function openEtcd({ folder, signal }: { readonly folder: string; readonly signal: AbortSignal }): Promise<Etcd | undefined> {
  const version = await readVersion()
  if (version === undefined) return undefined
  const [port, peerPort] = [await findPort(), await findPort()]
  const [clients, peers] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`]
  const words = ['--listen-client-urls', clients, '--advertise-client-urls', clients, '--listen-peer-urls', peers]
  const cluster = ['--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`]
  const child = spawn('etcd', ['--data-dir', folder, ...words, ...cluster], { stdio: 'ignore', signal, killSignal: 'SIGKILL' })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  child.on('error', () => {})
  const dispose = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  try {
    await untilHealthy(clients, signal)
    return { pid: child.pid ?? 0, port, version, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function readVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('etcd', ['--version'])
    return /etcd Version: (\S+)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}

async function untilHealthy(url: string, signal: AbortSignal): Promise<void> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const answer = await fetch(`${url}/health`, { signal }).catch(() => undefined)
    if (answer?.ok === true) return
    await sleep(100, undefined, { signal })
  }
  throw new Error(`etcd did not answer at ${url} within 10 s`)
}
