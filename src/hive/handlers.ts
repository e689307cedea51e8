import type { OwnerId } from '../identity/keys.ts'
import type { KeyStore } from '../identity/key-store.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { CallContext, HandlersOf, OutputOf } from '../operations/define-operation.ts'
import { hiveFaults } from './faults.ts'
import type { Subject } from './find-member.ts'
import { findMember, findNode, findSubject, unknownMember } from './find-member.ts'
import { commons, createGenesis, isHiveName } from './genesis.ts'
import type { MemberGrant } from './grant.ts'
import { parseGrant } from './grant.ts'
import type { HiveService } from './hive-service.ts'
import type { HiveRow, HiveTable } from './hive-table.ts'
import { formatInviteCode } from './invite-code.ts'
import { joinHive } from './joining.ts'
import type { Member } from './membership.ts'
import type { hiveOperations } from './operations.ts'
import { parseLifetime } from './parse-lifetime.ts'
import type { HiveRegistry } from './registry.ts'
import { findHive } from './registry.ts'
import { parseAddress } from '../network/address.ts'
import { isHandle } from './rules/handles.ts'

export interface HiveHandlersDeps {
  readonly hives: HiveTable
  readonly registry: HiveRegistry
  readonly keys: KeyStore
  readonly clock: Clock
  readonly chance: Chance
  /** Whether the node goes away when one command is done. */
  readonly isTransient: boolean
  /** Peers connected in a hive that runs. */
  readonly connectedPeers: (hive: HiveRow) => readonly string[]
}

export interface HiveHandlersOptions {
  /** One joining or enrolment, with all dials, in milliseconds. */
  readonly joinTimeoutMs: number
}

type List = typeof hiveOperations
type Named<Name extends List[number]['name']> = Extract<List[number], { name: Name }>

/** The handlers of a node's hives. */
export function createHiveHandlers(deps: HiveHandlersDeps, options: HiveHandlersOptions): HandlersOf<List> {
  const { hives, registry } = deps
  const open = (context: CallContext): Promise<HiveService> => registry.open(findHive(hives, context.hive))
  return {
    'hive.create': async (input) => describeHive(deps, await createHive(deps, input)),
    'hive.invite': async (input, context) => ({
      ...(await invite(await open(context), deps.keys.ownerId(), input)),
      hint: deps.isTransient ? unattended : null,
    }),
    'hive.join': async (input, context) => {
      if (input.handle !== undefined && input.handle !== '') needHandle(input.handle)
      const joined = await joinHive(deps, {
        code: input.code,
        handle: input.handle ?? '',
        bootstrap: input.bootstrap.map((address) => parseAddress(address).text),
        timeoutMs: options.joinTimeoutMs,
        signal: context.signal,
      })
      return { ...(await describeHive(deps, joined.row)), handle: joined.handle, hint: hintFor(joined.row) }
    },
    'hive.leave': async ({ hive, force }) => {
      const row = findHive(hives, hive)
      const { known } = row
      if (!force) refuseOrphans(await registry.open(row))
      // forgotten first: a call that comes while it closes must not open it again
      await hives.remove(known.id)
      await registry.close(known.id)
      return { id: known.id, name: known.genesis.name, current: hives.current()?.known.genesis.name ?? null }
    },
    'hive.list': async () => ({ hives: await describeAll(deps, hives.list()) }),
    'hive.use': async ({ hive }) => {
      const { known } = findHive(hives, hive)
      await hives.setCurrent(known.id)
      return describeHive(deps, findHive(hives, known.id))
    },
    'hive.members': async (_, context) => {
      const row = findHive(hives, context.hive)
      const service = await registry.open(row)
      const members = service.membership.members().map((member) => describeMember(deps, service, member))
      return { hive: row.known.id, name: row.known.genesis.name, members }
    },
    'hive.grant': async (input, context) => changeGrant(deps, await open(context), input),
    'hive.revoke': async ({ subject, after }, context) => revoke(await open(context), subject, after),
    'hive.root': async (input, context) => moveRoot(await open(context), input),
  }
}

/** Said of a code made while no node runs: the ports of this moment are gone with the command. */
const unattended =
  'no node runs here: start one with `althing p2p start` before the code is used. Its addresses are a guess until then; if the node gets another port, make a new code'

/** In an open hive nobody invites: who is to be met first has to be known. */
function hintFor({ known, bootstrap }: HiveRow): string | null {
  if (known.genesis.policy === 'closed' || bootstrap.length > 0) return null
  return `"${known.genesis.name}" has no public nodes to begin with yet. Ask a member for an address (\`althing p2p status\` prints it there) and give it: \`althing hive join ${known.genesis.name} --bootstrap ADDR\`, or \`althing p2p bootstrap ADDR\` while the node runs; on one local network nodes find each other by mDNS`
}

