import type { KeyStore } from '../identity/key-store.ts'
import type { PeerId } from '../identity/keys.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import { hiveFaults } from './faults.ts'
import type { KnownGenesis } from './genesis.ts'
import { commons } from './genesis.ts'
import type { HiveRow, HiveTable } from './hive-table.ts'
import type { InviteCode } from './invite-code.ts'
import { parseInviteCode } from './invite-code.ts'
import type { Redeemed } from './join-client.ts'
import { redeemCode } from './join-client.ts'
import type { HiveRegistry } from './registry.ts'
import { findHive } from './registry.ts'

export interface JoiningDeps {
  readonly hives: HiveTable
  readonly registry: HiveRegistry
  readonly keys: KeyStore
  readonly clock: Clock
  readonly chance: Chance
}

export interface JoinRequest {
  readonly code: string
  /** Handle to ask for; empty leaves it to the root. */
  readonly handle: string
  /** Multiaddrs of members to begin with, in an open hive. */
  readonly bootstrap: readonly string[]
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** A hive this node is in now. */
export interface Joined {
  readonly row: HiveRow
  readonly handle: string
}

/** Joins by an invite, the code of an open hive, or the word `commons`. @throws Fault INVITE_INVALID, and as `redeemCode` */
export async function joinHive(deps: JoiningDeps, request: JoinRequest): Promise<Joined> {
  if (request.code.trim() === commons.genesis.name) {
    return enterOpen(deps, commons, request.bootstrap)
  }
  const code = readCode(request.code, ['invite', 'open'])
  if (code.genesis !== undefined) {
    return enterOpen(deps, code.genesis, [...request.bootstrap, ...bootstrapOf(code)])
  }
  const redeemed = await redeemCode({ ...deps, openGuest: deps.registry.openGuest }, code, request)
  return enter(deps, code, redeemed)
}

/** Brings this node under the owner who made an enrolment code, and into the hive it names. @throws Fault as `joinHive` */
export async function acceptEnrollment(
  deps: JoiningDeps,
  request: Omit<JoinRequest, 'handle' | 'bootstrap'> & { readonly label: string | undefined },
): Promise<Joined> {
  const code = readCode(request.code, ['enroll'])
  const redeemed = await redeemCode({ ...deps, openGuest: deps.registry.openGuest }, code, { ...request, handle: '' })
  if (redeemed.certificate === undefined) throw new Error('an enrolment answers with a certificate')
  await deps.keys.adopt(redeemed.certificate)
  for (const service of deps.registry.running()) await service.publishCertificate()
  return enter(deps, code, redeemed)
}

/** Reads a code somebody typed. @throws Fault INVITE_INVALID, which tells a typo from something else */
export function readCode(text: string, kinds: readonly InviteCode['kind'][]): InviteCode {
  const parsed = parseInviteCode(text)
  if (parsed.verdict === 'code' && kinds.includes(parsed.code.kind)) return parsed.code
  const words = {
    code: kinds.includes('enroll')
      ? 'is for joining a hive: use `althing hive join`'
      : 'is for another machine of one owner: use `althing node accept`',
    foreign: 'is no code of althing; a code begins with "althing-"',
    mistyped: 'has a typo or is cut short; copy the whole line again',
    unsupported: 'was made by a newer version; update althing',
  }
  // the code itself is a secret and stays out of the message
  const message = `what was given ${words[parsed.verdict]}`
  throw hiveFaults.create('INVITE_INVALID', { message, data: { reason: parsed.verdict === 'code' ? 'other-kind' : parsed.verdict } })
}

/** Joined again without an address, the ones known before stay. */
async function enterOpen(deps: JoiningDeps, known: KnownGenesis, given: readonly string[]): Promise<Joined> {
  const bootstrap = given.length > 0 ? [...new Set(given)] : (deps.hives.get(known.id)?.bootstrap ?? [])
  await deps.hives.add(known, { bootstrap, joinedAt: deps.clock.now() })
  return openJoined(deps, { row: findHive(deps.hives, known.id) })
}

async function enter(deps: JoiningDeps, code: InviteCode, redeemed: Redeemed): Promise<Joined> {
  await deps.hives.add(redeemed.known, { bootstrap: bootstrapOf(code), joinedAt: deps.clock.now() })
  const row = findHive(deps.hives, code.hive)
  return openJoined(deps, { row, grants: { redeemed, from: code.node } })
}

async function openJoined(
  deps: JoiningDeps,
  joined: { readonly row: HiveRow; readonly grants?: { readonly redeemed: Redeemed; readonly from: PeerId } },
): Promise<Joined> {
  const service = await deps.registry.open(joined.row)
  if (joined.grants !== undefined) await service.takeGrants(joined.grants.redeemed.page, joined.grants.from)
  const handle = joined.grants?.redeemed.handle ?? service.membership.handleOf(deps.keys.ownerId()) ?? ''
  return { row: joined.row, handle }
}

function bootstrapOf(code: InviteCode): readonly string[] {
  return code.addresses.map((address) => `${address}/p2p/${code.node}`)
}
