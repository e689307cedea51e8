import { join } from 'node:path'
import type { HandlersOf, OutputOf } from '../../operations/define-operation.ts'
import type { KnownGenesis } from '../../hive/genesis.ts'
import type { MarketDeps, MarketHive } from '../market.ts'
import { registryFaults } from './faults.ts'
import type { registryOperations } from './operations.ts'
import type { RegistryHandlerDeps } from './handler-deps.ts'
import type { RegistryRow } from './registry-table.ts'
import { countNames, countWithheld } from './registry-table.ts'

type Handlers = HandlersOf<typeof registryOperations>
type Shown = OutputOf<Extract<(typeof registryOperations)[number], { readonly name: 'registry.add' }>>

/** What answers the operations about static registries. What writes and reads folders is loaded when it is first asked for. */
export function createRegistryHandlers(deps: RegistryHandlerDeps): Handlers {
  const { registries } = deps
  const show = (row: RegistryRow): Shown => showRegistry(deps, row)
  return {
    'registry.export': async ({ folder, packages }, context) => {
      const hive = deps.findHive(context.hive)
      const { exportHive } = await import('./export.ts')
      const report = await exportHive(deps, { hive, genesis: requireGenesis(hive), folder, names: new Set(packages), context })
      return { ...report, missing: [...report.missing] }
    },
    'registry.serve': async ({ folder, listen }, context) => {
      const { serveFolder } = await import('./serve.ts')
      if (folder !== undefined) return serveFolder({ folder, listen, context })
      const hive = deps.findHive(context.hive)
      const { exportHive } = await import('./export.ts')
      const own = join(deps.globalDirectory, '..', 'registry', hive.hive)
      await exportHive(deps, { hive, genesis: requireGenesis(hive), folder: own, names: new Set(), context })
      return serveFolder({ folder: own, listen, context })
    },
    'registry.add': async ({ name, url }, { signal }) => show(await registries.add({ name, url, signal })),
    'registry.list': async () => ({ mode: deps.options.registry.mode, registries: registries.list().map(show) }),
    'registry.sync': async ({ names }, { signal }) => {
      const rows = names.length === 0 ? registries.list() : names.map((name) => registries.get(name))
      const after = await registries.sync(rows, { signal })
      return { registries: after.map(show), isStale: after.some(({ problem }) => problem !== undefined) }
    },
    'registry.remove': async ({ name }) => {
      const { url } = await registries.remove(name)
      return { name, url }
    },
    'registry.import': async ({ path, name }, { signal }) => {
      const { importPath } = await import('./import.ts')
      return importPath(deps, { path, name, signal })
    },
  }
}

/** The genesis of a hive that is to be exported: it proves what the export is of. */
function requireGenesis({ genesis, name }: MarketHive): KnownGenesis {
  if (genesis !== undefined) return genesis
  throw registryFaults.create('REGISTRY_INVALID', {
    message: `the hive "${name}" cannot be exported: its genesis is not here. Join it again.`,
    data: { file: name, reason: 'no genesis' },
  })
}

function showRegistry({ database, clock }: Pick<MarketDeps, 'database' | 'clock'>, row: RegistryRow): Shown {
  const { id, name, url, genesis, answeredAt, problem } = row
  return {
    name,
    url,
    hive: genesis?.id ?? null,
    hiveName: genesis?.genesis.name ?? null,
    policy: genesis?.genesis.policy ?? null,
    packages: countNames(database, id),
    answeredAt: answeredAt ?? null,
    ageMs: answeredAt === undefined ? null : Math.max(0, clock.now() - answeredAt),
    problem: problem ?? null,
    withheld: countWithheld(database, id),
  }
}
