import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Answer } from './machine.ts'
import { namedOf, openVillage, text, writePackage } from './machine.ts'

test('two processes install into one project: who comes second waits, both packages are whole, and the lock names both', async (t) => {
  const village = openVillage(t)
  const [ada, bob] = [village.settle('ada'), village.settle('bob')]
  const [web, api] = [writePackage(village, 'web', { bytes: 300_000 }), writePackage(village, 'api', { bytes: 300_000 })]
  await Promise.all([ada.run(['publish', web]), bob.run(['publish', api])])
  const into = ['-C', ada.project]
  const staging = join(ada.project, '.althing/packages/.staging')

  const first = ada.begin(['install', 'web', ...into], { ALTHING_FAILPOINT: 'install.unpacked=delay:1000' })
  let isEnded = false
  void first.ended.then(() => (isEnded = true))
  while (!existsSync(staging) || !readdirSync(staging).some((name) => name.startsWith('new-'))) {
    assert.ok(!isEnded, first.said())
    await pause(10)
  }
  // Stopped while it has the right to change the project, whatever else this machine has to do.
  first.kill('SIGSTOP')
  const refused = await bob.run(['install', 'api', ...into], { ALTHING_MARKET_INSTALL_WAIT_MS: '1' })
  assert.match(refused.stderr, /process \d+ writes .*STORE_LOCKED/, refused.stdout)
  const second = bob.begin(['install', 'api', ...into, '--json'])
  first.kill('SIGCONT')

  const [one, two] = await Promise.all([first.ended, second.ended])
  assert.deepEqual([one.code, two.code], [0, 0], one.stderr + two.stderr)
  const path = text(namedOf(JSON.parse(two.stdout) as Answer), 'path')
  for (const [name, source] of [
    ['api', api],
    ['web', web],
  ] as const) {
    assert.deepEqual(readFileSync(join(path, '..', name, 'content.bin')), readFileSync(join(source, 'content.bin')), name)
  }
  assert.deepEqual(readFileSync(join(ada.project, 'althing.lock'), 'utf8').match(/(?<=package = ".*)(api|web)/g), ['api', 'web'])
  assert.deepEqual(readdirSync(staging), ['lock.sqlite'])
})
