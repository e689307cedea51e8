import { lstat, open, readFile } from 'node:fs/promises'
import { decodeText, encodeText } from '../lib/bytes.ts'
import { describeError } from '../lib/fault.ts'
import type { CallContext, HandlersOf } from '../operations/define-operation.ts'
import type { Certificate } from './certificate.ts'
import { isName, maxAgents, maxRoles } from './certificate.ts'
import { identityFaults } from './faults.ts'
import { writeKeyFile } from './key-files.ts'
import type { KeyStore } from './key-store.ts'
import type { PeerId, SigningKey } from './keys.ts'
import type { identityOperations } from './operations.ts'
import { maxExportBytes } from './owner-export.ts'

/** What the hives of a node do about its keys and machines; the hive folder implements it. */
export interface Enrollment {
  /**
   * Puts the node's changed certificate in every hive; gives the names of those that do not know the owner.
   *
   * `previous` is the owner key before a rotation: hives whose root this node is by it go to the new owner.
   */
  readonly publishCertificate: (previous?: SigningKey) => Promise<readonly string[]>
  /** Refuses agent names that belong to another owner in a hive, and to ours in none. @throws Fault AGENT_NAME_TAKEN */
  readonly refuseTaken: (agents: readonly string[]) => void
  readonly enroll: (
    request: { readonly label: string; readonly agents: readonly string[]; readonly roles: readonly string[]; readonly expires: string },
    context: CallContext,
  ) => Promise<{ readonly code: string; readonly hive: string; readonly name: string; readonly expiresAt: number }>
  /** `label` is what this machine asks to be called. */
  readonly accept: (
    request: { readonly code: string; readonly label: string | undefined },
    context: CallContext,
  ) => Promise<{ readonly hive: string; readonly name: string }>
  /** The node of our owner that the beginning of a peer id or a label means. */
  readonly findOwnNode: (wanted: string) => PeerId
  /** Gives the names of the hives that were told. */
  readonly revoke: (node: PeerId, after: number | undefined) => Promise<readonly string[]>
}

export interface IdentityHandlersDeps {
  readonly keys: KeyStore
  readonly enrollment: Enrollment
}

/** Longest passphrase file. */
const maxPassphraseBytes = 4096

/** The handlers of a node's keys. */
export function createIdentityHandlers({ keys, enrollment }: IdentityHandlersDeps): HandlersOf<typeof identityOperations> {
  return {
    'owner.show': async () => {
      const { label, node } = keys.certificate().certificate
      return { owner: keys.ownerId(), isKeyHere: keys.owner() !== undefined, label, node }
    },
    'owner.export': async ({ file, 'passphrase-file': passphraseFile }) => {
      const passphrase = await readPassphrase(passphraseFile)
      const exported = await keys.exportOwner(passphrase)
      await refuseExisting(file)
      await writeKeyFile(file, encodeText(exported))
      return { owner: keys.ownerId(), file }
    },
    'owner.import': async ({ file, 'passphrase-file': passphraseFile }) => {
      const previousOwner = keys.ownerId()
      const exported = await readSmall(file, maxExportBytes)
      await keys.importOwner(exported, await readPassphrase(passphraseFile))
      await enrollment.publishCertificate()
      return { owner: keys.ownerId(), previousOwner }
    },
    'owner.rotate': async () => {
      const previousOwner = keys.ownerId()
      const previous = keys.needOwner()
      await keys.rotateOwner()
      return { owner: keys.ownerId(), previousOwner, askAgain: [...(await enrollment.publishCertificate(previous))] }
    },
    'node.show': async () => {
      const { node, owner, label, agents, roles, serial, notBefore, notAfter } = keys.certificate().certificate
      return { node, owner, label, agents: [...agents], roles: [...roles], serial, notBefore, notAfter: notAfter ?? null }
    },
    'node.certify': async (input) => {
      const { certificate } = await keys.renew((before) => changeOf(before, input, enrollment.refuseTaken))
      await enrollment.publishCertificate()
      const { node, agents, roles, serial } = certificate
      return { node, label: certificate.label, agents: [...agents], roles: [...roles], serial }
    },
    'node.enroll': async ({ label, agent, role, expires }, context) => {
      keys.needOwner()
      return enrollment.enroll({ label: label ?? '', agents: names(agent), roles: names(role), expires }, context)
    },
    'node.accept': async ({ code, label }, context) => {
      const previousOwner = keys.ownerId()
      const joined = await enrollment.accept({ code, label }, context)
      return { owner: keys.ownerId(), previousOwner, label: keys.certificate().certificate.label, ...joined }
    },
    'node.revoke': async ({ node, after }) => {
      const peer = enrollment.findOwnNode(node)
      if (peer === keys.nodeId) {
        const message = 'a node cannot revoke itself; run this on another machine of the owner'
        throw identityFaults.create('CERTIFICATE_INVALID', { message, data: { node } })
      }
      return { node: peer, hives: [...(await enrollment.revoke(peer, after))] }
    },
  }
}

