import type { PeerId } from '../identity/keys.ts'
import type { Fault } from '../lib/fault.ts'
import type { Reader } from '../store/database.ts'
import type { Address, Navigation, VersionHistory } from '../ucxl/ucxl.ts'
import { formatResource } from '../ucxl/ucxl.ts'
import type { ContextDeps, ContextHive, Version } from './context.ts'
import { contextFaults } from './faults.ts'
import type { Resource } from './version-table.ts'
import { findVersionAt, getResource, readVersions } from './version-table.ts'

/** The resource of an address. @throws Fault RESOURCE_MISSING */
export function requireResource(reader: Reader, hive: ContextHive, address: Address): Resource {
  const name = formatResource(address)
  const found = getResource(reader, hive.hive, name)
  if (found !== undefined) return found
  throw contextFaults.create('RESOURCE_MISSING', {
    message: `no version of ${name} is known here in "${hive.name}"; \`althing context discover\` lists what is`,
    data: { resource: name },
  })
}

/** What a temporal segment is resolved against. */
export function historyOf(reader: Reader, resource: Resource): Omit<VersionHistory, 'reference'> {
  const { first, last } = resource
  return { first, last, versionAt: (at) => findVersionAt(reader, resource, at) }
}

/** The version that a navigation led to. @throws Fault RESOURCE_MISSING, TEMPORAL_OUT_OF_BOUNDS, VERSION_CONTESTED */
export function requireVersion(reader: Reader, resource: Resource, navigation: Navigation): Version {
  if (navigation.outcome === 'outOfBounds') throw outOfBounds(resource, navigation)
  if (navigation.outcome === 'notFound') {
    throw contextFaults.create('RESOURCE_MISSING', {
      message: `${resource.resource} had no version at that moment that is still kept; the oldest is *~${resource.first}`,
      data: { resource: resource.resource, isKnown: true },
    })
  }
  const said = readVersions(reader, resource, navigation.version)
  const [only] = said
  if (only === undefined) throw new Error(`version ${navigation.version} of ${resource.resource} is not in the view`)
  if (said.length === 1) return only
  throw contextFaults.create('VERSION_CONTESTED', {
    message: `${said.length} nodes gave number ${navigation.version} of ${resource.resource} to different versions: ${said.map(({ writer, cid }) => `${cid ?? 'a deletion'} by ${writer}`).join(', ')}. The next write goes past it`,
    data: { resource: resource.resource, version: navigation.version, entries: said.map(({ entry }) => entry) },
  })
}

/** Refuses a version that says that there is nothing. @throws Fault RESOURCE_DELETED */
export function needContent(version: Version, { first }: Pick<Resource, 'first'>): Version & { readonly cid: NonNullable<Version['cid']> } {
  const { cid, resource } = version
  if (cid !== null) return { ...version, cid }
  const earlier = version.version > first ? `; earlier versions can be read, the last by *~${version.version - 1}` : ''
  throw contextFaults.create('RESOURCE_DELETED', {
    message: `${resource} was deleted by version ${version.version}${earlier}`,
    data: { resource, version: version.version },
  })
}

/**
 * Refuses content that is not as long as its version says: readers bound memory and disk by that word. `found` is undefined while it is not here.
 *
 * @throws Fault SIZE_DIFFERS
 */
export function needSize({ resource, version, size, writer }: Version, found: number | undefined): void {
  if (found === undefined || found === size) return
  throw contextFaults.create('SIZE_DIFFERS', {
    message: `version ${version} of ${resource} has ${found} bytes, and ${writer}, who wrote it, says ${size}: it is not given; read an earlier one, or ask for it to be written again`,
    data: { resource, version, size, found },
  })
}

/** The moment up to which a writer's journal is known here, in milliseconds: our own until now, another's until its newest entry that counts. */
export function knownUntil({ hive, clock }: Pick<ContextDeps, 'hive' | 'clock'>, writer: PeerId): number {
  if (writer === hive.node) return clock.now()
  const times = hive.journal.lineHeads(writer).map(({ cid }) => hive.journal.find(cid)?.header.at ?? 0)
  return Math.max(0, ...times)
}

function outOfBounds({ resource }: Resource, { requested, min, max }: Extract<Navigation, { readonly outcome: 'outOfBounds' }>): Fault {
  return contextFaults.create('TEMPORAL_OUT_OF_BOUNDS', {
    message: `${resource} has versions ${min} to ${max}, and ${requested} is none of them`,
    data: { requested, min, max },
  })
}
