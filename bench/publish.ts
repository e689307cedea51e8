import { join } from 'node:path'
import { compare } from './harness/compare.ts'
import type { Contestant, Figure, Peer } from './harness/compare.ts'
import { createPackageSet, describeSet, writeSource } from './harness/package-set.ts'
import type { BenchPackage } from './harness/package-set.ts'
import type { Context, Question } from './harness/question.ts'
import { openTemporaryFolder } from './harness/temporary-folder.ts'
import { openInstalled } from './ours/installed.ts'
import { openMarket } from './ours/market.ts'
import type { Market } from './ours/market.ts'
import { createNpm, writeNpmSource } from './peers/npm-clients.ts'
import type { Verdaccio } from './peers/verdaccio.ts'
import { openVerdaccio } from './peers/verdaccio.ts'

const seed = 2

/** How long a publish takes until it is said to be done. */
export const question: Question = {
  name: 'publish',
  asks: 'How long does it take to publish a package so that it lasts?',
  ask: async (context) => {
    const rounds = context.quick ? 3 : 30
    const packages = createPackageSet(rounds * 3, seed).map((one): BenchPackage => ({ ...one, needs: [] }))
    await using folder = await openTemporaryFolder()
    await using installed = await openInstalled(context)
    await using verdaccio = await openVerdaccio({ folder: join(folder.path, 'verdaccio'), signal: context.signal })
    const first = createPackageSet(1, seed + 1).map((one): BenchPackage => ({ ...one, name: 'bench-first' }))
    const options = { launcher: installed.launcher, folder: folder.path, packages: first, sharing: 'auto', signal: context.signal }
    await using market = await openMarket(options)
    const stage = { folder: folder.path, packages, market, verdaccio, rounds }
    return {
      figures: await askPublish(context, stage),
      conditions: [
        `${describeSet(packages)}, made from a seed; each is published once, the same bytes for all`,
        'here: archive and entry are fsynced on this disk, and no other node is connected, as with one registry; with a copy: one member is connected, the DHT was told, and the member has signed that it has the bytes',
        'called: over the unix socket of the running node; typed: by the command, as a person types it, with a copy',
        `peers: verdaccio ${verdaccio.version} on loopback, which does not fsync: one bare request whose body was made before, and npm publish; scripts off`,
      ],
    }
  },
}

interface Stage {
  readonly folder: string
  readonly packages: readonly BenchPackage[]
  readonly market: Market
  readonly verdaccio: Verdaccio
  readonly rounds: number
}

async function askPublish(context: Context, stage: Stage): Promise<readonly Figure[]> {
  const { folder, market, verdaccio, rounds } = stage
  const { publisher } = market
  const alone = await askCalled(context, stage, { what: 'publish here, called', offset: 0, aim: { atMost: 0.25 } })
  await using _customer = await market.openCustomer()
  const copied = await askCalled(context, stage, { what: 'publish with a copy, called', offset: 1 })
  const npm = createNpm({ registry: verdaccio.url, cache: join(folder, 'npm-cache'), signal: context.signal })
  const [own, theirs] = [takeTurns(stage, 2), takeTurns(stage, 2)]
  const ours: Contestant = {
    name: 'althing publish',
    measure: async () => publisher.publishByCommand(await writeSource(join(folder, 'typed'), next(own))),
  }
  const npmPublish: Peer = {
    name: 'npm publish',
    measure: async () => npm.publish(await writeNpmSource(join(folder, 'npm'), verdaccio.url, next(theirs))),
    aim: { atMost: 0.25 },
  }
  const common = { unit: 'ms', rounds: rounds - 1, warmups: 1 }
  return [...alone, ...copied, ...(await compare(context, { ...common, what: 'publish with a copy, typed', ours, peers: [npmPublish] }))]
}

interface Called {
  readonly what: string
  readonly offset: number
  readonly aim?: { readonly atMost: number }
}

async function askCalled(context: Context, stage: Stage, { what, offset, ...aim }: Called): Promise<readonly Figure[]> {
  const { folder, market, verdaccio, rounds } = stage
  const [own, theirs] = [takeTurns(stage, offset), takeTurns(stage, offset)]
  const measure = async (): Promise<number> => market.publisher.publish(await writeSource(join(folder, 'called'), next(own)))
  const bare: Peer = { ...aim, name: 'one PUT to verdaccio', measure: () => verdaccio.put(next(theirs)) }
  return await compare(context, {
    what,
    unit: 'ms',
    ours: { name: 'p2p.publish over the socket', measure },
    peers: [bare],
    rounds: rounds - 1,
    warmups: 1,
  })
}

/** A third of the packages, each once. */
function takeTurns({ packages }: Stage, offset: number): Iterator<BenchPackage> {
  return packages.filter((_, index) => index % 3 === offset).values()
}

function next(turns: Iterator<BenchPackage>): BenchPackage {
  const taken = turns.next()
  if (taken.done === true) throw new Error('there are more rounds than packages')
  return taken.value
}
