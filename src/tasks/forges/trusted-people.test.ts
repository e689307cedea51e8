import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { TrustedPeople } from './trusted-people.ts'

const waiting = { signal: new AbortController().signal }

function openPeople(...names: readonly string[]) {
  const clock = createVirtualClock({ startsAt: 0 })
  const forge = { names, asked: 0 }
  const read = async (): Promise<ReadonlySet<string>> => {
    forge.asked += 1
    return new Set(forge.names)
  }
  return { clock, forge, people: new TrustedPeople({ clock, read }) }
}

test('a forge is asked once in half a minute who is trusted, and not at all for nobody', async () => {
  const { clock, forge, people } = openPeople('ada', 'bob')
  await people.among([], waiting)
  assert.equal(forge.asked, 0)
  for (const names of [['ada'], ['bob', 'ada'], []]) await people.among(names, waiting)
  await clock.advance(29_999)
  assert.equal((await people.among(['bob'], waiting)).has('bob'), true)
  assert.equal(forge.asked, 1)
})

test('who lost his rights is believed for half a minute at most, and who got them at once', async () => {
  const { clock, forge, people } = openPeople('ada', 'bob')
  await people.among(['ada'], waiting)
  forge.names = ['ada', 'cy']
  assert.equal((await people.among(['cy'], waiting)).has('cy'), true)
  assert.equal((await people.among(['bob'], waiting)).has('bob'), false)
  forge.names = ['cy']
  assert.equal((await people.among(['ada'], waiting)).has('ada'), true)
  await clock.advance(30_000)
  assert.equal((await people.among(['ada'], waiting)).has('ada'), false)
})
