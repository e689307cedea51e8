import { isInForce, parseCertificate } from '../identity/certificate.ts'
import type { KeyStore } from '../identity/key-store.ts'
import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Channel } from '../network/host.ts'
import type { Database } from '../store/database.ts'
import type { MemberGrant } from './grant.ts'
import type { GrantExchangeDeps } from './grant-exchange.ts'
import { rootsOf, takeFrom } from './grant-exchange.ts'
import type { GrantWriter } from './grant-writer.ts'
import type { StoredInvite } from './invite-table.ts'
import { findInvite, hasUsed, spendInvite } from './invite-table.ts'
import type { ProofSubject } from './join-proof.ts'
import { isNodeProof, isProof, nonceBytes, proveKnowledge } from './join-proof.ts'
import { expectMessage, sendMessage } from './messages.ts'
import type { JoinMessage, Refusal } from './protocol.ts'
import { isHandle, suggestHandle } from './rules/handles.ts'
import { isActive } from './rules/judge-grant.ts'

export interface JoinDeskDeps extends GrantExchangeDeps {
  readonly database: Database
  readonly keys: KeyStore
  readonly clock: Clock
  readonly chance: Chance
  readonly writer: GrantWriter
}

type Knock = Extract<JoinMessage, { t: 'knock' }>
type Join = Extract<JoinMessage, { t: 'join' }>
type Enroll = Extract<JoinMessage, { t: 'enroll' }>

/** What a newcomer got. */
interface Granted {
  readonly handle: string
  readonly certificate: Uint8Array | null
}

/** The other end of invites and enrolments. Says nothing of a code before the newcomer proved that it has it. @see docs/protocols/hive.md §6 */
export class JoinDesk {
  readonly #deps: JoinDeskDeps

  constructor(deps: JoinDeskDeps) {
    this.#deps = deps
  }

