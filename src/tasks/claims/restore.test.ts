import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import type { GitRemote } from '../git/remote.ts'
import { hold, openNode, testSignal as signal } from '../testing/claim-bench.ts'
import { createMemoryServer } from '../testing/memory-remote.ts'
import { testTask } from '../testing/test-names.ts'

const ref = `refs/althing/claims/${testTask}`

test('F35: a forge that was set back gets its chain again from exactly what it has, and what somebody wrote meanwhile stays', async () => {
  const server = createMemoryServer({ clock: systemClock }, { latencyMs: 0 })
  const [ada, bob] = [openNode('', { remote: server.connect('ada') }), openNode('', { remote: server.connect('bob') })]
  const look = () => bob.ledger.lookAt(testTask, { signal })
  const setBack = async (to: Parameters<GitRemote['push']>[0]['updates'][number]['new']): Promise<void> => {
    const { value } = await look()
    await bob.remote.push({ updates: [{ ref, old: value, new: to }], objects: [], isAtomic: false }, { signal })
  }
  const holder = await hold(ada)
  const first = (await look()).value
  await holder.renew({ signal })
  const second = (await look()).value
  await holder.renew({ signal })
  await look()

  await setBack(second)
  const regressed = await look()
  assert.equal(regressed.meaning.meaning, 'regressed')
  await setBack(first)
  assert.equal(await bob.ledger.restore(regressed, { signal }), false)
  assert.equal((await look()).value, first)
  assert.equal(await bob.ledger.restore(await look(), { signal }), true)
  assert.equal((await look()).value, holder.head)
})
