import type { PeerId } from '../identity/keys.ts'
import type { Entry } from '../journal/entry.ts'
import type { AppendOptions, Journal } from '../journal/journal.ts'
import { hiveFaults } from './faults.ts'
import type { Grant, MemberGrant } from './grant.ts'
import { formatGrant, parseGrant } from './grant.ts'
import { needAdmitted } from './need-admitted.ts'
import { grantKind } from './membership-view.ts'
import type { HiveMembership } from './open-membership.ts'
import { parseHandover } from './root-documents.ts'
import type { InertReason } from './rules/grants-state.ts'
import { judgeGrant } from './rules/judge-grant.ts'

export interface GrantWriterDeps {
  readonly membership: HiveMembership
  readonly journal: Pick<Journal, 'append' | 'node'>
}

/** The one pen of a hive's root: one grant after the other, each judged on what the one before it left. */
export class GrantWriter {
  readonly #deps: GrantWriterDeps
  #last: Promise<unknown> = Promise.resolve()

  constructor(deps: GrantWriterDeps) {
    this.#deps = deps
  }

  /** Whether this node's grants count now. */
  isRoot(): boolean {
    const { membership, journal } = this.#deps
    const root = membership.state().root
    return root !== undefined && root.node === journal.node && root.pending === undefined
  }

  /** Runs `work` with no other grant written meanwhile. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    await before
    try {
      return await work()
    } finally {
      resolve()
    }
  }

  /** Judges and appends a grant. Not while another is written: see `alone`. @throws Fault NOT_ROOT, NODE_REVOKED, TERMS_INVALID, GRANT_REFUSED */
  async write(grant: Grant, options?: AppendOptions): Promise<Entry> {
    this.needRoot()
    needAdmitted(this.#deps.membership, this.#deps.journal.node)
    const body = formatGrant(grant)
    // what others cannot read is inert for them: never let the root believe that it took effect
    if (parseGrant(body) === undefined) throw unreadable(grant)
    const reason = this.judge(grant)
    if (reason !== 'applies') throw refusedGrant(grant, reason)
    return this.#deps.journal.append(grantKind, body, options)
  }

  /** What the rules say of a grant if it was written now. */
  judge(grant: Grant): InertReason | 'applies' {
    const { membership } = this.#deps
    const handover = grant.type === 'root' && grant.proof !== null ? parseHandover(grant.proof) : undefined
    return judgeGrant(membership.state(), grant, handover?.hive === membership.hive ? handover : undefined)
  }

  /** The same grant under a handle that is free: the one it has, that with a number after it, or the same without hyphens. */
  withFreeHandle(grant: MemberGrant): MemberGrant | undefined {
    // with hyphens it may stand under another's, as `build-1` under `build`, whatever the number
    const candidates = [grant.handle, grant.handle.replaceAll('-', '')].flatMap((name) => {
      const base = name.slice(0, 28)
      return [name, ...Array.from({ length: maxNumber - 1 }, (_, index) => `${base}${index + 2}`)]
    })
    const handle = candidates.find((candidate) => this.judge({ ...grant, handle: candidate }) === 'applies')
    return handle === undefined ? undefined : { ...grant, handle }
  }

  needRoot(): void {
    if (this.isRoot()) return
    const { membership } = this.#deps
    const root: PeerId | undefined = membership.state().root?.node
    const name = membership.genesis.genesis.name
    const message =
      root === undefined
        ? `nobody grants in the open hive "${name}"; everybody may join it with \`althing hive join ${name}\``
        : `only the root of "${name}" may do this, which is the node ${root}; run the command there. If that machine is lost, make this one root with its owner's key: \`althing owner import\`, then \`althing hive root recover\``
    throw hiveFaults.create(root === undefined ? 'HIVE_OPEN' : 'NOT_ROOT', { message, data: { hive: membership.hive, root: root ?? null } })
  }
}

/** Namesakes among whom numbers are given out. */
const maxNumber = 999

const reasons: Readonly<Record<InertReason, string>> = {
  'handle-taken': 'the handle is taken, or its agent names would overlap with another handle; choose another',
  'replaces-nobody': 'the handle is not that of a revoked member; revoke the old owner first',
  'agent-taken': 'an agent name belongs to another owner; choose another',
  'owner-unknown': 'the owner is no member; see `althing hive members`',
  'root-stays': 'it is the root; hand the root on first',
  'unsigned-handover': 'another owner becomes root only with the signature of the root owner; run this where the owner key is',
  'not-in-place': 'it only has meaning as the first grant of a new root',
}

function unreadable(grant: Grant): Error {
  const message = `the ${grant.type} grant is refused: a name, role, scope or number in it is beyond what a grant may hold`
  return hiveFaults.create('TERMS_INVALID', { message, data: { type: grant.type } })
}

function refusedGrant(grant: Grant, reason: InertReason): Error {
  const what = 'handle' in grant ? ` @${grant.handle}` : 'agent' in grant ? ` ${grant.agent}` : ''
  return hiveFaults.create('GRANT_REFUSED', {
    message: `the ${grant.type} grant${what} is refused: ${reasons[reason]}`,
    data: { type: grant.type, reason },
  })
}
