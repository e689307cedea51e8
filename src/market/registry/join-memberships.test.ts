import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnerId } from '../../identity/keys.ts'
import type { MarketHive } from '../market.ts'
import { openStand, ownerOf } from '../testing/stand.ts'
import { joinMemberships } from './join-memberships.ts'

const [ada, bob, eve] = ['ada', 'bob', 'eve'].map(ownerOf) as [OwnerId, OwnerId, OwnerId]

test('S8: where two sources give one handle to different owners it means that of the first, and the other has none', async (t) => {
  const stand = await openStand('ada')
  t.after(() => stand[Symbol.asyncDispose]())
  const source = (handles: ReadonlyMap<OwnerId, string>): MarketHive => ({
    ...stand.deps.findHive(undefined),
    membership: {
      policy: 'closed',
      handleOf: (owner) => handles.get(owner),
      findOwner: (text) => [...handles].find(([, handle]) => handle === text)?.[0],
    },
  })
  const [hive, registry] = [
    source(new Map([[ada, 'ada']])),
    source(
      new Map([
        [eve, 'ada'],
        [bob, 'bob'],
      ]),
    ),
  ]
  const joined = joinMemberships(hive, [hive, registry])
  assert.deepEqual([joined.handleOf(ada), joined.handleOf(bob), joined.handleOf(eve)], ['ada', 'bob', undefined])
  assert.deepEqual([joined.findOwner('ada'), joined.findOwner('bob'), joined.findOwner('cy')], [ada, bob, undefined])
})
