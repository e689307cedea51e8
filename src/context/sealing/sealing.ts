import type { PeerId } from '../../identity/keys.ts'
import type { SealKey, SealKeys } from '../../identity/seal-keys.ts'
import { isSealable, sealBeginningBytes, sealTo } from '../../identity/sealing.ts'
import type { Fault } from '../../lib/fault.ts'
import type { Database } from '../../store/database.ts'
import { Turns } from '../../store/turns.ts'
import { formatResource } from '../../ucxl/ucxl.ts'
import type { ContextHive, Metadata, PutRequest, ReadVersion, Version } from '../context.ts'
import { contextFaults } from '../faults.ts'
import type { SealRecipient, SealTarget } from '../rules/choose-recipients.ts'
import { chooseRecipients, isAnybody, markRecipients, parseSealTarget } from '../rules/choose-recipients.ts'
import type { SealMarks } from '../rules/seal-marks.ts'
import { formatSealMarks, markOf, maxSealRecipients, maxSealTargets, readSealMarks } from '../rules/seal-marks.ts'
import { getResource, readNewestContent } from '../version-table.ts'
import { formatSealKey, sealKeyKind } from './seal-record.ts'
import { readSealKeys } from './seal-view.ts'

export interface SealingDeps {
  readonly hive: ContextHive
  readonly database: Database
  readonly keys: SealKeys
}

/** How something is to be sealed. */
export interface SealPlan {
  /** As the version will say them. */
  readonly targets: readonly string[]
  readonly recipients: readonly SealRecipient[]
  /** Nodes of those meant that cannot open it, for want of a key. */
  readonly unreachable: readonly PeerId[]
  /** What the version says of it. */
  readonly metadata: Metadata
  readonly seal: (plain: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>
}

export interface SealRequest {
  /** As a person or an earlier version says them: `role:NAME`, `@HANDLE`, an owner id. */
  readonly targets: readonly string[]
  /** How often the content was sealed, this time counted. */
  readonly epoch: number
  /** Of the content inside. */
  readonly mediaType: string
}

/** Says that something is to be sealed for nobody in particular. */
const everyone = 'everyone'

/** Seals content of one hive to nodes of its members, and opens what is sealed to this one. */
export class Sealing {
  readonly #deps: SealingDeps
  readonly #turns = new Turns()

  constructor(deps: SealingDeps) {
    this.#deps = deps
  }

