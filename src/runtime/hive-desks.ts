import type { Config } from '../config/schema.ts'
import type { Secrets } from '../config/secrets.ts'
import { createProcessNotes } from '../tasks/claims/process-notes.ts'
import type { Desks } from '../tasks/desks.ts'
import { createDesks } from '../tasks/desks.ts'
import type { AccessLog } from '../tasks/forges/access-log.ts'
import { createForges } from '../tasks/forges/create-forge.ts'
import { unsharedPauses } from '../tasks/forges/shared-pauses.ts'
import { parseGitAddress } from '../tasks/git/address.ts'
import { createRemote } from '../tasks/git/create-remote.ts'
import type { GitCredentials, RemoteOptions } from '../tasks/git/remote.ts'
import type { Project } from '../tasks/task.ts'
import type { HiveRuntime } from './hive-runtime.ts'
import { marketHiveOf } from './hive-runtime.ts'
import type { Home, Surroundings } from './open-home.ts'

export interface HiveDesksDeps extends Surroundings {
  readonly home: Home
  readonly secrets: Secrets
  readonly accessLog: AccessLog
}

export interface HiveDesksOptions {
  readonly config: Config
  /** Variables that git and ssh of this machine are given. */
  readonly programs: Readonly<Record<string, string>>
}

/** The projects of each hive of a node, joined with its journal, its members and this node's tokens. */
export interface HiveDesks {
  readonly desksOf: (hive: HiveRuntime) => Desks
  /** What git says who it is with, for a project over http; undefined where nothing is kept for its host. */
  readonly findCredentials: (project: Project) => Promise<GitCredentials | undefined>
}

/** Opens nothing before it is asked. */
export function openHiveDesks(deps: HiveDesksDeps, { config, programs }: HiveDesksOptions): HiveDesks {
  const { home, secrets, accessLog, clock, chance, log } = deps
  /** By what runs, not by its name: a hive that was left and joined again has another journal, and other members. */
  const open = new WeakMap<HiveRuntime, Desks>()
  const processes = createProcessNotes({ database: home.database, clock, chance })
  const findToken = (host: string): Promise<string | undefined> => secrets.find(tokenName(host))
  const openForge = createForges({ clock, fetch, findToken, accessLog }, forgeOptionsOf(config))
  const findCredentials = async (project: Project): Promise<GitCredentials | undefined> => {
    const address = parseGitAddress(project.url)
    if (address.kind !== 'http') return undefined
    const password = await findToken(new URL(address.url).hostname)
    // Every forge takes a token as the password of any name.
    return password === undefined ? undefined : { username: 'althing', password }
  }
  const deskDepsOf = (hive: HiveRuntime) => ({
    ...{ clock, chance, log, database: home.database, key: home.keys.node },
    openForge: (project: Project) => openForge(project, hive.tasks?.talk.pauses ?? unsharedPauses),
    journal: marketHiveOf(hive).journal,
    hive: hive.row.known.id,
    self: { peer: hive.journal.node, process: processes.own },
    isAdmitted: (peer: Parameters<typeof hive.membership.judge>[0]) => hive.membership.judge(peer).verdict === 'admitted',
    ranHere: processes.ranHere,
    beforeClaim: processes.note,
    openRemote: (project: Project) => {
      const credentials = (): Promise<GitCredentials | undefined> => findCredentials(project)
      return createRemote(project.url, { clock, programs: { environment: programs }, credentials }, remoteOptionsOf(config))
    },
  })
  return {
    findCredentials,
    desksOf: (hive) => {
      const desks = open.get(hive) ?? createDesks(deskDepsOf(hive), deskOptionsOf(config))
      open.set(hive, desks)
      return desks
    },
  }
}

function deskOptionsOf({ tasks }: Config) {
  return {
    ttlSeconds: tasks.ttlSeconds,
    limitedNodes: tasks.limitedNodes,
    form: tasks.refs,
    renewalWindowMs: tasks.renewalWindowMs,
    collectAfterMs: tasks.collectAfterMs,
    dependencyPatienceMs: tasks.dependencyPatienceMs,
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
export function tokenName(host: string): string {
  return `forge-${host.toLowerCase()}`
}
