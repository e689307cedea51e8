import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contestant, Figure } from './harness/compare.ts'
import { compare } from './harness/compare.ts'
import type { BenchPackage } from './harness/package-set.ts'
import { createPackageSet, describeSet, rootsOf } from './harness/package-set.ts'
import { usageOf } from './harness/process-usage.ts'
import type { Context, Question } from './harness/question.ts'
import { openTemporaryFolder } from './harness/temporary-folder.ts'
import { openInstalled } from './ours/installed.ts'
import type { Customer, Market } from './ours/market.ts'
import { openMarket, writeProject } from './ours/market.ts'

const seed = 3

/** As `registry.mode` says them; the first is held against the others. */
const modes = ['p2p', 'central', 'hybrid'] as const
type Mode = (typeof modes)[number]

/** What it costs to have packages from peers, from a registry, or from both. */
export const question: Question = {
  name: 'modes',
  asks: 'How long does the same install take from peers, from a registry of files, and from both?',
  ask: async (context) => {
    const packages = createPackageSet(context.quick ? 10 : 50, seed)
    await using folder = await openTemporaryFolder()
    await using installed = await openInstalled(context)
    const common = { launcher: installed.launcher, folder: folder.path, packages, signal: context.signal }
    await using market = await openMarket({ ...common, sharing: 'link', hasRegistry: true })
    return {
      figures: await askModes(context, { folder: folder.path, packages, market }),
      conditions: [
        `${describeSet(packages)}, made from a seed; ${rootsOf(packages).length} are asked for by name; read-only hard links (\`market.sharing = link\`), all fsynced`,
        'all three are ours: a running node, on loopback, connected to the one node that has the bytes, and knowing the registry, which is what that node exported, behind a plain web server; only `registry.mode` differs',
        'unlocked: a new home and a new project without a lock, so that a registry is asked for its index; cold: a new home and a lock; warm: another project with the same lock on the same home; each from before the command is started to its end',
        'processor: of the node while it installed cold, without the command and without who serves',
      ],
    }
  },
}

interface Stage {
  readonly folder: string
  readonly packages: readonly BenchPackage[]
  readonly market: Market
}

async function askModes(context: Context, stage: Stage): Promise<readonly Figure[]> {
  const { folder, packages, market } = stage
  await using stack = new AsyncDisposableStack()
  const open = (mode: Mode): Promise<Customer> => market.openCustomer({ ALTHING_REGISTRY_MODE: mode })
  const [locks, homes] = [new Map<Mode, Uint8Array>(), new Map<Mode, Customer>()]
  for (const mode of modes) {
    const customer = stack.use(await open(mode))
    const project = await writeProject(join(folder, `first-${mode}`))
    await customer.install(project, rootsOf(packages))
    homes.set(mode, customer)
    locks.set(mode, await readFile(join(project, 'althing.lock')))
  }
  const cpuSeconds = new Map<string, number>()
  const unlocked = async (mode: Mode, round: number): Promise<number> => {
    await using customer = await open(mode)
    return await inProject(join(folder, `unlocked-${mode}-${round}`), undefined, (path) => customer.install(path, rootsOf(packages)))
  }
  const cold = async (mode: Mode, round: number): Promise<number> => {
    await using customer = await open(mode)
    const before = (await usageOf(customer.pid)).cpuSeconds
    const ms = await inProject(join(folder, `cold-${mode}-${round}`), locks.get(mode), (path) => customer.install(path))
    cpuSeconds.set(`${mode} ${round}`, (await usageOf(customer.pid)).cpuSeconds - before)
    return ms
  }
  const warm = (mode: Mode, round: number): Promise<number> =>
    inProject(join(folder, `warm-${mode}-${round}`), locks.get(mode), (path) => need(homes.get(mode)).install(path))
  const processor = async (mode: Mode, round: number): Promise<number> => need(cpuSeconds.get(`${mode} ${round}`)) * 1000
  const rounds = context.quick ? { rounds: 1, warmups: 0 } : { rounds: 7, warmups: 1 }
  const figures: Figure[] = []
  for (const [what, measure] of Object.entries({ unlocked, cold, processor, warm })) {
    const [ours, ...peers] = modes.map((mode): Contestant => ({ name: mode, measure: (round) => measure(mode, round) }))
    if (ours !== undefined) figures.push(...(await compare(context, { what, unit: 'ms', ours, peers, ...rounds })))
  }
  return figures
}

/** Milliseconds of something done in a project that goes again. */
async function inProject(path: string, lock: Uint8Array | undefined, work: (project: string) => Promise<number>): Promise<number> {
  const ms = await work(await writeProject(path, lock))
  await rm(path, { recursive: true, force: true })
  return ms
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it was asked for before it was measured')
  return value
}
