import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { Document } from './document.ts'

/** A node process of its own that answers questions. Killed when it is disposed. */
export interface Child extends AsyncDisposable {
  readonly pid: number
  /** Asks one thing. @throws what the child threw, or that it ended */
  readonly ask: (name: string, input?: Readonly<Record<string, unknown>>) => Promise<Document>
}

export interface ChildOptions {
  readonly signal: AbortSignal
  /** What its heap may take, in MiB; without, what V8 thinks. */
  readonly maxHeapMiB?: number
}

/** Starts `bench/programs/<program>.ts` under the node that runs this one. */
export function openChild(program: string, options: ChildOptions): Child {
  const path = new URL(`../programs/${program}.ts`, import.meta.url)
  const execArgv = options.maxHeapMiB === undefined ? [] : [`--max-old-space-size=${options.maxHeapMiB}`]
  const child = fork(path, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'json', execArgv })
  const waiting = new Map<number, PromiseWithResolvers<Document>>()
  let count = 0
  const failAll = (error: Error): void => {
    for (const one of waiting.values()) one.reject(error)
    waiting.clear()
  }
  const onAbort = (): void => void child.kill('SIGKILL')
  options.signal.addEventListener('abort', onAbort)
  child.on('error', failAll)
  child.on('exit', (code, signal) => failAll(new Error(`${program} ended with ${signal ?? code}`)))
  child.on('message', (message) => {
    const answer = Document.parse(message, program)
    const one = waiting.get(answer.number('id'))
    waiting.delete(answer.number('id'))
    if (answer.has('error')) one?.reject(new Error(`${program}: ${answer.text('error')}`))
    else one?.resolve(answer.document('output'))
  })
  return {
    pid: child.pid ?? 0,
    ask: (name, input = {}) => {
      const id = (count += 1)
      const one = Promise.withResolvers<Document>()
      waiting.set(id, one)
      child.send({ id, name, input }, (error) => {
        if (error !== null) failAll(error)
      })
      return one.promise
    },
    [Symbol.asyncDispose]: async () => {
      options.signal.removeEventListener('abort', onAbort)
      await endOf(child)
    },
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = Promise.withResolvers<void>()
  child.once('exit', () => ended.resolve())
  child.kill('SIGKILL')
  await ended.promise
}
