import { resolve } from 'node:path'
import type { Fault } from '../../lib/fault.ts'
import { encodeCanonical } from '../../lib/canonical.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import type { OwnerId } from '../../identity/keys.ts'
import type { Reader } from '../../store/database.ts'
import type { ManifestDraft } from '../manifest/manifest.ts'
import type { FoundManifest } from '../manifest/read-manifest.ts'
import { readManifest } from '../manifest/read-manifest.ts'
import { refuseKey, refuseManifest } from '../manifest/source.ts'
import { marketFaults } from '../faults.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import { refuseSource } from '../archive/walk.ts'
import { findVersions } from '../package-index.ts'
import { settleDependencies } from '../rules/dependencies.ts'
import { isWithinPatterns, parsePatterns } from '../rules/ignore.ts'
import { parseTag } from '../rules/tags.ts'
import { spellOwner, spellPackage } from '../spell.ts'
import { assertMaySay } from '../trust/say-word.ts'
import { readMaintainer } from '../trust/word-table.ts'
import { refuseSecrets } from './scan-secrets.ts'
import { quotePath } from './shell-word.ts'
import type { PackageSource } from './source.ts'
import { openPackageSource } from './source.ts'

/** What a caller asked to publish. */
export interface PublishRequest {
  readonly path: string
  readonly tag?: string | undefined
  readonly isDryRun: boolean
  /** The manifest to read, whatever others are there. */
  readonly manifest?: string | undefined
  /** Whose package it is, when we are only its maintainer: a handle or an owner id, with or without the `@`. */
  readonly owner?: string | undefined
  /** Files of the package in which something may look like a secret. */
  readonly allowedSecrets: readonly string[]
}

/** All that is known of a package before anything of it is stored. */
export interface PublishPlan {
  readonly hive: MarketHive
  readonly owner: OwnerId
  readonly found: FoundManifest
  /** With dependencies settled; the version of a skill without one follows from its bytes. */
  readonly draft: ManifestDraft
  readonly source: PackageSource
  readonly tag: string | undefined
  readonly warnings: readonly string[]
}

/** Longest normalised manifest, in bytes of canonical CBOR: leaves room in one entry for the rest of a release. */
const maxManifestRecordBytes = 60_000

/**
 * Looks at a folder and at all that could stop its publishing; stores nothing.
 *
 * @throws Fault MANIFEST_MISSING, MANIFEST_INVALID, SOURCE_REFUSED, PACKAGE_TOO_LARGE, SECRETS_FOUND, OWNER_UNKNOWN, OWNER_UNSAID,
 * NOT_OWNER, TAG_INVALID
 */
export async function planPublish(
  deps: MarketDeps & { readonly options: MarketOptions },
  request: PublishRequest,
  context: CallContext,
): Promise<PublishPlan> {
  const hive = deps.findHive(context.hive)
  const owner = readOwner(hive, request.owner)
  const tag = request.tag === undefined ? undefined : readTag(request.tag)
  const folder = resolve(request.path)
  const { signal } = context
  const found = await readManifest(folder, { maxManifestBytes: deps.options.maxManifestBytes, signal, file: request.manifest })
  if (request.owner === undefined) refuseUnsaid(deps.database, hive, { name: found.draft.name, folder })
  if (owner !== hive.owner) assertMaySay(deps.database, hive, { kind: 'tag', owner, name: found.draft.name })
  const source = await openPackageSource(folder, { found, options: deps.options, signal })
  refuseUnmatched(found, source)
  await refuseSecrets(source, { allowed: request.allowedSecrets, context })
  const { draft, warnings } = settle(deps, hive, found)
  return { hive, owner, found, draft, source, tag, warnings: [...found.warnings, ...warnings] }
}

function readOwner(hive: MarketHive, said: string | undefined): OwnerId {
  if (hive.owner === undefined) throw refuseOwner(hive)
  if (said === undefined) return hive.owner
  const owner = hive.membership.findOwner(said.replace(/^@/, ''))
  if (owner !== undefined) return owner
  throw marketFaults.create('REFERENCE_INVALID', {
    message: `nobody in the hive "${hive.name}" is called ${JSON.stringify(said)}. \`althing hive members\` lists who is.`,
    data: { reference: said },
  })
}

