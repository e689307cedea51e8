import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Log } from '../lib/log.ts'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { createProbes } from './probes.ts'
import { openShutdown } from './shutdown.ts'

test('a node is ready when it has parts and each of them is', () => {
  const probes = createProbes()
  assert.equal(probes.report().isReady, false)
  probes.add('store', () => ({ ok: true, detail: 'open' }))
  const removeNetwork = probes.add('network', () => ({ ok: false, detail: 'not listening' }))
  assert.deepEqual(probes.report(), {
    isReady: false,
    parts: { store: { ok: true, detail: 'open' }, network: { ok: false, detail: 'not listening' } },
  })
  removeNetwork()
  assert.equal(probes.report().isReady, true)
})

test('a probe that throws counts as a part that is not well', () => {
  const probes = createProbes()
  probes.add('store', () => {
    throw new Error('disk is gone')
  })
  assert.deepEqual(probes.report(), { isReady: false, parts: { store: { ok: false, detail: 'disk is gone' } } })
})

test('two parts of one name are a bug that shows at once', () => {
  const probes = createProbes()
  probes.add('store', () => ({ ok: true, detail: '' }))
  assert.throws(() => probes.add('store', () => ({ ok: true, detail: '' })), /two parts are called store/)
})

test('parts are closed in the opposite order of their opening, each of them once', async () => {
  const closed: string[] = []
  const shutdown = openShutdown({ clock: createVirtualClock({ startsAt: 0 }), log: silentLog }, { stepDeadlineMs: 1000 })
  for (const name of ['store', 'journal', 'http']) shutdown.defer(name, () => void closed.push(name))
  await Promise.all([shutdown[Symbol.asyncDispose](), shutdown[Symbol.asyncDispose]()])
  await shutdown[Symbol.asyncDispose]()
  assert.deepEqual(closed, ['http', 'journal', 'store'])
})

test('a part that fails to close, at once or later, is logged and the others are closed all the same', async () => {
  const closed: string[] = []
  const warnings: string[] = []
  const log: Log = { ...silentLog, warn: (message) => warnings.push(message) }
  const shutdown = openShutdown({ clock: createVirtualClock({ startsAt: 0 }), log }, { stepDeadlineMs: 1000 })
  shutdown.defer('store', () => void closed.push('store'))
  shutdown.use('journal', { [Symbol.asyncDispose]: () => Promise.reject(new Error('journal broke')) })
  shutdown.defer('http', () => {
    throw new Error('http broke')
  })
  await shutdown[Symbol.asyncDispose]()
  assert.deepEqual(closed, ['store'])
  assert.deepEqual(warnings, ['closing http: http broke', 'closing journal: journal broke'])
})

test('a part that hangs is left behind after its deadline', async () => {
  const closed: string[] = []
  const warnings: string[] = []
  const clock = createVirtualClock({ startsAt: 0 })
  const shutdown = openShutdown({ clock, log: { ...silentLog, warn: (message) => warnings.push(message) } }, { stepDeadlineMs: 1000 })
  shutdown.defer('store', () => void closed.push('store'))
  shutdown.defer('network', () => new Promise(() => {}))
  const closing = shutdown[Symbol.asyncDispose]()
  await clock.advance(999)
  assert.deepEqual(closed, [])
  await clock.advance(2)
  await closing
  assert.deepEqual(closed, ['store'])
  assert.deepEqual(warnings, ['closing network: no answer within 1000 ms'])
})

test('F28: a part that needs longer than others to close has it', async () => {
  const closed: string[] = []
  const clock = createVirtualClock({ startsAt: 0 })
  const shutdown = openShutdown({ clock, log: silentLog }, { stepDeadlineMs: 1000 })
  shutdown.defer('store', () => void closed.push('store'))
  const pushed = Promise.withResolvers<void>()
  shutdown.use('worker', { [Symbol.asyncDispose]: () => pushed.promise.then(() => void closed.push('worker')) }, { deadlineMs: 5000 })
  const closing = shutdown[Symbol.asyncDispose]()
  await clock.advance(4000)
  pushed.resolve()
  await closing
  assert.deepEqual(closed, ['worker', 'store'])
})

test('a part that opens while the node closes is refused, so that its opener closes it', async () => {
  const shutdown = openShutdown({ clock: createVirtualClock({ startsAt: 0 }), log: silentLog }, { stepDeadlineMs: 1000 })
  assert.equal(shutdown.isClosing(), false)
  await shutdown[Symbol.asyncDispose]()
  assert.equal(shutdown.isClosing(), true)
  assert.throws(() => shutdown.defer('late', () => {}), /late was opened while the node was closing/)
})
