import type { SignedCertificate } from '../../src/identity/certificate.ts'
import { signCertificate } from '../../src/identity/certificate.ts'
import type { PeerId, SigningKey } from '../../src/identity/keys.ts'
import { openSigningKey, ownerIdOfKey, peerIdOfKey } from '../../src/identity/keys.ts'
import type { KnownGenesis } from '../../src/hive/genesis.ts'
import { createGenesis } from '../../src/hive/genesis.ts'
import { formatGrant } from '../../src/hive/grant.ts'
import { certificateKind, formatDocumentBody, grantKind } from '../../src/hive/membership-view.ts'
import { openMembership } from '../../src/hive/open-membership.ts'
import { formatBody, signEntry } from '../../src/journal/codec.ts'
import { openJournal } from '../../src/journal/open-journal.ts'
import { encodeText } from '../../src/lib/bytes.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { hashBytes } from '../../src/lib/cid.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../../src/store/database.ts'
import { simJournalOptions } from './sim-options.ts'

/** Who a simulated machine is. */
export interface Identity {
  readonly key: SigningKey
  readonly peer: PeerId
  readonly certificate: SignedCertificate
}

/** A closed hive as it is when the simulation begins: everybody has joined and knows everybody. */
export interface Founding {
  readonly known: KnownGenesis
  /** The first is the root, whose journal has the grants. */
  readonly identities: readonly Identity[]
  /** Each journal's first entry and the root's grants, as a journal took them: what every disk holds at the start. */
  readonly disk: Database
}

/** Machines of one owner. */
const nodesPerOwner = 3
const entriesPerBatch = 512

/** Founds a hive by real certificates and grants: the same for the same seed. */
export async function foundHive(clock: Clock, options: { readonly nodes: number; readonly seed: number }): Promise<Founding> {
  const secret = (name: string): Uint8Array => hashBytes(encodeText(`simulated ${name} of seed ${options.seed}`))
  const owners = Array.from({ length: Math.ceil(options.nodes / nodesPerOwner) }, (_, index) => openSigningKey(secret(`owner ${index}`)))
  const identities = Array.from({ length: options.nodes }, (_, index): Identity => {
    const key = openSigningKey(secret(`node ${index}`))
    const peer = peerIdOfKey(key.publicKey)
    const owner = owners[Math.floor(index / nodesPerOwner)]
    if (owner === undefined) throw new Error(`node ${index} has no owner`)
    const terms = { label: `node ${index}`, agents: [], roles: [], notBefore: clock.now(), notAfter: undefined, serial: 1 }
    return { key, peer, certificate: signCertificate(owner, { node: peer, ...terms }) }
  })
  const [root] = identities
  if (root === undefined) throw new Error('a hive has at least one node')
  const known = createGenesis({
    name: 'simulated',
    root: { owner: root.certificate.certificate.owner, node: root.peer },
    policy: 'closed',
    nonce: secret('nonce').subarray(0, 16),
  })
  return { known, identities, disk: await writeDisk(clock, { known, identities, owners }) }
}

/** Lets the root's own journal take all of it, as it would from the wire. */
async function writeDisk(
  clock: Clock,
  { known, identities, owners }: Pick<Founding, 'known' | 'identities'> & { readonly owners: readonly SigningKey[] },
): Promise<Database> {
  const [root] = identities
  if (root === undefined) throw new Error('a hive has at least one node')
  const database = openDatabase({ path: ':memory:' })
  const membership = openMembership({ database, certificate: root.certificate }, known)
  await using journal = await openJournal(
    { hive: known.id, key: root.key, database, clock, admission: membership, log: silentLog },
    { ...simJournalOptions, views: [membership.view] },
  )
  await journal.append(certificateKind, formatDocumentBody(root.certificate.bytes))
  for (const [index, owner] of owners.entries()) {
    const grant = {
      type: 'member',
      level: index === 0 ? 'master' : 'suggestion',
      roles: [],
      scopes: [],
      agents: [],
      replaces: null,
    } as const
    await journal.append(grantKind, formatGrant({ ...grant, owner: ownerIdOfKey(owner.publicKey), handle: `owner${index}` }))
  }
  const entries = identities.slice(1).map(({ key, certificate }) => {
    const body = formatBody(formatDocumentBody(certificate.bytes))
    const place = { hive: known.id, incarnation: 1, seq: 1, prev: null, kind: certificateKind, at: clock.now() }
    return signEntry(key, { ...place, bodyCid: body.cid, bodySize: body.bytes.byteLength }, body.bytes)
  })
  for (let at = 0; at < entries.length; at += entriesPerBatch) {
    const reports = await journal.receive(entries.slice(at, at + entriesPerBatch), root.peer)
    const refused = reports.find(({ verdict }) => verdict !== 'stored')
    if (refused !== undefined) throw new Error(`the founding entry of ${refused.node} was not taken: ${refused.verdict}`)
  }
  return database
}
