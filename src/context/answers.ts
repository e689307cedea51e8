import { formatInstant } from '../ucxl/ucxl.ts'
import type { HandlersOf } from '../operations/define-operation.ts'
import type { AnnouncedVersion, ContextEvent, FoundResource, Metadata, Page, Provider, StoredVersion, Version } from './context.ts'
import type { ContextStatus } from './context-status.ts'
import type { contextOperations } from './operations.ts'

/** A version as answers have it. */
export interface VersionAnswer extends Pick<Version, 'resource' | 'address' | 'version' | 'mediaType' | 'size' | 'isContested'> {
  readonly cid: string | null
  readonly metadata: Record<string, string>
  readonly entry: string
  readonly writer: string
  readonly owner: string
  readonly at: string
}

export function answerOf(version: Version): VersionAnswer {
  const { resource, address, cid, mediaType, size, metadata, entry, writer, owner, at, isContested } = version
  return {
    resource,
    address,
    version: version.version,
    cid,
    mediaType,
    size,
    metadata: copyOf(metadata),
    entry,
    writer,
    owner,
    at: formatInstant(at),
    isContested,
  }
}

/** A version just written, as answers have it. */
export interface StoredAnswer extends VersionAnswer, Pick<StoredVersion, 'status' | 'replicas'> {
  readonly sealed: { readonly recipients: number; readonly unreachable: string[] } | null
  readonly leaving: boolean
}

export function storedOf(stored: StoredVersion, { isTransient }: { readonly isTransient: boolean }): StoredAnswer {
  const { sealed, status, replicas } = stored
  const seal = sealed === undefined ? null : { recipients: sealed.recipients, unreachable: [...sealed.unreachable] }
  return { ...answerOf(stored), status, replicas, sealed: seal, leaving: isTransient }
}

interface FoundAnswer {
  readonly resource: string
  readonly first: number
  readonly last: number
  readonly newest: VersionAnswer
  readonly providers: { node: string; by: Provider['by']; expires: string | null }[]
}

export function foundOf({ items, cursor }: Page<FoundResource>): { items: FoundAnswer[]; cursor: string | null } {
  const found = items.map(({ newest, providers, ...rest }) => ({
    ...rest,
    newest: answerOf(newest),
    providers: providers.map(({ node, by, expiresAt }) => ({
      node,
      by,
      expires: expiresAt === undefined ? null : formatInstant(expiresAt),
    })),
  }))
  return { items: found, cursor: cursor ?? null }
}

/** Something that happened, as answers have it. */
export interface EventAnswer extends VersionAnswer, Pick<ContextEvent, 'id' | 'event'> {
  readonly provider: string | null
  readonly expires: string | null
}

export function eventOf({ id, event, version, provider, expiresAt }: ContextEvent): EventAnswer {
  const expires = expiresAt === undefined ? null : formatInstant(expiresAt)
  return { id, event, ...answerOf(version), provider: provider ?? null, expires }
}

export function announcedOf({
  status,
  version,
  provider,
  expiresAt,
}: AnnouncedVersion): VersionAnswer & Pick<AnnouncedVersion, 'status' | 'provider'> & { readonly expires: string } {
  return { ...answerOf(version), status, provider, expires: formatInstant(expiresAt) }
}

type StatusAnswer = ReturnType<HandlersOf<typeof contextOperations>['context.status']> extends Promise<infer Answer> ? Answer : never

export function statusOf({ agents, copies, resolver, ...counts }: ContextStatus): StatusAnswer {
  const scarce = copies?.scarce.map(({ holders, ...copy }) => ({ ...copy, holders: [...holders] })) ?? []
  return { ...counts, agents: [...agents], copies: copies === undefined ? null : { ...copies, scarce }, resolver: resolver ?? null }
}

function copyOf(metadata: Metadata): Record<string, string> {
  return { ...metadata }
}
