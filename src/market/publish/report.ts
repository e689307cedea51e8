import { findHandle } from '../spell.ts'
import type { ArchiveFile } from '../archive/entry.ts'
import type { OwnerId } from '../../identity/keys.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'
import { formatDigest } from '../release.ts'
import type { PublishPlan } from './plan.ts'
import type { Reached } from './spread.ts'

/** What a publish did, or would do. */
export interface PublishReport {
  status: 'published' | 'unchanged' | 'planned'
  name: string
  version: string
  owner: OwnerId
  handle: string | null
  kind: string
  manifest: string
  digest: string
  cid: string | null
  size: number
  files: number
  list: ArchiveFile[] | null
  permissions: { tools: string[]; commands: string[]; hosts: string[]; paths: string[] }
  dependencies: { name: string; range: string }[]
  /** Entries of `dependencies` that are none of ours. */
  foreign: number
  tag: string | null
  warnings: string[]
  /** Members connected when the release was gossiped. */
  announcedTo: number
  providerRecord: boolean
  /** Ourselves not counted. */
  copies: { wanted: number; confirmed: number }
  /** Whether this node goes away now: then 0 copies mean that nobody can get it until it is back. */
  leaving: boolean
  hint: string | null
}

type ReportDeps = MarketDeps & { readonly options: MarketOptions }

/** A release that stands. */
export function reportRelease(
  deps: ReportDeps,
  plan: PublishPlan,
  { status, release, reached }: { readonly status: 'published' | 'unchanged'; readonly release: IndexedRelease; readonly reached: Reached },
): PublishReport {
  const confirmed = reached.holders.length
  return {
    ...describe(plan),
    status,
    version: release.version,
    digest: formatDigest(release.digest),
    cid: release.archive,
    size: release.size,
    announcedTo: reached.announcedTo,
    providerRecord: reached.providerRecord,
    copies: { wanted: Math.max(0, deps.options.copies - 1), confirmed },
    leaving: deps.isTransient,
    hint: confirmed > 0 ? null : hintFor(reached.announcedTo, deps.isTransient),
  }
}

/** What publishing would do, file by file. */
export function reportPlan(
  deps: ReportDeps,
  plan: PublishPlan,
  {
    known,
    digested,
  }: { readonly known: IndexedRelease | undefined; readonly digested: { readonly digest: Uint8Array; readonly size: number } },
): PublishReport {
  const digest = formatDigest(digested.digest)
  return {
    ...describe(plan),
    status: 'planned',
    version: known?.version ?? plan.draft.version ?? `0.0.0+${digest.slice('sha256:'.length).slice(0, 12)}`,
    digest,
    cid: null,
    size: digested.size,
    list: plan.source.files.map(({ path, size, isExecutable }) => ({ path, size, isExecutable })),
    announcedTo: 0,
    providerRecord: false,
    copies: { wanted: Math.max(0, deps.options.copies - 1), confirmed: 0 },
    leaving: false,
    hint:
      known === undefined
        ? null
        : `these bytes are published already, as ${known.name} ${known.version}; publishing them again changes nothing`,
  }
}

type Described = Pick<
  PublishReport,
  'name' | 'owner' | 'handle' | 'kind' | 'manifest' | 'files' | 'list' | 'permissions' | 'dependencies' | 'foreign' | 'tag' | 'warnings'
>

function describe({ hive, owner, draft, found, source, tag, warnings }: PublishPlan): Described {
  const { tools, commands, hosts, paths } = draft.permissions
  return {
    name: draft.name,
    owner,
    handle: findHandle(hive, owner) ?? null,
    kind: draft.kind,
    manifest: found.source.file,
    files: source.files.length,
    list: null,
    permissions: { tools: [...tools], commands: [...commands], hosts: [...hosts], paths: [...paths] },
    dependencies: [...draft.dependencies],
    foreign: draft.foreign.length,
    tag: tag ?? null,
    warnings: [...warnings],
  }
}

function hintFor(peers: number, isTransient: boolean): string {
  const next = isTransient ? 'Run `althing p2p start` so that others can get it.' : 'Members can get it from this node while it runs.'
  return peers === 0
    ? `stored here, 0 copies: nobody is connected. ${next}`
    : `stored here, 0 copies: no member signed for the bytes in time. ${next}`
}