/** A maintainer who says nothing may mean the package maintained, or one of their own: neither is begun unasked. @throws Fault OWNER_UNSAID */
function refuseUnsaid(reader: Reader, hive: MarketHive, { name, folder }: { readonly name: string; readonly folder: string }): void {
  const { owner: ours } = hive
  const owners = [...new Set(findVersions(reader, hive.hive, name).map(({ owner }) => owner))]
  if (ours === undefined || owners.includes(ours)) return
  const maintained = owners.filter((owner) => readMaintainer(reader, { hive: hive.hive, owner, name }, ours).standing === 'maintainer')
  if (maintained.length === 0) return
  const packages = maintained.map((owner) => spellPackage(hive, { owner, name }))
  const command = (owner: OwnerId): string => `\`althing publish ${quotePath(folder)} --owner ${spellOwner(hive, owner)}\``
  throw marketFaults.create('OWNER_UNSAID', {
    message: `nothing was published: you maintain ${packages.join(' and ')}, and have no ${name} of your own. Say which it is: ${maintained.map(command).join(', or ')} releases it, and ${command(ours)} begins one of yours.`,
    data: { packages, ours: spellPackage(hive, { owner: ours, name }) },
  })
}

/** Entries that could be crates are ours when the index has a package of the name. */
function settle(deps: MarketDeps, hive: MarketHive, found: FoundManifest): { draft: ManifestDraft; warnings: readonly string[] } {
  const isKnown = (name: string): boolean => findVersions(deps.database, hive.hive, name).length > 0
  const said = { ...found.draft, candidates: found.candidates }
  const { dependencies, foreign, unknown } = settleDependencies(said, isKnown)
  const draft = { ...found.draft, dependencies, foreign }
  if (encodeCanonical({ ...draft, version: '' }).byteLength > maxManifestRecordBytes - 256) {
    const complaint = { problem: `the manifest says more than ${maxManifestRecordBytes} bytes`, write: 'shorter texts and lists' }
    throw refuseManifest(found.source, { ...complaint, at: { line: 1, column: 1 } })
  }
  const unfound = dependencies.filter(({ name }) => !name.startsWith('@') && !isKnown(name)).map(({ name }) => name)
  return { draft, warnings: [...describeUnknown(unknown), ...describeUnfound(unfound)] }
}

function describeUnknown(names: readonly string[]): readonly string[] {
  if (names.length === 0) return []
  const [first] = names
  return [
    `kept as foreign, never installed: ${list(names)}; no package of that name is in the index. Publish it first, or write "@owner/${first}"`,
  ]
}

function describeUnfound(names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`the index has no package named ${list(names)} yet; an install will ask for it`]
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ')
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown
}

/** What a manifest names must be in the package: a pattern with a slip of the pen would publish less than was meant. */
function refuseUnmatched(found: FoundManifest, source: PackageSource): void {
  const { entry, files } = found.draft
  const paths = source.files.map(({ path }) => path)
  if (!paths.includes(found.source.file))
    throw refuseSource(found.source.file, 'it says what the package is, but .gitignore or .althingignore leaves it out')
  if (entry !== null && !paths.includes(entry)) {
    const problem = `"entry" names ${JSON.stringify(entry)}, which is not in the package`
    throw refuseKey(found.source, 'entry', { problem, write: 'a file of the package; --dry-run lists them' })
  }
  for (const pattern of files) {
    const parsed = parsePatterns(pattern)
    const isMatched = parsed.every(({ isNegated }) => isNegated) || paths.some((path) => isWithinPatterns(parsed, path))
    if (isMatched) continue
    const problem = `"files" names ${JSON.stringify(pattern)}, which no file matches (what .gitignore and .althingignore leave out does not count)`
    throw refuseKey(found.source, 'files', { problem, write: 'patterns of files that are there, such as files = ["/src", "README.md"]' })
  }
}

function readTag(text: string): string {
  const tag = parseTag(text)
  if (tag !== undefined) return tag
  throw marketFaults.create('TAG_INVALID', {
    message: `${JSON.stringify(text)} is no tag: a-z, 0-9, ".", "_", "-", a letter first, at most 32, no version and not "latest". Write --tag beta, for example.`,
    data: { tag: text },
  })
}

/** The fault for an owner that is no member. */
export function refuseOwner(hive: MarketHive): Fault {
  return marketFaults.create('OWNER_UNKNOWN', {
    message: `the owner of this node is no member of the hive "${hive.name}", so it cannot publish there. Join with \`althing hive join CODE\`, or name another hive with --hive.`,
    data: { hive: hive.hive },
  })
}
