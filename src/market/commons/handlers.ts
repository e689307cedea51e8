import type { Acquaintances } from '../../hive/acquaintances.ts'
import type { MarketDeps } from '../market.ts'
import { fingerprintOf, isHandle } from '../../hive/rules/handles.ts'
import type { OwnerId } from '../../identity/keys.ts'
import { parseOwnerId } from '../../identity/keys.ts'
import { marketFaults } from '../faults.ts'
import type { HandlersOf, OutputOf } from '../../operations/define-operation.ts'
import { parsePackageReference } from '../rules/names.ts'
import { refuseReference } from '../refuse-package.ts'
import { indexKinds } from '../index-view.ts'
import type { commonsOperations } from './operations.ts'

type CommonsDeps = Pick<MarketDeps, 'acquaintances' | 'openHives'>

type Handlers = HandlersOf<typeof commonsOperations>
type Changed = OutputOf<Extract<(typeof commonsOperations)[number], { name: 'marketplace.block' }>>

interface Subject {
  readonly owner: OwnerId
  readonly name: string | undefined
}

/** What answers the operations by which a person says whom they follow, block, and how they call them. */
export function createCommonsHandlers(deps: CommonsDeps): Handlers {
  const { acquaintances } = deps
  return {
    'marketplace.follow': async ({ owner }) => follow(deps, findOwner(deps, owner), true),
    'marketplace.unfollow': async ({ owner }) => follow(deps, findOwner(deps, owner), false),
    'marketplace.block': async ({ subject }) => block(deps, findSubject(deps, subject), true),
    'marketplace.unblock': async ({ subject }) => block(deps, findSubject(deps, subject), false),
    'marketplace.blocked': async () => {
      const known = acquaintances.list()
      const followed = known.filter(({ isFollowed }) => isFollowed).map(({ owner }) => ({ owner, handle: spell(deps, owner) }))
      const blocked = [
        ...known.filter(({ isBlocked }) => isBlocked).map(({ owner }) => ({ owner, name: null })),
        ...acquaintances.blockedPackages(),
      ]
      return { followed, blocked: blocked.map(({ owner, name }) => ({ owner, handle: spell(deps, owner), package: name })) }
    },
    'owner.name': async (input) => nameOwner(deps, input),
  }
}

async function follow(deps: CommonsDeps, owner: OwnerId, isFollowed: boolean): Promise<Changed> {
  const { acquaintances } = deps
  const status = acquaintances.isFollowed(owner) === isFollowed ? 'unchanged' : 'changed'
  if (status === 'changed') {
    await acquaintances.follow(owner, isFollowed)
    for (const hive of deps.openHives()) await hive.reconsider()
  }
  const who = `@${spell(deps, owner)}`
  const now = isFollowed
    ? `${who} is followed: its journals are kept whole in open hives.`
    : `${who} is not followed: its journals are kept as far as there is room for everybody's.`
  return { status, owner, package: null, now }
}

async function block(deps: CommonsDeps, { owner, name }: Subject, isBlocked: boolean): Promise<Changed> {
  const { acquaintances } = deps
  const spelled = name === undefined ? `@${spell(deps, owner)}` : `@${spell(deps, owner)}/${name}`
  const isNow = name === undefined ? acquaintances.isBlocked(owner) : isPackageBlocked(acquaintances, { owner, name })
  const status = isNow === isBlocked ? 'unchanged' : 'changed'
  if (status === 'changed') {
    if (name === undefined) await acquaintances.block(owner, isBlocked)
    else await acquaintances.blockPackage({ owner, name }, isBlocked)
    for (const hive of deps.openHives()) {
      await hive.reconsider()
      await hive.rebuildViews(indexKinds)
    }
  }
  const isStill = name !== undefined && !isBlocked && acquaintances.isBlocked(owner)
  const now = isBlocked
    ? `${spelled} is blocked: nothing of it is found, installed or kept here. \`althing remove\` takes off what is installed.`
    : isStill
      ? `${spelled} is not blocked by itself, but all of its owner is.`
      : `${spelled} ${status === 'changed' ? 'is no longer blocked.' : 'is not blocked.'}`
  return { status, owner, package: name ?? null, now }
}

