import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { openNode } from '../src/index.ts'

test('a package published alone is copied to a member that joins later, which nobody asked for it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'althing-copies-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const settings = { 'network.listen': ['/ip4/127.0.0.1/tcp/0'], 'network.mdns': false, 'http.enabled': false, 'content.copyDelayMs': 50 }
  await using ada = await openNode({ home: join(folder, 'ada'), settings })
  const path = new URL('../examples/packages/code-review', import.meta.url).pathname
  assert.equal((await ada.call('p2p.publish', { path })).copies.confirmed, 0)
  await using bob = await openNode({ home: join(folder, 'bob'), settings })
  const { code } = await ada.call('hive.invite', {})
  await bob.call('hive.join', { code, handle: 'bob' })
  const signal = AbortSignal.any([t.signal, AbortSignal.timeout(20_000)])
  // the archive and its list of files; a look at another node's disk has no event to wait for
  while ((await bob.call('store.stats', {})).blocks < 2) await pause(50, undefined, { signal })
  const again = await ada.call('p2p.publish', { path })
  assert.deepEqual([again.status, again.copies.confirmed], ['unchanged', 1])
})
