import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { defaultConfig } from '../src/config/load.ts'
import { silentLog } from '../src/lib/log.ts'
import { openNode } from '../src/node.ts'

test('reading makes no hive, also after the last one was left; publishing does', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'althing-reading-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const { signal } = t
  await using node = await openNode({ home, config: await defaultConfig(), log: silentLog, peers: false, transient: true, signal })
  const ask = (name: string, input: Readonly<Record<string, unknown>> = {}): Promise<unknown> => node.call(name, input, { signal })
  const listed = async (): Promise<number> => ((await ask('hive.list')) as { readonly hives: readonly unknown[] }).hives.length
  await ask('hive.create', { name: 'workshop' })
  await ask('hive.leave', { hive: 'workshop' })
  for (const name of ['marketplace.search', 'p2p.search']) {
    await assert.rejects(ask(name, { query: 'web' }), {
      code: 'HIVE_UNKNOWN',
      message: /it is in none; make one with `althing hive create NAME`/,
    })
  }
  const { hive, hints } = (await ask('p2p.status')) as { readonly hive: unknown; readonly hints: readonly string[] }
  assert.equal(hive, null)
  assert.match(hints.join(), /this node is in no hive/)
  await assert.rejects(node.call('p2p.search', { query: 'web' }, { signal, hive: 'commons' }), { message: /althing hive join commons/ })
  assert.equal(await listed(), 0)
  await assert.rejects(ask('p2p.publish', { path: join(home, 'nothing') }))
  assert.equal(await listed(), 1)
})
