import { join } from 'node:path'
import { openChild } from '../harness/child.ts'
import type { Child } from '../harness/child.ts'
import { openTemporaryFolder } from '../harness/temporary-folder.ts'

/** Processes of ours that provide one file. */
export interface Providers extends AsyncDisposable {
  /** Milliseconds in which a new process makes the file whole on its own disk, from all providers. Connecting is not counted. */
  readonly fetch: () => Promise<number>
  /** Milliseconds in which as many bytes of the first provider's memory come over one channel to a new process, which drops them. */
  readonly fetchChannel: () => Promise<number>
}

export interface ProvidersOptions {
  readonly count: number
  readonly file: string
  readonly bytes: number
  /** Of each provider; 0 is no cap. */
  readonly uploadBytesPerSecond: number
  readonly signal: AbortSignal
}

interface Process {
  readonly child: Child
  readonly peer: string
  readonly address: string
}

/** Starts providers, each with the whole file on its disk. */
export async function openProviders(options: ProvidersOptions): Promise<Providers> {
  const { count, file, bytes, uploadBytesPerSecond, signal } = options
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await openTemporaryFolder())
  const open = async (name: string, cap: number): Promise<Process> => {
    const child = stack.use(openChild('transfer-peer', { signal }))
    return { child, ...(await opening(child, join(folder.path, name), cap)) }
  }
  const providers: Process[] = []
  let cid = ''
  for (let n = 0; n < count; n += 1) {
    const provider = await open(`provider-${n}`, uploadBytesPerSecond)
    providers.push(provider)
    cid = (await provider.child.ask('add', { file })).text('cid')
  }
  const owned = stack.move()
  return {
    fetch: () => withReceiver(providers, signal, (child) => fetchFile(child, providers, { cid, bytes })),
    fetchChannel: () =>
      withReceiver(providers, signal, async (child) => (await child.ask('fetchChannel', { peer: providers[0]?.peer, bytes })).number('ms')),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function opening(child: Child, folder: string, uploadBytesPerSecond: number): Promise<Omit<Process, 'child'>> {
  const said = await child.ask('open', { folder, uploadBytesPerSecond })
  return { peer: said.text('peer'), address: said.text('address') }
}

/** A new node with an empty disk, connected to all providers, for as long as it measures. */
async function withReceiver(
  providers: readonly Process[],
  signal: AbortSignal,
  measure: (child: Child) => Promise<number>,
): Promise<number> {
  await using folder = await openTemporaryFolder()
  await using child = openChild('transfer-peer', { signal })
  const { peer } = await opening(child, folder.path, 0)
  for (const provider of providers) {
    await provider.child.ask('admit', { peer })
    await child.ask('admit', { peer: provider.peer })
    await child.ask('dial', { address: provider.address })
  }
  return await measure(child)
}

async function fetchFile(
  child: Child,
  providers: readonly Process[],
  { cid, bytes }: { readonly cid: string; readonly bytes: number },
): Promise<number> {
  const report = await child.ask('fetch', { cid, bytes })
  const [size, received, used] = [report.number('size'), report.number('received'), report.number('providers')]
  if (size !== bytes || received < bytes) throw new Error(`${received} of ${bytes} bytes were fetched`)
  if (used !== providers.length) throw new Error(`${used} of ${providers.length} providers gave something`)
  return report.number('ms')
}
