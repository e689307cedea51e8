import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchPackage } from '../harness/package-set.ts'
import { npmDocumentOf } from '../harness/package-set.ts'

/** A registry of npm packages on loopback, without uplinks. Killed when it is disposed. */
export interface Verdaccio extends AsyncDisposable {
  readonly url: string
  readonly version: string
  /** Publishes by one bare request; milliseconds until it was answered. Making the request's body is not counted. */
  readonly put: (one: BenchPackage) => Promise<number>
}

/** Where `npm ci --prefix bench/rivals` puts what is compared with. */
export const rivals = new URL('../rivals/node_modules/', import.meta.url).pathname

/** Longest start that is waited for, in milliseconds. */
const startDeadlineMs = 30_000

/** Starts one that keeps its packages in a folder, and waits until it answers. @throws Error when it does not */
export async function openVerdaccio({ folder, signal }: { readonly folder: string; readonly signal: AbortSignal }): Promise<Verdaccio> {
  await mkdir(folder, { recursive: true })
  const port = await findPort()
  const config = join(folder, 'config.yaml')
  const lines = [
    'storage: ./storage',
    'packages:',
    "  '**': { access: $all, publish: $all, unpublish: $all }",
    'log: { type: stdout, level: fatal }',
    'max_body_size: 100mb',
    'web: { enable: false }',
  ]
  await writeFile(config, lines.join('\n'))
  const words = [join(rivals, 'verdaccio/bin/verdaccio'), '--config', config, '--listen', `127.0.0.1:${port}`]
  const child = spawn(process.execPath, words, { stdio: 'ignore', cwd: folder, signal, killSignal: 'SIGKILL' })
  child.on('error', () => {})
  const ended = once(child, 'close').catch(() => [])
  const url = `http://127.0.0.1:${port}`
  const put = async (one: BenchPackage): Promise<number> => {
    const { body } = await npmDocumentOf(url, one)
    const headers = { 'content-type': 'application/json', authorization: 'Bearer anybody' }
    const startedAt = performance.now()
    const answer = await fetch(`${url}/${one.name}`, { method: 'PUT', headers, body, signal })
    await answer.text()
    const ms = performance.now() - startedAt
    if (!answer.ok) throw new Error(`verdaccio answered ${answer.status} to a publish of ${one.name}`)
    return ms
  }
  const dispose = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  try {
    await untilAnswering(url, signal)
  } catch (error) {
    await dispose()
    throw error
  }
  return { url, version: versionOf('verdaccio'), put, [Symbol.asyncDispose]: dispose }
}

/** The version of a rival that is installed. */
export function versionOf(name: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(rivals, name, 'package.json'), 'utf8'))
  return String(typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : '')
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}

async function untilAnswering(url: string, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now()
  while (performance.now() - startedAt < startDeadlineMs) {
    const isUp = await fetch(`${url}/-/ping`, { signal }).then(
      (answer) => answer.ok,
      () => false,
    )
    signal.throwIfAborted()
    if (isUp) return
    await sleep(100, undefined, { signal })
  }
  throw new Error(`verdaccio did not answer at ${url} within ${startDeadlineMs} ms`)
}
