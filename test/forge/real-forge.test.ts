import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFixture } from '../../src/tasks/testing/fixture-forge.ts'
import { fixtureDialects } from '../../src/tasks/testing/forge-stand.ts'
import { testToken } from '../../src/tasks/testing/test-names.ts'
import { openWired } from './real-forge.ts'

test('changes that are sent to a real forge with a gap between two of them come to their end', async (t) => {
  const { signal } = t
  const fixture = await openFixture(t, fixtureDialects.github)
  const { number } = fixture.state.addIssue()
  const at = { kind: 'github', url: `${fixture.origin}/team/shop.git`, token: testToken } as const
  const { forge } = await openWired(at, { writeGapMs: 20 })
  for (const isOpen of [false, true, false]) await forge.setOpen(number, isOpen, { signal })
  assert.equal(fixture.state.issues.get(number)?.isOpen, false)
})
