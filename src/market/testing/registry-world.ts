import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createGenesis } from '../../hive/genesis.ts'
import type { KnownGenesis } from '../../hive/genesis.ts'
import { formatGrant } from '../../hive/grant.ts'
import { certificateKind, formatDocumentBody, grantKind } from '../../hive/membership-view.ts'
import { signCertificate } from '../../identity/certificate.ts'
import { keyOf, nodeOf } from '../../journal/testing/bench-of-peers.ts'
import type { FolderServer } from '../registry/serve.ts'
import { openFolderServer } from '../registry/serve.ts'
import { publish } from './project.ts'
import type { Stand, StandOptions } from './stand.ts'
import { makeTemporary, manifestOf, openStand, ownerOf, writeFiles } from './stand.ts'

/** The hive of ada, closed. */
export const adasHive: KnownGenesis = createGenesis({
  name: 'workbench',
  policy: 'closed',
  root: { owner: ownerOf('ada'), node: nodeOf('ada') },
  nonce: new Uint8Array(16).fill(7),
})

/** A hive whose packages are exported, and somebody who is not in it. */
export interface RegistryWorld {
  readonly root: string
  /** Whose journal says who is a member. */
  readonly ada: Stand
  /** Where ada exports to. */
  readonly folder: string
  readonly bob: Stand
  /** Where bob installs. */
  readonly project: string
  /** Writes what ada's hive has. */
  readonly export: () => Promise<{ readonly written: number; readonly missing: readonly string[] }>
  /** Shows the folder over HTTP, on any port or again on one. */
  readonly serve: (port?: number) => Promise<FolderServer>
  /** Publishes a version by ada. */
  readonly publish: (name: string, version: string, more?: string) => Promise<void>
}

/** Opens the world: ada has published axum 1.0.0, and exported it. */
export async function openRegistryWorld(t: TestContext, options: StandOptions = {}): Promise<RegistryWorld> {
  const root = await makeTemporary(t)
  const folder = join(root, 'public')
  const project = await writeFiles(join(root, 'project'), { 'althing.toml': '' })
  const ada = await openStand('ada', { genesis: adasHive })
  const bob = await openStand('bob', { globalDirectory: join(root, 'global'), ...options })
  t.after(() => ada[Symbol.asyncDispose]())
  t.after(() => bob[Symbol.asyncDispose]())
  await introduce(ada, 'ada')
  const world: RegistryWorld = {
    root,
    ada,
    folder,
    bob,
    project,
    export: () => ada.handlers['registry.export']({ folder, packages: [] }, ada.context),
    serve: async (port = 0) => {
      const server = await openFolderServer(folder, `127.0.0.1:${port}`)
      t.after(() => server[Symbol.asyncDispose]())
      return server
    },
    publish: (name, version, more) => publish(ada, { root, name }, { 'package.toml': manifestOf(name, version, more), 'a.txt': version }),
  }
  await world.publish('axum', '1.0.0')
  await world.export()
  return world
}

/** Says in a journal who its node acts for, and by the root who that is. */
export async function introduce(stand: Stand, name: string, handle = name): Promise<void> {
  const owner = keyOf(`owner of ${name}`)
  const { bytes } = signCertificate(owner, {
    node: nodeOf(name),
    label: name,
    agents: [],
    roles: [],
    notBefore: 0,
    notAfter: undefined,
    serial: 1,
  })
  await stand.journal.append(certificateKind, formatDocumentBody(bytes))
  if (name === 'ada') await admit(stand, name, handle)
}

/** The word of the root, by which an owner is a member. */
export async function admit(root: Stand, name: string, handle = name): Promise<void> {
  const grant = {
    type: 'member',
    owner: ownerOf(name),
    handle,
    level: 'decision',
    roles: [],
    scopes: [],
    agents: [],
    replaces: null,
  } as const
  await root.journal.append(grantKind, formatGrant(grant))
}

/** Bob adds a registry. */
export async function addRegistry({ bob }: RegistryWorld, url: string, name = 'office'): Promise<void> {
  await bob.handlers['registry.add']({ name, url }, bob.context)
}