async function createHive(
  deps: HiveHandlersDeps,
  input: { readonly name: string; readonly open: boolean; readonly handle?: string | undefined },
): Promise<HiveRow> {
  const { hives, keys, chance, clock, registry } = deps
  if (!isHiveName(input.name)) {
    const message = `"${input.name}" is no hive name; use 1 to 32 of a–z, 0–9 and hyphen, with no hyphen at either end`
    throw hiveFaults.create('HIVE_NAME_INVALID', { message, data: { name: input.name } })
  }
  if (hives.list().some(({ known }) => known.genesis.name === input.name) || input.name === commons.genesis.name) {
    const message = `there is a hive "${input.name}" already; \`althing hive use ${input.name}\` makes it the current one, or choose another name`
    throw hiveFaults.create('HIVE_EXISTS', { message, data: { name: input.name } })
  }
  if (input.handle !== undefined) needHandle(input.handle)
  const root = input.open ? null : { owner: keys.ownerId(), node: keys.nodeId }
  const known = createGenesis({ name: input.name, root, policy: input.open ? 'open' : 'closed', nonce: chance.bytes(16) })
  await hives.add(known, { bootstrap: [], joinedAt: clock.now() })
  const row = findHive(hives, known.id)
  const service = await registry.open(row)
  const standing = service.membership.state().standings.get(keys.ownerId())
  if (input.handle !== undefined && standing !== undefined && standing.grant.handle !== input.handle) {
    await service.grant({ ...standing.grant, handle: input.handle })
  }
  return row
}

async function invite(
  service: HiveService,
  owner: OwnerId,
  input: Parameters<HandlersOf<List>['hive.invite']>[0],
): Promise<Omit<OutputOf<Named<'hive.invite'>>, 'hint'>> {
  const { membership } = service
  const replaces = input.replaces === undefined ? null : findMember(membership, input.replaces)
  const handle = input.handle ?? (replaces === null ? undefined : membership.handleOf(replaces))
  if (handle !== undefined) needHandle(handle)
  const expiresInMs = parseLifetime(input.expires)
  const { uses } = input
  const terms = readTerms({ ...input, owner, handle: handle ?? 'newcomer', replaces: null })
  const code = await service.createCode({
    kind: 'invite',
    terms: {
      level: terms.level,
      roles: terms.roles,
      scopes: terms.scopes,
      agents: terms.agents,
      handle: handle ?? null,
      replaces,
      label: '',
    },
    uses,
    expiresInMs,
  })
  const { hive, name, addresses } = code
  return { code: formatInviteCode(code), hive, name, uses, expiresAt: code.expiresAt, addresses: [...addresses] }
}

async function changeGrant(
  deps: HiveHandlersDeps,
  service: HiveService,
  input: Parameters<HandlersOf<List>['hive.grant']>[0],
): Promise<OutputOf<Named<'hive.grant'>>> {
  const owner = findMember(service.membership, input.member)
  const before = service.membership.state().standings.get(owner)?.grant
  service.needRoot()
  if (before === undefined) throw unknownMember(service.membership, input.member)
  if (input.handle !== undefined) needHandle(input.handle)
  await service.grant(
    readTerms({
      owner,
      level: input.level ?? before.level,
      role: change(before.roles, { more: input.role, without: input.withoutRole, what: 'role' }),
      scope: change(before.scopes, { more: input.scope, without: input.withoutScope, what: 'scope' }),
      agent: [...before.agents, ...input.agent],
      handle: input.handle ?? before.handle,
      replaces: null,
    }),
  )
  const after = service.membership.members().find((member) => member.owner === owner)
  if (after === undefined) throw new Error('a member who was just granted something is a member')
  return describeMember(deps, service, after)
}

async function revoke(service: HiveService, wanted: string, seq: number | undefined): Promise<OutputOf<Named<'hive.revoke'>>> {
  const subject = findSubject(service.membership, wanted)
  if (seq !== undefined && 'owner' in subject)
    throw refused('--after names an entry of one node; give the peer id or the label of the node instead of a member')
  const named = nameOf(service.membership.members(), subject)
  const last = await service.revoke(subject, seq)
  return { subject: 'owner' in subject ? subject.owner : subject.node, named, last: last.map((position) => ({ ...position })) }
}

/** A member by its handle, a machine by its label and whose it is; an id where nothing else is known. */
function nameOf(members: readonly Member[], subject: Subject): string {
  if ('owner' in subject) {
    const member = members.find(({ owner }) => owner === subject.owner)
    return member === undefined ? subject.owner : `@${member.handle}`
  }
  const member = members.find(({ nodes }) => nodes.some(({ node }) => node === subject.node))
  const machine = member?.nodes.find(({ node }) => node === subject.node)
  return member === undefined || machine === undefined ? subject.node : `"${machine.label}" of @${member.handle}`
}

