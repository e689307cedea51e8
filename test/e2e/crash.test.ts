import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killInstall, killPublish } from './crash-scenes.ts'
import { list, openVillage, text, writePackage } from './machine.ts'

// Those where a command is neither begun nor done: all are played by `npm run test:crash`, and each beside its source.
test('F1: a publish killed in the middle is whole or absent after it, and the same publish again makes it whole', (t) =>
  killPublish(t, ['blob.put.renamed', 'publish.commit', 'publish.appended']))

test('F1: an install killed in the middle leaves the old package or the new one, and the same install again the new one', (t) =>
  killInstall(t, ['install.aside', 'install.moved']))

test('F1: a node killed while it commits starts again, and has what was acknowledged', async (t) => {
  const village = openVillage(t)
  const ada = village.settle('ada')
  await ada.start()
  await ada.ask('p2p', 'publish', writePackage(village, 'before'))
  await ada.end('SIGTERM')
  for (const step of ['database.commit.begin', 'database.commit.done']) {
    // Some passes later than the start itself needs.
    const node = ada.begin(['p2p', 'start'], { ALTHING_FAILPOINT: `${step}=exit@12` })
    await node.until(/node started on /)
    const acknowledged: string[] = []
    for (let index = 0; index < 12; index += 1) {
      const name = `${step.replaceAll('.', '-')}-${index}`
      const { code } = await ada.run(['p2p', 'publish', writePackage(village, name)])
      if (code !== 0) break
      acknowledged.push(name)
    }
    assert.equal((await node.ended).signal, 'SIGKILL', step)
    await ada.start()
    const names = new Set(list(await ada.ask('p2p', 'search', '--limit', '50'), 'packages').map((hit) => text(hit, 'name')))
    for (const name of ['before', ...acknowledged]) assert.ok(names.has(name), `${step}: ${name}`)
    assert.equal((await ada.ask('store', 'verify'))['isSound'], true, step)
    assert.equal((await ada.end('SIGTERM')).code, 0)
  }
})
