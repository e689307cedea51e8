import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Answer, Machine, Village } from './machine.ts'
import { enter, eventually, neighboursOf, openVillage, scramble } from './machine.ts'

const why = 'ucxl://ada-claude:reviewer@shop:cart-42/*^/notes/why.md'
const at = (temporal: string): string => why.replace('*^', temporal)

/** Steps of a put at which the process is ended, in their order; behind the last one it is on disk. */
/** Longer than what lies in the database: it is a file of its own. */
const longer = (text: string): string => text.padEnd(10_000, '.')
const putSteps = ['blob.put.renamed', 'context.commit', 'context.appended'] as const

/** A village with ada, who may write as `ada-claude`. */
async function settleAda(t: TestContext): Promise<{ readonly village: Village; readonly ada: Machine }> {
  const village = openVillage(t)
  const ada = village.settle('ada')
  await ada.ask('hive', 'create', 'shop', '--handle', 'ada')
  await ada.ask('node', 'certify', '--agent', 'ada-claude')
  return { village, ada }
}

test('F1: a put killed at any of its steps is whole or absent after it, and the same put again makes it whole', async (t) => {
  const { ada } = await settleAda(t)
  let last = 0
  for (const step of putSteps) {
    const killed = await ada.run(['context', 'put', why, '--text', longer(step)], { ALTHING_FAILPOINT: `${step}=exit` })
    assert.equal(killed.signal, 'SIGKILL', `${step}: ${killed.stdout}${killed.stderr}`)
    const again = await ada.ask('context', 'put', why, '--text', longer(step), '--replicas', '1')
    last += 1
    const isDurable = step === 'context.appended'
    assert.equal(again['version'], last, step)
    assert.equal(again['status'], isDurable ? 'unchanged' : last === 1 ? 'created' : 'updated', step)
  }
  const { items } = (await ada.ask('context', 'versions', why)) as { readonly items: readonly Answer[] }
  assert.deepEqual(
    items.map(({ version, isContested }) => [version, isContested]),
    [
      [3, false],
      [2, false],
      [1, false],
    ],
  )
  assert.equal((await ada.ask('store', 'verify'))['isSound'], true)
})

test('content passes through files and pipes as it is, byte for byte', async (t) => {
  const { village, ada } = await settleAda(t)
  const [file, out] = [join(village.root, 'big.bin'), join(village.root, 'out.bin')]
  const bytes = scramble(3_000_000)
  writeFileSync(file, bytes)
  const put = await ada.ask('context', 'put', at('*^').replace('why.md', 'big'), file, '--replicas', '1')
  assert.deepEqual([put['size'], put['mediaType'], put['status']], [bytes.byteLength, 'application/octet-stream', 'created'])
  await ada.ask('context', 'get', at('*^').replace('why.md', 'big'), '--out', out)
  const again = await ada.ask('context', 'put', at('*^').replace('why.md', 'big'), out, '--replicas', '1')
  assert.deepEqual([again['status'], again['cid']], ['unchanged', put['cid']])
  // who leaves with the only copy is told so
  assert.equal((await ada.run(['context', 'put', why, '--text', 'x'])).code, 1)
  const refused = await ada.run(['context', 'put', 'ucxl://bob-claude:a@b:c', '--text', 'x', '--json'])
  assert.deepEqual([refused.code, (JSON.parse(refused.stderr) as { error: { code: string } }).error.code], [1, 'WRITER_DENIED'])
})

test('F35: the writer killed after the acknowledgement, both others serve every version; set back and restored, it goes on behind the last', async (t) => {
  const { village, ada } = await settleAda(t)
  const [bob, cy] = [village.settle('bob'), village.settle('cy')]
  await ada.start()
  await enter(ada, bob)
  await enter(ada, cy)
  const meet = (machine: Machine, others: number): Promise<unknown> =>
    eventually(
      `${machine.name} is connected`,
      async () => neighboursOf(machine),
      (peers) => peers.length >= others,
    )
  await meet(ada, 2)
  await ada.ask('context', 'put', why, '--text', 'text 1')
  const backup = join(village.root, 'backup')
  await ada.ask('backup', backup, '--keys')
  for (const version of [2, 3]) {
    const stored = await ada.ask('context', 'put', why, '--text', `text ${version}`)
    assert.deepEqual([stored['version'], stored['replicas']], [version, { wanted: 3, confirmed: 3 }])
  }
  // what is confirmed is there, entry and bytes: nobody waits for anything
  await ada.end('SIGKILL')
  for (const reader of [bob, cy]) {
    for (const version of [1, 2, 3]) {
      assert.equal((await reader.call('context.get', { address: at(`*~${version}`) }))['content'], `text ${version}`)
    }
  }
  const restored = village.settle('restored')
  await restored.ask('restore', backup)
  await restored.start()
  await meet(restored, 1)
  const next = await restored.ask('context', 'put', why, '--text', 'text 4')
  assert.equal(next['version'], 4)
  for (const version of [1, 2, 3]) assert.equal((await restored.run(['context', 'get', at(`*~${version}`)])).stdout, `text ${version}`)
})
