import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../../store/database.ts'
import { createSigningKey } from '../../identity/keys.ts'
import { hold, openNode, testSignal as signal } from '../testing/claim-bench.ts'
import { makeRepository, runGit } from '../testing/git-server.ts'
import { testProject, testTask } from '../testing/test-names.ts'
import { openDiskChainStore } from './disk-chain-store.ts'

test('F35: a node that was started anew still knows the newest head it saw, and pushes it again to a forge that lost it', async (t) => {
  const bare = await makeRepository(t)
  await using database = openDatabase({ path: ':memory:' })
  const key = createSigningKey()
  const ada = openNode(bare)
  const holder = await hold(ada)
  const look = (store = openDiskChainStore(database, testProject)): ReturnType<typeof ada.ledger.lookAt> =>
    openNode(bare, { key, store }).ledger.lookAt(testTask, { signal })
  assert.equal((await look()).meaning.meaning, 'held')
  await holder.renew({ signal })
  assert.equal((await look()).chain?.added.size, 1)
  await runGit(bare, 'update-ref', '-d', 'refs/althing/claims/issue-7')
  await runGit(bare, 'gc', '--prune=now', '-q')
  const gone = await look()
  assert.deepEqual(gone.meaning, { meaning: 'regressed', newest: holder.head })
  const bob = openNode(bare, { key, store: openDiskChainStore(database, testProject) })
  assert.equal(await bob.ledger.restore(gone, { signal }), true)
  assert.equal(await runGit(bare, 'rev-list', '--count', 'refs/althing/claims/issue-7'), '2')
})
