import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStyle } from '../screen.ts'
import { render } from './render.ts'

const style = createStyle({ isTerminal: false, columns: 80, write: () => {} }, { isColorOff: true })
const quiet = {
  resources: 1,
  versions: 3,
  deleted: 0,
  contested: 0,
  sessions: 0,
  agents: [],
  copies: null,
  announced: { own: 0, known: 0 },
  resolver: null,
  seals: { epoch: null, keys: 0, oldestMs: null, unreachable: 0, sealed: 0, outdated: 0 },
}

test('the status of context says in words what there is, and nothing of what is not', () => {
  assert.equal(
    render('context.status', quiet, style),
    '1 piece of context · 3 versions\nthis node writes as nobody yet: `althing node certify --agent NAME`',
  )
})

test('the status of context says what lacks copies, what is sealed to old keys, and who cannot open it', () => {
  const busy = {
    ...quiet,
    deleted: 2,
    contested: 1,
    sessions: 1,
    agents: ['ada-claude', 'ada-two'],
    copies: { target: 3, members: 5, below: 1, scarce: [{ cid: 'bafk', size: 2048, wanted: 3, holders: ['12D3a'] }], isChecking: true },
    announced: { own: 1, known: 2 },
    resolver: { asked: 4, cached: 1, told: 3, missed: 1, refused: 0, remembered: 3 },
    seals: { epoch: 1, keys: 2, oldestMs: 300_000, unreachable: 2, sealed: 1, outdated: 1 },
  }
  assert.deepEqual(render('context.status', busy, style).split('\n'), [
    '1 piece of context · 3 versions · 2 deleted · 1 contested · 1 walk',
    'this node writes as ada-claude, ada-two',
    '3 copies of each wanted, 5 nodes about · 1 piece with fewer so far; still looking',
    '  bafk · 2.0 KiB · 1 of 3 copies: 12D3a',
    '1 piece sealed · 1 to be sealed anew: `althing context reseal --all` · keys of 2 nodes, the oldest 5 min · 2 unreachable: no key of theirs is known',
    '1 piece announced by this node, 2 announcements known',
    'members were asked 4 times: 3 told, 1 known to nobody, 0 answers refused',
  ])
})
