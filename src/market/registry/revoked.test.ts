import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDocumentBody, nodeRevocationKind } from '../../hive/membership-view.ts'
import { signNodeRevocation } from '../../hive/root-documents.ts'
import { keyOf, nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { publish } from '../testing/project.ts'
import { adasHive, addRegistry, admit, introduce, openRegistryWorld } from '../testing/registry-world.ts'
import { manifestOf, openStand, replicate } from '../testing/stand.ts'

test('S10: of a node that was revoked a registry gives what stands up to the cut, and nothing after it', async (t) => {
  const world = await openRegistryWorld(t)
  const { ada, bob, root } = world
  const eve = await openStand('eve', { genesis: adasHive })
  t.after(() => eve[Symbol.asyncDispose]())
  await introduce(eve, 'eve')
  await admit(ada, 'eve')
  for (const version of ['1.0.0', '1.1.0']) await publish(eve, { root, name: 'tool' }, { 'package.toml': manifestOf('tool', version) })
  await replicate(eve, ada)
  const node = nodeOf('eve')
  const document = signNodeRevocation(keyOf('owner of eve'), { hive: adasHive.id, node, last: { node, incarnation: 1, seq: 2 } })
  await ada.journal.append(nodeRevocationKind, formatDocumentBody(document))
  await world.export()
  await addRegistry(world, (await world.serve()).url)
  const { versions } = await bob.handlers['marketplace.versions']({ package: 'tool' }, bob.context)
  assert.deepEqual(
    versions.map(({ version }) => version),
    ['1.0.0'],
  )
})
