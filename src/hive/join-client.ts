import { parseCertificate } from '../identity/certificate.ts'
import type { KeyStore } from '../identity/key-store.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import { whyUnreached } from '../network/dial-failure.ts'
import type { Channel, Host } from '../network/host.ts'
import { hiveFaults } from './faults.ts'
import type { KnownGenesis } from './genesis.ts'
import { parseGenesis } from './genesis.ts'
import type { InviteCode } from './invite-code.ts'
import { inviteIdOf, inviteKeyOf } from './invite-table.ts'
import type { ProofSubject } from './join-proof.ts'
import { isProof, nonceBytes, proveKnowledge, proveNode } from './join-proof.ts'
import { expectMessage, sendMessage } from './messages.ts'
import type { JoinMessage, Page, Refusal } from './protocol.ts'
import { joinProtocol, maxMessageBytes } from './protocol.ts'

export interface JoinClientDeps {
  readonly keys: KeyStore
  readonly clock: Clock
  readonly chance: Chance
  /** A host that belongs to the hive by name only, with a key of its own; closed when the join is over. */
  readonly openGuest: (hive: HiveId) => Promise<Host>
}

/** What a code gave. */
export interface Redeemed {
  readonly known: KnownGenesis
  readonly handle: string
  /** For an enrolment: this node's certificate by its new owner, not adopted yet. */
  readonly certificate: Uint8Array | undefined
  /** The first grants of the hive. */
  readonly page: Page
}

export interface RedeemOptions {
  /** Handle to ask for; empty leaves it to the root. */
  readonly handle: string
  /** For an enrolment: what this machine asks to be called; its label so far without. */
  readonly label?: string | undefined
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Shows an invite or an enrolment code to the node that made it. @throws Fault JOIN_UNREACHABLE, INVITE_REFUSED, JOIN_PROTOCOL */
export async function redeemCode(deps: JoinClientDeps, code: InviteCode, options: RedeemOptions): Promise<Redeemed> {
  const signal = withDeadline(deps.clock, options.timeoutMs, options.signal)
  await using host = await deps.openGuest(code.hive)
  await dialAny(host, code, signal)
  const channel = await host.open(code.node, joinProtocol(code.hive), { signal, maxMessageBytes })
  try {
    return await talk(deps, channel, { code, host, handle: options.handle, label: options.label, signal })
  } finally {
    await channel.close().catch(() => channel.abort(new Error('the join is over')))
  }
}

interface Talk {
  readonly code: InviteCode
  readonly host: Host
  readonly handle: string
  readonly label: string | undefined
  readonly signal: AbortSignal
}

async function talk(deps: JoinClientDeps, channel: Channel, { code, host, handle, label, signal }: Talk): Promise<Redeemed> {
  const { keys, chance } = deps
  const secret = code.secret
  if (secret === undefined) throw new RangeError('a code without a secret is not redeemed')
  const newcomerNonce = chance.bytes(nonceBytes)
  await sendMessage(channel, { t: 'knock', invite: inviteIdOf(secret), nonce: newcomerNonce })
  const { nonce: hostNonce } = await expectMessage(channel, ['challenge'], { signal })
  const subject: ProofSubject = { hive: code.hive, newcomer: host.peerId, host: code.node, newcomerNonce, hostNonce }
  const key = inviteKeyOf(secret)
  const proofs = { proof: proveKnowledge(key, 'newcomer', subject), nodeProof: proveNode(keys.node, subject) }
  const own = keys.certificate()
  const request: JoinMessage =
    code.kind === 'enroll'
      ? { t: 'enroll', ...proofs, node: keys.nodeId, label: label ?? own.certificate.label, lastSerial: own.certificate.serial }
      : { t: 'join', ...proofs, certificate: own.bytes, handle }
  await sendMessage(channel, request)
  const answer = await expectMessage(channel, ['joined', 'refused'], { signal })
  if (answer.t === 'refused') throw refusedFault(code, answer.reason)
  const known = parseGenesis(answer.genesis)
  const isGenuine = known?.id === code.hive && isProof(answer.proof, key, { side: 'host', subject })
  if (known === undefined || !isGenuine) throw impostor(code)
  const certificate = answer.certificate ?? undefined
  if (code.kind === 'enroll' && (certificate === undefined || parseCertificate(certificate)?.certificate.node !== keys.nodeId))
    throw impostor(code)
  return { known, handle: answer.handle, certificate, page: { entries: answer.entries, evidence: answer.evidence } }
}

/** Dials the addresses of a code one after the other until one answers. */
async function dialAny(host: Host, code: InviteCode, signal: AbortSignal): Promise<void> {
  const tried: string[] = []
  let cause: unknown
  for (const address of code.addresses) {
    try {
      await host.dial(`${address}/p2p/${code.node}`, { signal })
      return
    } catch (error) {
      tried.push(`${address}: ${whyUnreached(error)}`)
      cause = error
      if (signal.aborted) break
    }
  }
  const message = `nobody answered at the addresses in this code (${tried.join('; ') || 'it has none'}); see that the node that made it is running and reachable, and try again`
  throw hiveFaults.create('JOIN_UNREACHABLE', { message, data: { hive: code.hive, name: code.name, tried }, cause })
}

const words: Readonly<Record<Refusal, string>> = {
  unknown: 'the other side does not know this code; ask for a new one',
  spent: 'this code was used already as often as it may be; ask for a new one',
  expired: 'this code has expired; ask for a new one',
  'handle-taken': 'the handle is taken in that hive; choose another with --handle',
  'not-root': 'the node that made this code is not the root of the hive any more; ask its root for a new one',
  revoked: 'this owner was revoked there; its root can make a code that takes that back, with --replaces',
  busy: 'the other side has too many newcomers at this moment; try again in a minute',
  'owner-absent': 'the machine that made this code does not have the owner key any more; make one where it is',
}

function refusedFault(code: InviteCode, reason: Refusal): Error {
  const remedy =
    reason === 'expired'
      ? `: \`althing ${code.kind === 'enroll' ? 'node enroll' : 'hive invite'} --expires 7d\` there makes one that is good for a week`
      : ''
  const message = `"${code.name}" did not take this code: ${words[reason]}${remedy}`
  return hiveFaults.create('INVITE_REFUSED', { message, data: { hive: code.hive, name: code.name, reason } })
}

function impostor(code: InviteCode): Error {
  const message = `whoever answered for "${code.name}" does not know the code itself, so nothing it said was taken; check the address and ask for a new code`
  return hiveFaults.create('JOIN_PROTOCOL', { message, data: { hive: code.hive, name: code.name } })
}
