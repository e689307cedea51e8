import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { Secrets } from '../config/secrets.ts'
import { readSecretInput } from '../config/secrets.ts'
import type { Models } from '../models/models.ts'
import { makeNonce } from '../tasks/claims/make-claim.ts'
import type { Desks } from '../tasks/desks.ts'
import type { AccessLog } from '../tasks/forges/access-log.ts'
import { createAccessLog } from '../tasks/forges/access-log.ts'
import { createForges } from '../tasks/forges/create-forge.ts'
import { createDesks } from '../tasks/desks.ts'
import { parseGitAddress } from '../tasks/git/address.ts'
import { createRemote } from '../tasks/git/create-remote.ts'
import type { GitCredentials, RemoteOptions } from '../tasks/git/remote.ts'
import type { Project, Task } from '../tasks/task.ts'
import type { KeptWork } from '../workers/find-kept.ts'
import { findKept } from '../workers/find-kept.ts'
import { createRecordKeeper } from '../workers/keep-record.ts'
import type { Workbench, WorkSettings } from '../workers/work-desk.ts'
import type { CertifyAs } from './agent-name.ts'
import { agentOf, needAgent } from './agent-name.ts'
import type { HiveRuntime } from './hive-runtime.ts'
import { marketHiveOf } from './hive-runtime.ts'
import type { Hives } from './hives.ts'
import type { Home, Surroundings } from './open-home.ts'

export interface WorkshopDeps extends Surroundings {
  readonly home: Home
  readonly hives: Hives
  readonly secrets: Secrets
  readonly openModels: () => Promise<Models>
  readonly certifyAs: CertifyAs
}

export interface WorkshopOptions {
  readonly config: Config
  /** Variables that git and ssh of this machine are given. */
  readonly programs: Readonly<Record<string, string>>
}

/** Tasks and workers of a node, joined with its hives, keys and secrets. */
export interface Workshop {
  readonly findDesks: (hive: string | undefined) => Desks
  readonly accessLog: AccessLog
  /** Keeps the token for a forge's host, read from a file; forgets it without one, and says whether there was one. */
  readonly keepToken: (host: string, file: string | undefined) => Promise<boolean>
  readonly openWorkbench: (
    hive: string | undefined,
    given: { readonly settings: WorkSettings; readonly role: string; readonly signal: AbortSignal },
  ) => Promise<Workbench>
  readonly findKept: (hive: string | undefined, task: Task) => KeptWork
}

/** Longest transcript that is shown, in bytes. */
const maxShownBytes = 8_388_608

/** Opens nothing before it is asked. */
export function openWorkshop(deps: WorkshopDeps, options: WorkshopOptions): Workshop {
  const { home, hives, secrets, clock, chance, log } = deps
  const { config, programs } = options
  const open = new Map<string, Desks>()
  const process = makeNonce(chance)
  let isNoted = false

  const accessLog = createAccessLog(home.database)
  const findToken = (host: string): Promise<string | undefined> => secrets.find(tokenName(host))
  const openForge = createForges({ clock, fetch, findToken, accessLog }, forgeOptionsOf(config))
  const findCredentials = async (project: Project): Promise<GitCredentials | undefined> => {
    const address = parseGitAddress(project.url)
    if (address.kind !== 'http') return undefined
    const password = await findToken(new URL(address.url).hostname)
    // Every forge takes a token as the password of any name.
    return password === undefined ? undefined : { username: 'althing', password }
  }
  const findDesks = (name: string | undefined): Desks => {
    const hive = hives.find(name)
    noteProcess()
    const desks = open.get(hive.row.known.id) ?? createDesks(deskDepsOf(hive), deskOptionsOf(config))
    open.set(hive.row.known.id, desks)
    return desks
  }
  /** A crash leaves claims of this process behind: the next one knows them for its own by this. */
  const noteProcess = (): void => {
    if (isNoted) return
    isNoted = true
    void home.database.writeSoon((tx) =>
      tx.run('insert into setting (name, value) values (?, ?)', `process ${process}`, String(clock.now())),
    )
  }
  const deskDepsOf = (hive: HiveRuntime) => ({
    database: home.database,
    journal: marketHiveOf(hive).journal,
    hive: hive.row.known.id,
    key: home.keys.node,
    self: { peer: hive.journal.node, process },
    isAdmitted: (peer: Parameters<typeof hive.membership.judge>[0]) => hive.membership.judge(peer).verdict === 'admitted',
    ranHere: (other: string) => home.database.get('select 1 from setting where name = ?', `process ${other}`) !== undefined,
    openRemote: (project: Project) => {
      const credentials = (): Promise<GitCredentials | undefined> => findCredentials(project)
      return createRemote(project.url, { clock, programs: { environment: programs }, credentials }, remoteOptionsOf(config))
    },
    openForge,
    clock,
    chance,
    log,
  })

  return {
    findDesks,
    accessLog,
    keepToken: async (host, file) => {
      if (file === undefined) return secrets.remove(tokenName(host))
      await secrets.set(tokenName(host), await readSecretInput(file))
      return true
    },
    openWorkbench: async (name, { settings, role }) => {
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
        },
        { settings, folder: join(home.path, 'work'), agent: `${agent}:${role}`, environment: programs },
      )
    },
    findKept: (name, task) => findKept(hives.find(name).context, task, { maxBytes: maxShownBytes }),
  }
}

function deskOptionsOf({ tasks }: Config) {
  return {
    ttlSeconds: tasks.ttlSeconds,
    limitedNodes: tasks.limitedNodes,
    form: tasks.refs,
    label: tasks.label,
    trustedAuthors: tasks.trustedAuthors,
  }
}

function remoteOptionsOf({ tasks }: Config): RemoteOptions {
  return { timeoutMs: tasks.remoteTimeoutMs, maxAnswerBytes: tasks.maxAnswerBytes, allowsPlainHttp: tasks.allowPlainHttp }
}

function forgeOptionsOf({ tasks }: Config) {
  return {
    timeoutMs: tasks.remoteTimeoutMs,
    maxAnswerBytes: tasks.maxAnswerBytes,
    allowsPlainHttp: tasks.allowPlainHttp,
    writeGapMs: tasks.forgeWriteGapMs,
    maxPauseMs: tasks.forgeMaxPauseMs,
  }
}

/** The name under which the token for a host is kept. */
function tokenName(host: string): string {
  return `forge-${host.toLowerCase()}`
}
