import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FleetPeer } from '../../journal/testing/fleet.ts'
import { createFleet } from '../../journal/testing/fleet.ts'
import { testHive } from '../../journal/testing/bench-of-peers.ts'
import { parseProjectId } from '../task.ts'
import type { RecordForge } from './record-forge.ts'
import { createRecordForge } from './record-forge.ts'
import { createWorkView } from './work-view.ts'

const project = parseProjectId('file:/srv/git/shop') ?? assert.fail()
const { signal } = new AbortController()

for (const [sizes, names] of Object.entries({ '2/1': ['ada', 'bob', 'cy'], '3/2': ['ada', 'bob', 'cy', 'dan', 'eve'] }))
  test(`F10: after a partition ${sizes} no task that either side added or changed is lost, and all read the same`, async (t) => {
    const fleet = createFleet(t)
    const { clock } = fleet
    const nodes: (FleetPeer & { readonly forge: RecordForge })[] = []
    for (const name of names) {
      const peer = await fleet.open(name, { views: [createWorkView()] })
      nodes.push({ ...peer, forge: createRecordForge({ reader: peer.database, journal: peer.journal, hive: testHive }, project) })
    }
    await fleet.connect(...nodes)
    const [ada, last] = [nodes[0] ?? assert.fail(), nodes.at(-1) ?? assert.fail()]
    const add = (on: typeof ada, title: string) => clock.run(on.forge.add({ title, body: '', labels: ['bzzz-task'] }))
    const both = await add(ada, 'Both change it')
    await fleet.advance(5_000)

    const far = Math.floor(names.length / 2)
    fleet.network.partition([nodes.slice(0, -far).map(({ node }) => node), nodes.slice(-far).map(({ node }) => node)])
    for (const node of nodes) await add(node, `Added on ${node.name}`)
    await clock.run(ada.forge.project(both.key, { add: ['from-ada'], remove: [] }, { signal }))
    await clock.run(last.forge.project(both.key, { add: [], remove: [], state: 'closed' }, { signal }))
    await fleet.advance(60_000)
    assert.equal(ada.forge.all().length, 1 + names.length - far)
    assert.equal((await ada.forge.find(both.key, { signal }))?.state, 'open')

    fleet.network.heal()
    await fleet.advance(120_000)
    const [first, ...others] = nodes.map(({ forge }) => forge.all().toSorted((a, b) => (a.key < b.key ? -1 : 1)))
    assert.deepEqual(first?.map(({ title }) => title).toSorted(), [...names.map((name) => `Added on ${name}`), 'Both change it'])
    for (const other of others) assert.deepEqual(other, first)
  })