  /** Has this node's newest key stand in its journal of the hive; made when there is none. @throws Fault NODE_REVOKED, KEY_CORRUPT, SEAL_KEYS_FULL */
  readonly publish = (): Promise<SealKey> =>
    this.#turns.take('publish', async () => {
      const { hive, database, keys } = this.#deps
      const said = readSealKeys(database, hive.hive).get(hive.node)
      const known = await keys.list()
      // what this node said of a key that it does not have any more can only be taken back by saying another
      const isLost = said !== undefined && !known.some(({ recipient }) => recipient === said.recipient)
      const key = await keys.ensure({ above: isLost ? said.epoch : 0 })
      if (said === undefined || said.recipient !== key.recipient) await hive.journal.append(sealKeyKind, formatSealKey(key))
      return key
    })

  /** Resolves when no key is being said any more. */
  readonly ended = (): Promise<void> => this.#turns.ended()

  /**
   * How to seal what is put; undefined where it is for everybody.
   *
   * What does not say for whom it is stays sealed as the content before it, also past a deletion: a secret is not let out by a word forgotten.
   *
   * @throws Fault SEAL_FOR_NOBODY, SEAL_TOO_WIDE, and those of `publish`
   */
  readonly planPut = async ({
    address,
    sealFor = [],
    mediaType,
  }: Pick<PutRequest, 'address' | 'sealFor' | 'mediaType'>): Promise<SealPlan | undefined> => {
    if (sealFor.length === 1 && sealFor[0] === everyone) return undefined
    if (sealFor.length > 0) return this.#plan({ targets: sealFor, epoch: 1, mediaType }, this.#needTargets(sealFor))
    const targets = this.#findStanding(address)
    return targets === undefined ? undefined : this.planAgain({ targets, epoch: 1, mediaType })
  }

  /**
   * Refuses to write what was planned for another version than the one that stands now: somebody sealed it, or for others, while the body came.
   *
   * Call in the resource's turn. @throws Fault CONDITION_FAILED
   */
  readonly needStanding = ({ address, sealFor = [] }: Pick<PutRequest, 'address' | 'sealFor'>, plan: SealPlan | undefined): void => {
    if (sealFor.length > 0) return
    const standing = this.#findStanding(address)
    if (standing?.join(' ') === plan?.targets.join(' ')) return
    const name = formatResource(address)
    const { last = 0, cid = null } = getResource(this.#deps.database, this.#deps.hive.hive, name) ?? {}
    throw sealedMeanwhile({ resource: name, version: last, cid }, standing)
  }

  /** The same for what an earlier version says; who is nobody any more is passed over. @throws Fault SEAL_TOO_WIDE, and those of `publish` */
  readonly planAgain = (request: SealRequest): Promise<SealPlan> =>
    this.#plan(
      request,
      request.targets.map((text) => ({ text, target: this.#findTarget(text) })),
    )

  /** What a version says, opened where it is sealed. @throws Fault CONTEXT_SEALED, SEAL_DAMAGED */
  readonly open = async (read: ReadVersion): Promise<ReadVersion> => {
    const marks = readSealMarks(read)
    if (marks === undefined) return read
    const { hive, keys } = this.#deps
    const own = marks.recipients.find(({ node }) => node === markOf(hive.node))
    const opener = own === undefined ? undefined : await keys.find(own.epoch)
    if (opener === undefined) throw closed(read, marks, { isKeyLost: own !== undefined })
    const beginning = await Array.fromAsync(read.open({ start: 0, end: Math.min(read.size, sealBeginningBytes) }))
    const size = await opener.size(Buffer.concat(beginning), read.size)
    const open: ReadVersion['open'] = (range) => takeRange(opener.open(read.open()), { start: range?.start ?? 0, end: range?.end ?? size })
    return { ...read, mediaType: marks.mediaType, size, isSealed: true, open }
  }

  async #plan(
    { epoch, mediaType }: SealRequest,
    named: readonly { readonly text: string; readonly target: SealTarget | undefined }[],
  ): Promise<SealPlan> {
    const { hive, database } = this.#deps
    await this.publish()
    const keys = readSealKeys(database, hive.hive)
    const chosen = chooseRecipients({
      members: hive.membership.members(),
      targets: named.flatMap(({ target }) => target ?? []),
      writer: hive.node,
      keyOf: (node) => keys.get(node),
    })
    const recipients: SealRecipient[] = []
    // one after the other: each costs an agreement of keys the first time, on the only thread
    for (const recipient of chosen.recipients) if (await isSealable(recipient.recipient)) recipients.push(recipient)
    if (recipients.length > maxSealRecipients) throw tooWide(recipients.length)
    const unusable = chosen.recipients.filter((recipient) => !recipients.includes(recipient))
    const targets = named.map(({ text }) => text)
    const marks = { targets, recipients: markRecipients(recipients), epoch, mediaType }
    return {
      targets,
      recipients,
      unreachable: [...chosen.unreachable, ...unusable.map(({ node }) => node)],
      metadata: formatSealMarks(marks),
      seal: (plain) =>
        sealTo(
          recipients.map(({ recipient }) => recipient),
          plain,
        ),
    }
  }

  /** For whom the newest content of a resource is sealed: a deletion lets nothing out. */
  #findStanding(address: PutRequest['address']): readonly string[] | undefined {
    const { database, hive } = this.#deps
    const resource = getResource(database, hive.hive, formatResource(address))
    const newest = resource === undefined ? [] : readNewestContent(database, resource)
    return newest.flatMap((version) => readSealMarks(version) ?? [])[0]?.targets
  }

  #needTargets(texts: readonly string[]): readonly { readonly text: string; readonly target: SealTarget }[] {
    const { membership, name } = this.#deps.hive
    const members = membership.members()
    const named = new Map<string, SealTarget>()
    for (const text of texts) {
      const target = this.#findTarget(text)
      if (target === undefined || !isAnybody({ members }, target)) throw forNobody(text, name)
      named.set(this.#spell(target), target)
    }
    if (named.size > maxSealTargets) throw forNobody(`${named.size} roles and owners`, name)
    return [...named].map(([text, target]) => ({ text, target }))
  }

  #findTarget(text: string): SealTarget | undefined {
    return parseSealTarget(text, this.#deps.hive.membership.findOwner)
  }

  /** Where a root gives handles they follow a person to a new key; elsewhere everybody has names of their own for others. */
  #spell(target: SealTarget): string {
    if ('role' in target) return `role:${target.role}`
    const { membership } = this.#deps.hive
    const handle = membership.policy === 'closed' ? membership.handleOf(target.owner) : undefined
    return handle === undefined ? target.owner : `@${handle}`
  }
}

/** The bytes from `start` to `end` (exclusive): sealed content is opened from its beginning. */
async function* takeRange(
  parts: AsyncIterable<Uint8Array>,
  { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const part of parts) {
    const taken = part.subarray(Math.max(0, start - at), Math.max(0, end - at))
    at += part.byteLength
    if (taken.byteLength > 0) yield taken
    if (at > end) return
  }
}

function closed(
  { resource, version, writer }: ReadVersion,
  { targets, recipients }: SealMarks,
  { isKeyLost }: { readonly isKeyLost: boolean },
): Fault {
  const why = isKeyLost
    ? 'it is sealed to a key of this node that is not here any more'
    : `it is sealed to ${recipients.length} other ${recipients.length === 1 ? 'node' : 'nodes'}, and this node is none of them`
  return contextFaults.create('CONTEXT_SEALED', {
    message: `version ${version} of ${resource} is sealed for ${targets.join(', ')}: ${why}. Whoever wrote it (${writer}) can seal it again with \`althing context reseal\``,
    data: { resource, version, for: [...targets], isKeyLost },
  })
}

function sealedMeanwhile(
  { resource, version, cid }: Pick<Version, 'resource' | 'version' | 'cid'>,
  targets: readonly string[] | undefined,
): Fault {
  const now = targets === undefined ? 'was let out to everyone' : `was sealed for ${targets.join(', ')}`
  return contextFaults.create('CONDITION_FAILED', {
    message: `${resource} ${now} while this was being taken in, and nothing was written; write it again, or say with --for whom it is for`,
    data: { resource, version, cid },
  })
}

function forNobody(target: string, hive: string): Fault {
  const shown = JSON.stringify(target.slice(0, 80).toWellFormed())
  return contextFaults.create('SEAL_FOR_NOBODY', {
    message: `${shown} is nobody in "${hive}" that content could be sealed for; write role:NAME for a role that somebody holds, or @HANDLE of a member, at most ${maxSealTargets} in all; \`althing hive members\` lists both`,
    data: { target: target.slice(0, 80).toWellFormed() },
  })
}

function tooWide(count: number): Fault {
  return contextFaults.create('SEAL_TOO_WIDE', {
    message: `${count} nodes would have to open this, and content is sealed to at most ${maxSealRecipients}; name narrower roles, or owners`,
    data: { count, max: maxSealRecipients },
  })
}
