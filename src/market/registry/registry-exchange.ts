import type { Cid } from '../../lib/cid.ts'
import { isTimeout, withDeadline } from '../../lib/deadline.ts'
import { Fault } from '../../lib/fault.ts'
import type { MarketDeps, MarketExchange } from '../market.ts'
import { registryFaults } from './faults.ts'
import type { RegistryOptions } from './options.ts'
import type { RegistryRow } from './registry-table.ts'
import { sourceOfRegistry } from './registry-table.ts'
import { addBytes } from './registry-bytes.ts'
import { requestFile } from './request-file.ts'
import { archivePath, listPath } from './rules/registry-paths.ts'

interface NamedBytes {
  readonly digest: Uint8Array
  readonly archive: Cid
  readonly name: string
  readonly version: string
}

/** Archives are compressed by at most this much more than nothing: what zstd adds to bytes it cannot make shorter. */
const maxOverheadBytes = 65_536

/** Bytes from a registry, as an exchange gives those of members: held to their CID, and to no more than the release says. */
export function createRegistryExchange(
  deps: Pick<MarketDeps, 'database' | 'content' | 'clock'>,
  row: RegistryRow,
  options: RegistryOptions,
): MarketExchange {
  return {
    fetch: async (cid, { signal, maxBytes, onProgress }) => {
      const sql = 'select digest, archive, name, version from release where hive = ?1 and (archive = ?2 or files = ?2) limit 1'
      const release = deps.database.get<NamedBytes>(sql, row.hive, cid)
      const isArchive = release?.archive === cid
      const path = isArchive ? archivePath(Buffer.from(release.digest).toString('hex')) : listPath(cid)
      const { url, isPrivate } = row
      // one that gives a byte now and then is not silent, and comes to no end
      const late = withDeadline(deps.clock, options.fetchTimeoutMs, signal)
      const request = { url, isPrivate, path, etag: undefined, modified: undefined, stallTimeoutMs: options.stallTimeoutMs, signal: late }
      const answer = await requestFile({ ...request, maxBytes: maxBytes + maxOverheadBytes }).catch((error: unknown) => {
        throw nameMissing(row, release, error)
      })
      if (answer.status !== 'found') throw nameMissing(row, release, lacking(row, path))
      const onBytes = (receivedBytes: number): void => onProgress?.({ receivedBytes, totalBytes: maxBytes, providers: 1 })
      const named = { cid, path, body: answer.body, maxBytes, isCompressed: isArchive, onBytes }
      const added = await addBytes({ content: deps.content, row, signal: late }, named).catch((error: unknown) => {
        throw isTimeout(error) ? nameMissing(row, release, tooSlow(row, path, options.fetchTimeoutMs)) : error
      })
      return { providers: [{ peer: sourceOfRegistry(row.url), bytes: added }] }
    },
    findHolders: async () => [],
    announce: async () => {},
    replicate: async () => [],
  }
}

/** The same fault, saying which package is not here for it, and what to do. */
function nameMissing({ name }: RegistryRow, release: NamedBytes | undefined, error: unknown): unknown {
  if (!(error instanceof Fault) || error.code !== 'REGISTRY_UNREACHABLE' || release === undefined) return error
  return registryFaults.create('REGISTRY_UNREACHABLE', {
    message: `the bytes of ${release.name} ${release.version} are not on this disk, and ${error.message}. Try again when the registry "${name}" has them, or connect to members who do: \`althing p2p start\`.`,
    data: { ...error.data, package: release.name, version: release.version },
    cause: error,
  })
}

function tooSlow({ name }: RegistryRow, path: string, ms: number): Error {
  return registryFaults.create('REGISTRY_UNREACHABLE', {
    message: `the registry "${name}" did not give all of ${path} within ${ms} ms`,
    data: { url: path, problem: 'slow' },
  })
}

function lacking({ name }: RegistryRow, path: string): Error {
  return registryFaults.create('REGISTRY_UNREACHABLE', {
    message: `the registry "${name}" does not have ${path}: whoever keeps it may export it again`,
    data: { url: path, problem: 'missing' },
  })
}
