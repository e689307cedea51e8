/** `npm run bench -- [NAME…] [--quick] [--write]`: measures, prints tables, and with `--write` keeps them in `bench/RESULTS.md`. */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { describeMachine } from './harness/machine.ts'
import type { Machine } from './harness/machine.ts'
import type { Question } from './harness/question.ts'
import { formatAnswer, formatResults } from './harness/report.ts'
import type { Answered } from './harness/report.ts'

/** Loaded one by one when asked, so that one that cannot be loaded does not keep the others from being asked. */
const questions: Readonly<Record<string, () => Promise<Question>>> = {
  cli: async () => (await import('./cli.ts')).question,
  transfer: async () => (await import('./transfer.ts')).question,
  gossip: async () => (await import('./gossip.ts')).question,
  dht: async () => (await import('./dht.ts')).question,
  journal: async () => (await import('./journal.ts')).question,
  'catch-up': async () => (await import('./catch-up.ts')).question,
  idle: async () => (await import('./idle.ts')).question,
  sim: async () => (await import('./sim.ts')).question,
}

/** A load of the minute before from which on a person is warned. */
const maxLoad = 0.5

const usage = `usage: npm run bench -- [NAME…] [--quick] [--write]
  NAME     one of ${Object.keys(questions).join(', ')}; without one, all of them
  --quick  small sizes and few rounds: shows that the benches work
  --write  writes bench/RESULTS.md when every question was answered`

interface Run {
  readonly names: readonly string[]
  readonly quick: boolean
  readonly write: boolean
}

const run = parseRun(process.argv.slice(2))
if (run === undefined) {
  process.stderr.write(`${usage}\n`)
  process.exitCode = 2
} else {
  process.exitCode = await ask(run)
}

/** Asks one question after the other, so that they do not disturb each other. */
async function ask({ names, quick, write }: Run): Promise<number> {
  const machine = describeMachine()
  if (machine.load > maxLoad) say(`the machine is busy (load ${machine.load.toFixed(2)} before the run): these figures are worth little`)
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')))
  const answered: Answered[] = []
  const failed: string[] = []
  for (const name of names) {
    if (interrupted.signal.aborted) return 130
    process.stderr.write(`${name}\n`)
    try {
      const question = await load(name)
      const answer = await question.ask({ quick, signal: interrupted.signal, say })
      answered.push({ question, answer })
      process.stdout.write(`${formatAnswer({ question, answer })}\n\n`)
    } catch (error) {
      failed.push(name)
      process.stderr.write(`${name} could not be measured: ${error instanceof Error ? error.stack : String(error)}\n`)
    }
  }
  if (failed.length > 0) process.stderr.write(`not measured: ${failed.join(', ')}${write ? '; bench/RESULTS.md was left as it is' : ''}\n`)
  else if (write) await writeResults(answered, machine)
  return failed.length === 0 ? 0 : 1
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

async function load(name: string): Promise<Question> {
  const question = await questions[name]?.()
  if (question === undefined) throw new Error(`no such question: ${name}`)
  return question
}

async function writeResults(answered: readonly Answered[], machine: Machine): Promise<void> {
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ')
  const path = new URL('RESULTS.md', import.meta.url)
  await writeFile(path, formatResults(answered, { command, at: new Date(), machine }))
  process.stderr.write(`written: bench/RESULTS.md\n`)
}

function parseRun(args: readonly string[]): Run | undefined {
  try {
    const options = { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const unknown = positionals.filter((name) => !Object.hasOwn(questions, name))
    if (unknown.length > 0) throw new Error(`no such question: ${unknown.join(', ')}`)
    return { names: positionals.length === 0 ? Object.keys(questions) : positionals, ...values }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return undefined
  }
}
