import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStyle } from '../screen.ts'
import { isIncomplete, render } from './render.ts'

const style = createStyle({ isTerminal: false, columns: 80, write: () => {} }, { isColorOff: true })
const version = { resource: 'ucxl://a:b@c:d/x', version: 2, cid: 'bafk', mediaType: 'text/plain', size: 5, at: '2026-01-31T09:30:00.000Z' }

test('what is stored says its number and its copies; a node that leaves with the only copy is incomplete', () => {
  const stored = { ...version, address: 'ucxl://a:b@c:d/*~2/x', status: 'updated', leaving: true, replicas: { wanted: 3, confirmed: 1 } }
  assert.equal(render('context.put', stored, style), "ucxl://a:b@c:d/*~2/x updated · 5 bytes · 1 of 3 copies so far, this node's\nbafk")
  assert.equal(isIncomplete('context.put', stored), true)
  const copied = { ...stored, replicas: { wanted: 3, confirmed: 3 } }
  assert.equal(render('context.put', copied, style), "ucxl://a:b@c:d/*~2/x updated · 5 bytes · 3 copies, this node's among them\nbafk")
  const partly = { ...stored, replicas: { wanted: 9, confirmed: 2 } }
  assert.match(render('context.put', partly, style), / · 2 of 9 copies so far, this node's among them\n/)
  assert.equal(isIncomplete('context.put', copied), false)
  assert.equal(isIncomplete('context.put', { ...stored, leaving: false }), false)
  const deleted = { ...stored, cid: null, status: 'deleted', replicas: { wanted: 1, confirmed: 1 } }
  assert.equal(render('context.delete', deleted, style), 'ucxl://a:b@c:d/*~2/x deleted')
})

test('lists have a line for each, versions with the moment that `--at` takes, say what was deleted or contested, and where they go on', () => {
  const items = [
    { ...version, isContested: true, writer: '12D3' },
    { ...version, version: 1, cid: null },
  ]
  const shown = render('context.versions', { items, cursor: '1' }, style)
  assert.match(
    shown,
    /^ucxl:\/\/a:b@c:d\/x\n {2}\*~2 {5}2026-01-31T09:30:00\.000Z · 5 bytes · text\/plain · contested, by 12D3\n {2}\*~1 .* · deleted\n→ more with --cursor '1'$/,
  )
  const found = render(
    'context.discover',
    { items: [{ resource: version.resource, first: 1, last: 2, newest: version }], cursor: null },
    style,
  )
  assert.match(found, /^ucxl:\/\/a:b@c:d\/x\n {2}2 versions · .* · 5 bytes · text\/plain$/)
  assert.equal(render('context.query', { items: [], cursor: null }, style), 'nothing is known that this means')
})

test('what is sealed says who opens it and who cannot yet, and in lists for whom it is', () => {
  const sealed = { recipients: 2, unreachable: ['12D3KooWEve'] }
  const stored = { ...version, address: version.resource, status: 'created', leaving: false, replicas: { wanted: 1, confirmed: 1 }, sealed }
  assert.equal(
    render('context.put', stored, style),
    "ucxl://a:b@c:d/x created · 5 bytes · 1 copy, this node's\nsealed, opened by 2 nodes · not yet by 12D3KooWEve, which has no key for it\nbafk",
  )
  const items = [{ ...version, mediaType: 'application/vnd.age', metadata: { 'sealed-for': 'role:backend @bob' } }]
  assert.match(render('context.versions', { items, cursor: null }, style), / · 5 bytes · sealed for role:backend, @bob$/)
})

test('a re-sealing says what it wrote and what it could not, which is a failure', () => {
  const resealed = [{ resource: 'ucxl://a:b@c:d/x', version: 3, recipients: 1 }]
  const whole = { resealed, current: 2, failed: [] }
  assert.equal(render('context.reseal', whole, style), 'ucxl://a:b@c:d/x *~3 · opened by 1 node\n2 resources sealed as before')
  assert.equal(isIncomplete('context.reseal', whole), false)
  const partly = { resealed: [], current: 0, failed: [{ resource: 'ucxl://a:b@c:d/y', reason: 'lost' }] }
  assert.equal(render('context.reseal', partly, style), 'not sealed anew ucxl://a:b@c:d/y: lost')
  assert.equal(isIncomplete('context.reseal', partly), true)
  assert.equal(render('context.reseal', { resealed: [], current: 0, failed: [] }, style), 'nothing here is sealed')
})

test('a step, an announcement, a file and events are told in sentences that say how to go on', () => {
  const address = 'ucxl://a:b@c:d/*~2/x'
  const row = { ...version, address, size: 1 }
  const said = `${address} · 2026-01-31 09:30 UTC · 1 byte · text/plain`
  assert.equal(
    render('context.navigate', { ...row, session: 's-1', first: 1, last: 3, steps: [] }, style),
    `${said} · of *~1 to *~3\n→ go on from there with --session s-1`,
  )
  const announced = { ...row, status: 'announced', provider: '12D3', expires: '2026-01-31T10:30:00.000Z' }
  assert.equal(
    render('context.announce', announced, style),
    `${address} announced · until 2026-01-31 10:30 UTC, and again in time while this node runs`,
  )
  assert.equal(
    render('context.get', { ...row, out: '/tmp/x' }, style),
    `${address} is in /tmp/x · 2026-01-31 09:30 UTC · 1 byte · text/plain`,
  )
  assert.equal(render('context.watch', { items: [{ ...row, event: 'stored' }], after: 7 }, style), `stored ${said}\n-- after 7`)
  assert.equal(render('context.watch', { items: [], after: 0 }, style), '-- after 0')
})