  /** Serves one newcomer from its knock on. */
  async answer(channel: Channel, { knock, signal }: { readonly knock: Knock; readonly signal: AbortSignal }): Promise<void> {
    const { membership, database, chance, keys } = this.#deps
    const hostNonce = chance.bytes(nonceBytes)
    await sendMessage(channel, { t: 'challenge', nonce: hostNonce })
    const request = await expectMessage(channel, ['join', 'enroll'], { signal })
    const subject: ProofSubject = {
      hive: membership.hive,
      newcomer: channel.peer,
      host: keys.nodeId,
      newcomerNonce: knock.nonce,
      hostNonce,
    }
    const invite = findInvite(database, membership.hive, knock.invite)
    const kind = request.t === 'join' ? 'invite' : 'enroll'
    if (invite?.kind !== kind || !isProof(request.proof, invite.key, { side: 'newcomer', subject })) return refuse(channel, 'unknown')
    const outcome = request.t === 'join' ? await this.#join(request, { invite, subject }) : await this.#enroll(request, { invite, subject })
    if (typeof outcome === 'string') return refuse(channel, outcome)
    const proof = proveKnowledge(invite.key, 'host', subject)
    await sendMessage(channel, { t: 'joined', proof, genesis: membership.genesis.bytes, ...outcome, ...this.#firstPage() })
    // the newcomer hangs up; who hangs up first may take the last message with it
    await channel.receive({ signal })
  }

  async #join(request: Join, shown: { readonly invite: StoredInvite; readonly subject: ProofSubject }): Promise<Granted | Refusal> {
    const { membership, clock, writer } = this.#deps
    const signed = parseCertificate(request.certificate)
    if (signed === undefined || !isNodeProof(request.nodeProof, signed.certificate.node, shown.subject)) return 'unknown'
    if (!isInForce(signed.certificate, clock.now())) return 'unknown'
    if (!writer.isRoot()) return 'not-root'
    const { owner, label } = signed.certificate
    const granted = await writer.alone(() => this.#grant(shown.invite, { owner, label, wanted: request.handle }))
    if (typeof granted !== 'string') membership.learn(signed)
    return granted
  }

  async #grant(
    invite: StoredInvite,
    newcomer: { readonly owner: OwnerId; readonly label: string; readonly wanted: string },
  ): Promise<Granted | Refusal> {
    const { membership, writer, database } = this.#deps
    const use = { id: invite.id, subject: newcomer.owner }
    // an answer that was lost is given again, and a member needs no second grant
    if (isActive(membership.state(), newcomer.owner)) return { handle: membership.handleOf(newcomer.owner) ?? '', certificate: null }
    const spent = this.#refusalOf(findInvite(database, membership.hive, invite.id) ?? invite, use.subject)
    if (spent !== undefined) return spent
    const { terms } = invite
    // a code that is still about must not undo a revocation: only one made for this owner does
    const isRevoked = membership.state().standings.has(newcomer.owner)
    if (isRevoked && terms.replaces !== newcomer.owner) return 'revoked'
    const asked = terms.handle ?? newcomer.wanted
    if (asked !== '' && !isHandle(asked)) return 'handle-taken'
    const grant: MemberGrant = {
      type: 'member',
      owner: newcomer.owner,
      handle: asked === '' ? suggestHandle(newcomer.label) : asked,
      level: terms.level,
      roles: terms.roles,
      scopes: terms.scopes,
      agents: terms.agents,
      replaces: terms.replaces,
    }
    const free = asked === '' ? writer.withFreeHandle(grant) : writer.judge(grant) === 'applies' ? grant : undefined
    if (free === undefined) return 'handle-taken'
    await writer.write(free, {
      within: (tx) => {
        if (!spendInvite(tx, membership.hive, use)) throw new Error('the last use of an invite went to somebody else within one turn')
      },
    })
    return { handle: free.handle, certificate: null }
  }

  async #enroll(request: Enroll, shown: { readonly invite: StoredInvite; readonly subject: ProofSubject }): Promise<Granted | Refusal> {
    const { membership, keys, database, writer } = this.#deps
    const { node, nodeProof, label, lastSerial } = request
    if (!isNodeProof(nodeProof, node, shown.subject)) return 'unknown'
    if (keys.owner() === undefined) return 'owner-absent'
    const use = { id: shown.invite.id, subject: node }
    const refusal = await writer.alone(async () => {
      const stored = findInvite(database, membership.hive, shown.invite.id) ?? shown.invite
      const spent = this.#refusalOf(stored, node)
      if (spent !== undefined || hasUsed(database, membership.hive, use)) return spent
      return (await database.write((tx) => spendInvite(tx, membership.hive, use))) ? undefined : 'spent'
    })
    if (refusal !== undefined) return refusal
    const { terms } = shown.invite
    const signed = keys.certify({
      node,
      label: terms.label === '' ? label : terms.label,
      agents: terms.agents,
      roles: terms.roles,
      lastSerial: Math.max(lastSerial, this.#lastSerial(node)),
    })
    membership.learn(signed)
    return { handle: membership.handleOf(keys.ownerId()) ?? '', certificate: signed.bytes }
  }

  #refusalOf(invite: StoredInvite, subject: string): Refusal | undefined {
    const { database, membership, clock } = this.#deps
    if (hasUsed(database, membership.hive, { id: invite.id, subject })) return undefined
    if (invite.spent >= invite.uses) return 'spent'
    return clock.now() > invite.expiresAt ? 'expired' : undefined
  }

  #lastSerial(node: PeerId): number {
    const { membership, keys } = this.#deps
    const known = membership.certificatesOf(node).find(({ certificate }) => certificate.owner === keys.ownerId())
    return known?.certificate.serial ?? 0
  }

  #firstPage(): Pick<Extract<JoinMessage, { t: 'joined' }>, 'entries' | 'evidence'> {
    const first = rootsOf(this.#deps)[0]
    const taken =
      first === undefined
        ? undefined
        : takeFrom(this.#deps.journal, { node: first.node, incarnation: first.incarnation, from: 1, to: first.seq })
    return taken?.page ?? { entries: [], evidence: [] }
  }
}

async function refuse(channel: Channel, reason: Refusal): Promise<void> {
  await sendMessage(channel, { t: 'refused', reason })
}
