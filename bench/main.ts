/** `npm run bench -- [NAME…] [--quick] [--write]`: measures, prints tables, and with `--write` keeps them in `bench/RESULTS.md`. */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
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
  context: async () => (await import('./context.ts')).question,
  search: async () => (await import('./search.ts')).question,
  'search-million': async () => (await import('./search.ts')).ofMillion,
  'search-recall': async () => (await import('./search-recall.ts')).question,
  'search-network': async () => (await import('./search-network.ts')).question,
  install: async () => (await import('./install.ts')).question,
  modes: async () => (await import('./modes.ts')).question,
  publish: async () => (await import('./publish.ts')).question,
  ucxl: async () => (await import('./ucxl.ts')).question,
  ucxi: async () => (await import('./ucxi.ts')).question,
  claims: async () => (await import('./claims.ts')).question,
  'claims-nodes': async () => (await import('./claims-nodes.ts')).question,
  'claims-talk': async () => (await import('./claims-talk.ts')).question,
  'claims-50x200': async () => (await import('./claims-50x200.ts')).question,
  idle: async () => (await import('./idle.ts')).question,
  sim: async () => (await import('./sim.ts')).question,
}

/** Asked only by name: one takes an hour, one needs data that is not part of the project. */
const byNameAlone: ReadonlySet<string> = new Set(['search-million', 'search-recall'])

/** A load of the minute before from which on a person is warned. */
const maxLoad = 0.5

const usage = `usage: npm run bench -- [NAME…] [--quick] [--write]
  NAME     one of ${Object.keys(questions).join(', ')}; without one, all of them but ${[...byNameAlone].join(' and ')}
  --quick  small sizes and few rounds: shows that the benches work
  --write  puts the answers into bench/RESULTS.md, each in the place of the one before`

/** What was asked for on the command line. */
interface Wish {
  readonly names: readonly string[]
  readonly quick: boolean
  readonly write: boolean
}

const wish = parseWish(process.argv.slice(2))
if (wish === undefined) {
  process.stderr.write(`${usage}\n`)
  process.exitCode = 2
} else {
  process.exitCode = await ask(wish)
}

/** Asks one question after the other, so that they do not disturb each other. */
async function ask({ names, quick, write }: Wish): Promise<number> {
  const machine = describeMachine()
  if (machine.load > maxLoad) say(`the machine is busy (load ${machine.load.toFixed(2)} before the run): these figures are worth little`)
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')))
  const answered: Answered[] = []
  const failed: string[] = []
  for (const name of names) {
    if (interrupted.signal.aborted) break
    say(name)
    try {
      const question = await load(name)
      const answer = await question.ask({ quick, signal: interrupted.signal, say })
      answered.push({ question, answer })
      process.stdout.write(`${formatAnswer({ question, answer })}\n\n`)
    } catch (error) {
      failed.push(name)
      say(`${name} could not be measured: ${error instanceof Error ? error.stack : String(error)}`)
    }
  }
  if (write && answered.length > 0) await writeResults(answered, machine)
  if (failed.length > 0) say(`not measured: ${failed.join(', ')}${write ? '; their rows in bench/RESULTS.md were left as they are' : ''}`)
  if (interrupted.signal.aborted) return 130
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

/** Answers of this run take the place of older ones; the others stay. */
async function writeResults(answered: readonly Answered[], machine: Machine): Promise<void> {
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ')
  const path = new URL('RESULTS.md', import.meta.url)
  const page = existsSync(path) ? await readFile(path, 'utf8') : ''
  await writeFile(path, formatResults(page, answered, { names: Object.keys(questions), run: { command, at: new Date(), machine } }))
  say(`written: bench/RESULTS.md (${answered.map(({ question }) => question.name).join(', ')})`)
}

function parseWish(args: readonly string[]): Wish | undefined {
  try {
    const options = { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const unknown = positionals.filter((name) => !Object.hasOwn(questions, name))
    if (unknown.length > 0) throw new Error(`no such question: ${unknown.join(', ')}`)
    return { names: positionals.length === 0 ? Object.keys(questions).filter((name) => !byNameAlone.has(name)) : positionals, ...values }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return undefined
  }
}
