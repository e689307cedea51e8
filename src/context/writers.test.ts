import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../lib/fault.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { parseAddress } from '../ucxl/ucxl.ts'
import { Names, ownerOf, replicate, rowsOf, startsAt, useStand } from './testing/stand.ts'

const state = 'ucxl://ada:dev@shop:cart/*^/state'

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const outcome = await work.catch((error: unknown) => error)
  assert.ok(outcome instanceof Fault, 'it was done')
  return outcome
}

test('writing as an agent that is not ours is denied: by the certificate, and by the hive', async (t) => {
  const names = new Names().grant('ada', 'ada').grant('oracle', 'bob')
  const ada = await useStand(t, 'ada', { names, agents: ['ada', 'oracle'] })
  const fault = await faultOf(ada.put('ucxl://bob:dev@shop:cart/*^/state', 'x'))
  assert.deepEqual([fault.code, fault.kind, fault.data], ['WRITER_DENIED', 'denied', { agent: 'bob', mayWriteAs: ['ada'] }])
  assert.equal((await faultOf(ada.put('ucxl://oracle:dev@shop:cart/*^/state', 'x'))).code, 'WRITER_DENIED')
  assert.equal(
    (await faultOf(ada.context.delete(parseAddress('ucxl://bob:dev@shop:cart/*^/state'), { signal: new AbortController().signal }))).code,
    'WRITER_DENIED',
  )
})

test('a name moves by certificates: the first node stops, the second goes on where the known sequence ends', async (t) => {
  const names = new Names().grant('ada', 'ada')
  const first = await useStand(t, 'ada', { names, owner: 'ada' })
  await first.put(state, 'one')
  await first.put(state, 'two')
  const second = await useStand(t, 'bob', { names, owner: 'ada', agents: [] })
  await second.clock.advance(1_000)
  await replicate(first, second)
  await second.certify(['ada'])
  // both are certified now: who has written goes on alone
  const fault = await faultOf(second.put(state, 'three'))
  assert.deepEqual([fault.code, fault.data['node']], ['WRITER_ELSEWHERE', first.node])
  await first.put(state, 'three')
  await first.certify([])
  assert.equal((await faultOf(first.put(state, 'four'))).code, 'WRITER_DENIED')
  // the second hears of it together with everything that was written before
  assert.equal((await faultOf(second.put(state, 'four'))).code, 'WRITER_ELSEWHERE')
  await replicate(first, second)
  assert.deepEqual([(await second.put(state, 'four')).version, await second.read('ucxl://ada:dev@shop:cart/~~1/state')], [4, 'three'])
  await replicate(second, first)
  assert.deepEqual(rowsOf(first), rowsOf(second))
})

test('a revoked node is followed by another of its owner once everything of it that counts is here', async (t) => {
  const names = new Names().grant('ada', 'ada')
  const first = await useStand(t, 'ada', { names, owner: 'ada' })
  const second = await useStand(t, 'bob', { names, owner: 'ada', agents: [] })
  await first.put(state, 'one')
  await replicate(first, second)
  await first.put(state, 'two')
  await second.certify(['ada'])
  names.revoke('ada', { incarnation: 1, seq: first.journal.status().entries })
  assert.equal((await faultOf(second.put(state, 'three'))).code, 'WRITER_BEHIND')
  await replicate(first, second)
  assert.equal((await second.put(state, 'three')).version, 3)
})

test('F10: two nodes of one name that never heard of each other: after the partition all agree, no number changed its content, writing goes on', async (t) => {
  const names = new Names().grant('ada', 'ada')
  const [left, right, reader] = [
    await useStand(t, 'ada', { names, owner: 'ada' }),
    await useStand(t, 'bob', { names, owner: 'ada', clock: createVirtualClock({ startsAt: startsAt + 1 }) }),
    await useStand(t, 'cy', { names, agents: [] }),
  ]
  await left.put(state, 'left one')
  await left.put(state, 'left two')
  await right.put(state, 'right one')
  await replicate(left, reader)
  assert.equal(await reader.read('ucxl://ada:dev@shop:cart/*~1/state'), 'left one')
  for (const [from, to] of [
    [right, reader],
    [right, left],
    [left, right],
  ] as const)
    await replicate(from, to)
  for (const stand of [left, right, reader]) {
    assert.deepEqual(rowsOf(stand), rowsOf(left))
    const fault = await faultOf(stand.get('ucxl://ada:dev@shop:cart/*~1/state'))
    assert.equal(fault.code, 'VERSION_CONTESTED')
    assert.equal(await stand.read('ucxl://ada:dev@shop:cart/*~2/state'), 'left two')
    assert.equal(stand.context.status().contested, 1)
  }
  assert.equal((await faultOf(right.put(state, 'right two'))).code, 'WRITER_ELSEWHERE')
  assert.equal((await left.put(state, 'left three')).version, 3)
})

test('what two nodes said alike is contested by nobody', async (t) => {
  const names = new Names().grant('ada', 'ada')
  const left = await useStand(t, 'ada', { names, owner: 'ada' })
  const right = await useStand(t, 'bob', { names, owner: 'ada' })
  await left.put(state, 'same')
  await right.put(state, 'same')
  await replicate(right, left)
  assert.equal(await left.read(state), 'same')
  assert.equal(left.context.status().contested, 0)
})

test('a grant that comes after the versions lets them count, and a name that moves to another owner keeps its past', async (t) => {
  const names = new Names().grant('ada', 'ada')
  const bob = await useStand(t, 'bob', { names: new Names().grant('oracle', 'bob'), agents: ['oracle'] })
  await bob.put('ucxl://oracle:a@b:c/*^/x', 'one')
  const ada = await useStand(t, 'ada', { names })
  await replicate(bob, ada)
  assert.equal((await faultOf(ada.get('ucxl://oracle:a@b:c/*^/x'))).code, 'RESOURCE_MISSING')
  names.grant('oracle', 'bob')
  await ada.journal.append('grant', { type: 'name' })
  assert.equal(await ada.read('ucxl://oracle:a@b:c/*^/x'), 'one')
  names.grant('oracle', 'ada')
  await ada.journal.append('grant', { type: 'name' })
  await ada.certify(['ada', 'oracle'])
  const next = await ada.put('ucxl://oracle:a@b:c/*^/x', 'two')
  assert.deepEqual([next.version, next.owner], [2, ownerOf('ada')])
  assert.equal(await ada.read('ucxl://oracle:a@b:c/~~1/x'), 'one')
})

test('F17: as-of is exact also where the next writer has a clock that is behind', async (t) => {
  const names = new Names().grant('ada', 'ada')
  const first = await useStand(t, 'ada', { names, owner: 'ada' })
  const second = await useStand(t, 'bob', { names, owner: 'ada', agents: [] })
  await first.clock.advance(3_600_000)
  await first.put(state, 'one')
  await first.certify([])
  await replicate(first, second)
  await second.certify(['ada'])
  await second.put(state, 'two')
  const instant = (ms: number): string => new Date(startsAt + ms).toISOString()
  assert.equal(await second.read(`ucxl://ada:dev@shop:cart/${instant(60_000)}/state`), 'two')
  assert.equal(await second.read(`ucxl://ada:dev@shop:cart/${instant(3_700_000)}/state`), 'two')
  const read = await first.get(state)
  assert.equal(read.knownUntil, first.clock.now())
  await replicate(second, first)
  const [head] = first.journal.lineHeads(second.node)
  assert.ok(head !== undefined)
  assert.equal((await first.get(state)).knownUntil, first.journal.find(head.cid)?.header.at)
})
