import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exchangeWith, makeTemporary, manifestOf, openStand, writeFiles } from '../testing/stand.ts'
import type { Stand } from '../testing/stand.ts'

test('a publish of a node that stays is done when copies are signed for, however long the DHT takes', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo') })
  await using cy = await openStand('cy')
  const exchange = { ...exchangeWith(() => ada, cy), announce: () => new Promise<void>(() => {}) }
  const ada: Stand = await openStand('ada', { exchange, peers: [cy.node] })
  await using _ = ada
  const report = await ada.handlers['marketplace.publish']({ path: folder, dryRun: false, allowSecret: [] }, ada.context)
  assert.deepEqual([report.copies.confirmed, report.providerRecord], [1, false])
})