async function moveRoot(
  service: HiveService,
  input: { readonly action: string; readonly node?: string | undefined },
): Promise<OutputOf<Named<'hive.root'>>> {
  if (service.membership.policy === 'open') {
    throw hiveFaults.create('HIVE_OPEN', { message: 'an open hive has no root', data: { hive: service.known.id } })
  }
  if (input.action === 'accept') await service.acceptRoot()
  else if (input.action === 'recover') await service.recoverRoot()
  else {
    if (input.node === undefined) throw refused('hand-on needs the node that is to be the root; `althing hive members` lists them')
    const node = findNode(service.membership, input.node)
    const owner = service.membership.ownerOf(node)
    if (owner === undefined) throw new Error('a node that is listed with a member has an owner')
    await service.handOn({ owner, node })
  }
  const { root } = service.membership.state()
  if (root === undefined) throw new Error('a closed hive has a root')
  return { hive: service.known.id, owner: root.owner, node: root.node, isPending: root.pending !== undefined }
}

function readTerms(terms: {
  readonly owner: OwnerId
  readonly level: string
  readonly role?: readonly string[] | undefined
  readonly scope?: readonly string[] | undefined
  readonly agent?: readonly string[] | undefined
  readonly handle: string
  readonly replaces: OwnerId | null
}): MemberGrant {
  const { owner, level, role, scope, agent, handle, replaces } = terms
  // the parser of grants is the one judge of what a grant may hold
  const parsed = parseGrant({
    type: 'member',
    owner,
    handle,
    level,
    roles: [...new Set(role)],
    scopes: [...new Set(scope)],
    agents: [...new Set(agent)],
    replaces,
  })
  if (parsed?.type === 'member') return parsed
  throw refused('roles and agent names are 1 to 64 of a–z, 0–9 and hyphen; scopes are relative globs like src/** or !src/secret/**')
}

async function describeAll(deps: HiveHandlersDeps, rows: readonly HiveRow[]): Promise<OutputOf<Named<'hive.list'>>['hives']> {
  const described: OutputOf<Named<'hive.list'>>['hives'] = []
  for (const row of rows) described.push(await describeHive(deps, row))
  return described
}

async function describeHive({ registry, hives }: HiveHandlersDeps, row: HiveRow): Promise<OutputOf<Named<'hive.use'>>> {
  const service = await registry.open(row)
  const { id, genesis } = row.known
  return {
    id,
    name: genesis.name,
    policy: genesis.policy,
    isCurrent: hives.get(id)?.isCurrent ?? false,
    isRoot: service.isRoot(),
    members: service.membership.members().filter(({ revoked }) => !revoked).length,
    joinedAt: row.joinedAt,
  }
}

function describeMember(deps: HiveHandlersDeps, service: HiveService, member: Member): OutputOf<Named<'hive.grant'>> {
  const row = deps.hives.get(service.known.id)
  const connected = new Set(row === undefined ? [] : deps.connectedPeers(row))
  const { owner, handle, level, roles, scopes, agents, nodes, revoked } = member
  return {
    owner,
    handle,
    level,
    roles: [...roles],
    scopes: [...scopes],
    agents: [...agents],
    nodes: nodes.map(({ node, label }) => ({ node, label, isConnected: connected.has(node) })),
    isRoot: service.membership.state().root?.owner === owner,
    isRevoked: revoked,
    isSelf: owner === deps.keys.ownerId(),
  }
}

/** @throws Fault ROOT_NEEDED when others would be left without a root */
function refuseOrphans({ isRoot, known, membership }: HiveService): void {
  const others = membership.members().filter(({ revoked }) => !revoked).length - 1
  if (!isRoot() || others <= 0) return
  const { name } = known.genesis
  const message = `this node is the root of "${name}", and ${others} other member${others === 1 ? '' : 's'} would be left without one; hand it on first with \`althing hive root hand-on NODE\`, or leave all the same with --force`
  throw hiveFaults.create('ROOT_NEEDED', { message, data: { hive: known.id, name, others } })
}

function needHandle(handle: string): void {
  if (!isHandle(handle)) throw refused(`"${handle}" is no handle; use 1 to 32 of a–z, 0–9 and hyphen, with no hyphen at either end`)
}

interface ListChange {
  readonly what: string
  readonly more: readonly string[]
  readonly without: readonly string[]
}

/** What is granted, without some and with others: one that is named as both is granted. @throws Fault TERMS_INVALID for what is not there to be taken */
function change(before: readonly string[], { what, more, without }: ListChange): readonly string[] {
  const strange = without.find((one) => !before.includes(one))
  if (strange === undefined) return [...before.filter((one) => !without.includes(one)), ...more]
  const granted = before.length === 0 ? `no ${what} is granted` : `granted are ${before.join(', ')}`
  throw refused(`"${strange}" is no ${what} that the member was granted: ${granted}`)
}

function refused(message: string): Error {
  return hiveFaults.create('TERMS_INVALID', { message })
}