interface CertifyInput {
  readonly label?: string | undefined
  readonly agent?: readonly string[] | undefined
  readonly without?: readonly string[] | undefined
  readonly role?: readonly string[] | undefined
  readonly withoutRole?: readonly string[] | undefined
}

/** What a request makes of a certificate; what it does not name stays. @throws Fault NAME_INVALID, CERTIFICATE_FULL, and what `refuseTaken` throws */
function changeOf(
  before: Certificate,
  { label, agent, without, role, withoutRole }: CertifyInput,
  refuseTaken: Enrollment['refuseTaken'],
): Pick<Certificate, 'label' | 'agents' | 'roles'> {
  const agents = changeList(before.agents, { what: 'agent name', more: agent, less: without, max: maxAgents })
  refuseTaken(agents.filter((name) => !before.agents.includes(name)))
  const roles = changeList(before.roles, { what: 'role', more: role, less: withoutRole, max: maxRoles })
  return { label: label ?? before.label, agents, roles }
}

interface ListChange {
  readonly what: string
  readonly more: readonly string[] | undefined
  readonly less: readonly string[] | undefined
  readonly max: number
}

function changeList(before: readonly string[], { what, more, less, max }: ListChange): readonly string[] {
  const gone = names(less)
  const strange = gone.find((name) => !before.includes(name))
  if (strange !== undefined) {
    const held = before.length === 0 ? 'it has none' : `it has ${before.join(', ')}`
    throw identityFaults.create('NAME_INVALID', { message: `"${strange}" is no ${what} of this node: ${held}`, data: { name: strange } })
  }
  const list = [...new Set([...before.filter((name) => !gone.includes(name)), ...names(more)])]
  if (list.length <= max) return list
  const message = `this node would have ${list.length} ${what}s, and a certificate holds ${max}; take some away with it`
  throw identityFaults.create('CERTIFICATE_FULL', { message, data: { count: list.length, max } })
}

function names(list: readonly string[] | undefined): readonly string[] {
  for (const name of list ?? []) {
    if (isName(name)) continue
    const message = `"${name}" is no name; use 1 to 64 of a–z, 0–9 and hyphen`
    throw identityFaults.create('NAME_INVALID', { message, data: { name } })
  }
  return [...new Set(list)]
}

async function readPassphrase(path: string): Promise<string> {
  return (await readSmall(path, maxPassphraseBytes)).split(/\r?\n/, 1)[0] ?? ''
}

async function readSmall(path: string, maxBytes: number): Promise<string> {
  const stat = await lstat(path).catch(() => undefined)
  if (stat?.isFile() !== true || stat.size > maxBytes) {
    const found = stat === undefined ? 'is missing' : stat.isFile() ? `has ${stat.size} bytes, more than ${maxBytes}` : 'is no regular file'
    throw identityFaults.create('IDENTITY_FILE_INVALID', { message: `${path} ${found}; name another file`, data: { path } })
  }
  try {
    return decodeText(await readFile(path))
  } catch (cause) {
    throw identityFaults.create('IDENTITY_FILE_INVALID', {
      message: `${path} is not readable as text; name another file`,
      data: { path },
      cause,
    })
  }
}

async function refuseExisting(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o600)).close()
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    const message = isThere
      ? `${path} exists already and is not written over; name another file`
      : `${path} cannot be made (${describeError(cause)}); name a file in a folder that you may write`
    throw identityFaults.create('IDENTITY_FILE_INVALID', { message, data: { path }, cause })
  }
}
