import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { encodeText } from '../../lib/bytes.ts'
import { createCid, dagCborCodec } from '../../lib/cid.ts'
import { openDatabase } from '../../store/database.ts'
import { createSigningKey } from '../../identity/keys.ts'
import { hold, openNode, testSignal as signal } from '../testing/claim-bench.ts'
import { makeRepository, runGit } from '../testing/git-server.ts'
import { createMemoryServer } from '../testing/memory-remote.ts'
import { testHiveId, testProject, testTask } from '../testing/test-names.ts'
import type { StoredChain } from './chain-store.ts'
import { collectClosed } from './collect-closed.ts'
import { openDiskChainStore } from './disk-chain-store.ts'

test('F35: a node that was started anew still knows the newest head it saw, and pushes it again to a forge that lost it', async (t) => {
  const bare = await makeRepository(t)
  await using database = openDatabase({ path: ':memory:' })
  const key = createSigningKey()
  const place = { hive: testHiveId, project: testProject }
  const ada = openNode(bare)
  const holder = await hold(ada)
  const look = (store = openDiskChainStore(database, place)): ReturnType<typeof ada.ledger.lookAt> =>
    openNode(bare, { key, store }).ledger.lookAt(testTask, { signal })
  assert.equal((await look()).meaning.meaning, 'held')
  await holder.renew({ signal })
  assert.equal((await look()).chain?.added.size, 1)
  await runGit(bare, 'update-ref', '-d', 'refs/althing/claims/issue-7')
  await runGit(bare, 'gc', '--prune=now', '-q')
  const gone = await look()
  assert.deepEqual(gone.meaning, { meaning: 'regressed', newest: holder.head })
  const bob = openNode(bare, { key, store: openDiskChainStore(database, place) })
  assert.equal(await bob.ledger.restore(gone, { signal }), true)
  assert.equal(await runGit(bare, 'rev-list', '--count', 'refs/althing/claims/issue-7'), '2')
})

test('a chain that one hive verified is not known to another', async (t) => {
  const bare = await makeRepository(t)
  await using database = openDatabase({ path: ':memory:' })
  const place = { hive: testHiveId, project: testProject }
  const ada = openNode(bare, { store: openDiskChainStore(database, place) })
  await hold(ada)
  await ada.ledger.lookAt(testTask, { signal })
  assert.notEqual(openDiskChainStore(database, place).get(testTask), undefined)
  const elsewhere = createCid(dagCborCodec, encodeText('another hive')) as typeof testHiveId
  assert.equal(openDiskChainStore(database, { ...place, hive: elsewhere }).get(testTask), undefined)
})

test('of two looks at once each keeps what it saw, and the one that ends late takes no newer head back', async (t) => {
  const bare = await makeRepository(t)
  await using database = openDatabase({ path: ':memory:' })
  const place = { hive: testHiveId, project: testProject }
  const ada = openNode(bare)
  const holder = await hold(ada)
  const store = openDiskChainStore(database, place)
  const chainOf = async (): Promise<StoredChain> => {
    const { chain } = await openNode(bare).ledger.lookAt(testTask, { signal })
    assert.ok(chain !== undefined)
    return chain
  }
  const first = await chainOf()
  await holder.renew({ signal })
  const second = await chainOf()
  await store.put(testTask, first, { over: undefined })
  const over = first.state.head
  await Promise.all([first, second, second, first].map((chain) => store.put(testTask, chain, { over })))
  for (const each of [store, openDiskChainStore(database, place)]) {
    assert.equal(each.get(testTask)?.state.head, holder.head)
    assert.deepEqual([...(each.get(testTask)?.commits.keys() ?? [])], [...second.commits.keys()])
  }
})

test('of a chain that was collected a node keeps where it ended and no commit, and an epoch is given once also where the forge forgot that', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const place = { hive: testHiveId, project: testProject }
  const server = createMemoryServer({ clock: systemClock }, { latencyMs: 0 })
  const ada = openNode('', { remote: server.connect('ada') })
  const look = async () =>
    (await openNode('', { remote: server.connect('bob'), store: openDiskChainStore(database, place) }).ledger.lookAt(testTask, { signal }))
      .meaning
  const count = (): unknown => database.get<{ readonly n: number }>('select count(*) as n from claim_link')?.n
  const holder = await hold(ada)
  await holder.done('merged', { signal })
  await look()
  assert.equal(count(), 2)
  await collectClosed(ada, [await ada.ledger.lookAt(testTask, { signal })], { signal })
  assert.deepEqual(await look(), { meaning: 'free', value: undefined, epoch: 2, why: 'closed' })
  assert.equal(count(), 0)
  const [[ref, old] = assert.fail()] = await ada.remote.listRefs(['refs/'], { signal })
  await ada.remote.push({ updates: [{ ref, old, new: undefined }], objects: [], isAtomic: false }, { signal })
  assert.deepEqual(await look(), { meaning: 'free', value: undefined, epoch: 2, why: 'closed' })
  // its next life is a chain like any other
  await hold(openNode('', { remote: server.connect('bob'), store: openDiskChainStore(database, place) }))
  assert.equal((await look()).meaning, 'held')
  assert.equal(count(), 1)
})
