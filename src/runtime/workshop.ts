import { join } from 'node:path'
import type { Secrets } from '../config/secrets.ts'
import { readSecretInput } from '../config/secrets.ts'
import type { Models } from '../models/models.ts'
import type { Desks } from '../tasks/desks.ts'
import type { AccessLog } from '../tasks/forges/access-log.ts'
import { createAccessLog } from '../tasks/forges/access-log.ts'
import type { HookSecrets } from '../tasks/hooks/hook-handlers.ts'
import { hookSecretName } from '../tasks/hooks/hook-handlers.ts'
import { HookReceiver } from '../tasks/hooks/hook-receiver.ts'
import { listAllProjects } from '../tasks/projects.ts'
import type { ProjectId, Task } from '../tasks/task.ts'
import { Escalations } from '../workers/escalations.ts'
import type { KeptWork } from '../workers/find-kept.ts'
import { findKept } from '../workers/find-kept.ts'
import { createRecordKeeper } from '../workers/keep-record.ts'
import type { Approve } from '../workers/proposal.ts'
import type { Workbench, WorkSettings } from '../workers/work-desk.ts'
import type { CertifyAs } from './agent-name.ts'
import { agentOf, needAgent } from './agent-name.ts'
import type { HiveDesksOptions } from './hive-desks.ts'
import { openHiveDesks, tokenName } from './hive-desks.ts'
import type { HiveTasks } from './hive-runtime.ts'
import { createSharedSecrets } from './shared-secrets.ts'
import type { Hives } from './hives.ts'
import type { Home, Surroundings } from './open-home.ts'

export interface WorkshopDeps extends Surroundings {
  readonly home: Home
  readonly hives: Hives
  readonly secrets: Secrets
  readonly openModels: () => Promise<Models>
  readonly certifyAs: CertifyAs
}

/** Tasks and workers of a node, joined with its hives, keys and secrets. */
export interface Workshop {
  readonly findDesks: (hive: string | undefined) => Desks
  /** What members of a hive say of tasks, and agents that can be asked; undefined without a network. */
  readonly findTasks: (hive: string | undefined) => HiveTasks | undefined
  readonly accessLog: AccessLog
  /** Keeps the token for a forge's host, read from a file; forgets it without one, and says whether there was one. */
  readonly keepToken: (host: string, file: string | undefined) => Promise<boolean>
  readonly hookSecrets: HookSecrets
  /** Opens what tells the operator's server of tasks that wait for a person. @throws Fault WORKER_CONFIG_INVALID */
  readonly openEscalations: (agent: string) => Escalations
  /** Hears the webhooks of this node's projects, whatever their hive, and prompts whoever works on them. */
  readonly openHooks: (prompt: (project: ProjectId) => void) => HookReceiver
  readonly openWorkbench: (
    hive: string | undefined,
    given: {
      readonly settings: WorkSettings
      readonly role: string
      readonly approve: Approve | undefined
      readonly signal: AbortSignal
    },
  ) => Promise<Workbench>
  readonly findKept: (hive: string | undefined, task: Task) => KeptWork
}

/** Longest transcript that is shown, in bytes. */
const maxShownBytes = 8_388_608

/** Opens nothing before it is asked. */
export function openWorkshop(deps: WorkshopDeps, options: HiveDesksOptions): Workshop {
  const { home, hives, secrets, clock, chance, log } = deps
  const { config, programs } = options
  const accessLog = createAccessLog(home.database)
  const sharedSecrets = createSharedSecrets({ secrets, chance, folder: join(home.path, 'secrets') })
  const { desksOf, findCredentials } = openHiveDesks({ ...deps, accessLog }, options)

  return {
    findDesks: (name) => desksOf(hives.find(name)),
    // a node that is in no hive hears nobody
    findTasks: (name) => (hives.all().length === 0 ? undefined : hives.find(name).tasks),
    accessLog,
    keepToken: async (host, file) => {
      if (file === undefined) return secrets.remove(tokenName(host))
      await secrets.set(tokenName(host), await readSecretInput(file))
      return true
    },
    hookSecrets: sharedSecrets,
    openEscalations: (agent) =>
      new Escalations(
        { clock, chance, log, fetch, readSecret: () => sharedSecrets.read('escalation') },
        { url: config.tasks.escalationUrl, timeoutMs: config.tasks.escalationTimeoutMs, agent },
      ),
    openHooks: (prompt) =>
      new HookReceiver({
        listProjects: () => listAllProjects(home.database),
        findSecret: (project) => secrets.find(hookSecretName(project)),
        prompt,
        log,
      }),
    openWorkbench: async (name, { settings, role, approve }) => {
      const hive = hives.find(name)
      const { openWorkbench } = await import('../workers/work-desk.ts')
      const agent = await needAgent(hive, deps.certifyAs)
      const keepRecord = createRecordKeeper({ context: hive.context, log, agent: () => agentOf(hive), role })
      return openWorkbench(
        {
          clock,
          chance,
          log,
          openModels: deps.openModels,
          findSecret: secrets.find,
          listSecrets: secrets.values,
          findCredentials,
          keepRecord,
          approve,
          help: hive.tasks?.help,
        },
        { settings, folder: join(home.path, 'work'), agent: `${agent}:${role}`, environment: programs },
      )
    },
    findKept: (name, task) => findKept(hives.find(name).context, task, { maxBytes: maxShownBytes }),
  }
}
