import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { parseProjectId } from '../task.ts'
import { fixtureDialects } from '../testing/forge-stand.ts'
import { openFixture } from '../testing/fixture-forge.ts'
import { testToken } from '../testing/test-names.ts'
import { createForges } from './create-forge.ts'
import { unsharedPauses } from './shared-pauses.ts'

const { signal } = new AbortController()

for (const kind of ['github', 'gitea', 'gitlab'] as const)
  test(`F20 ${kind}: projects of one forge share what it allows: after it refused one, nothing is sent for another`, async (t) => {
    const fixture = await openFixture(t, fixtureDialects[kind])
    const clock = createVirtualClock({ startsAt: fixture.state.now })
    const open = createForges(
      { clock, fetch, findToken: async () => testToken, accessLog: { note: () => {} } },
      { timeoutMs: 30_000, maxAnswerBytes: 4_194_304, allowsPlainHttp: false, writeGapMs: 0, maxPauseMs: 0 },
    )
    const openOne = (name: string) => {
      const id = parseProjectId(`forge.example/team/${name}`) ?? assert.fail()
      return open({ id, url: `${fixture.origin}/team/${name}.git`, forge: kind, base: 'main' }, unsharedPauses)
    }
    const [shop, store] = [await openOne('shop'), await openOne('store')]
    fixture.mischief = () => ({ status: 429, headers: { 'retry-after': '60' } })
    await assert.rejects(shop.issue(1, { signal }), { code: 'FORGE_LIMITED' })
    assert.equal(fixture.seen.length, 1)
    await clock.advance(59_000)
    await assert.rejects(store.issue(1, { signal }), { code: 'FORGE_LIMITED' })
    await assert.rejects(store.setOpen(1, false, { signal }), { code: 'FORGE_LIMITED' })
    assert.equal(fixture.seen.length, 1)
    await clock.advance(1_000)
    await assert.rejects(store.issue(1, { signal }), { code: 'FORGE_LIMITED' })
    assert.equal(fixture.seen.length, 2)
  })