function isPackageBlocked(acquaintances: Acquaintances, { owner, name }: { readonly owner: OwnerId; readonly name: string }): boolean {
  return acquaintances.blockedPackages().some((each) => each.owner === owner && each.name === name)
}

/** What a fingerprint looks like: a name must not pass for another owner's. */
const fingerprintPattern = /^[a-z2-7]{20}$/

async function nameOwner(
  deps: CommonsDeps,
  input: { readonly owner: string; readonly name?: string | undefined; readonly remove: boolean },
): Promise<{ owner: string; fingerprint: string; name: string | null }> {
  const owner = findOwner(deps, input.owner)
  const name = input.remove ? undefined : input.name?.replace(/^@/, '')
  if (!input.remove && (name === undefined || !isHandle(name) || fingerprintPattern.test(name))) throw invalidName(input.name)
  const other = name === undefined ? undefined : deps.acquaintances.findPetname(name)
  if (name !== undefined && other !== undefined && other !== owner) throw takenName(name, other)
  await deps.acquaintances.name(owner, name)
  return { owner, fingerprint: fingerprintOf(owner), name: name ?? null }
}

function invalidName(name: string | undefined): Error {
  const shown = name === undefined ? 'no name was given' : `${JSON.stringify(name.slice(0, 40).toWellFormed())} is no name`
  return marketFaults.create('PETNAME_INVALID', {
    message: `${shown} for an owner; use 1 to 32 of a–z, 0–9 and hyphen, with no hyphen at either end, and not what looks like a fingerprint. --remove takes a name off`,
    data: { name: name ?? null },
  })
}

function takenName(name: string, owner: OwnerId): Error {
  return marketFaults.create('PETNAME_TAKEN', {
    message: `@${name} is what you call ${owner}; take it off first with \`althing owner name @${name} --remove\`, or choose another`,
    data: { name, owner },
  })
}

/** An owner by petname, handle or fingerprint in any open hive, or by its whole id, known or not. @throws Fault OWNER_NOT_FOUND */
function findOwner(deps: CommonsDeps, text: string): OwnerId {
  const wanted = text.trim().replace(/^@/, '')
  const owner =
    parseOwnerId(wanted) ??
    deps.acquaintances.findPetname(wanted) ??
    deps.acquaintances.list().find((each) => fingerprintOf(each.owner) === wanted)?.owner ??
    deps
      .openHives()
      .map(({ membership }) => membership.findOwner(wanted))
      .find((each) => each !== undefined)
  if (owner !== undefined) return owner
  throw marketFaults.create('OWNER_NOT_FOUND', {
    message: `${JSON.stringify(text.slice(0, 80).toWellFormed())} is no owner that is known here; give the owner id (z6Mk…), which \`althing owner show\` prints on its machine and \`althing info\` with a package`,
    data: { wanted: text.slice(0, 96).toWellFormed() },
  })
}

function findSubject(deps: CommonsDeps, text: string): Subject {
  if (!text.includes('/')) return { owner: findOwner(deps, text), name: undefined }
  const reference = parsePackageReference(text.trim())
  if (reference?.owner === undefined || reference.range !== undefined) throw refuseReference(text, 'OWNER, or @owner/NAME')
  return { owner: findOwner(deps, reference.owner), name: reference.name }
}

/** How people here call an owner: by their own name for it, else as a hive does. */
function spell({ acquaintances, openHives }: CommonsDeps, owner: OwnerId): string {
  const granted = openHives()
    .map(({ membership }) => (membership.findOwner(owner) === undefined ? undefined : membership.handleOf(owner)))
    .find((each) => each !== undefined)
  return acquaintances.petnameOf(owner) ?? granted ?? fingerprintOf(owner)
}
