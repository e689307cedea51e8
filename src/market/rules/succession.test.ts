import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnerId } from '../../identity/keys.ts'
import { ownerOf } from '../testing/stand.ts'
import { findSuccessors, maxOwners } from './succession.ts'

const [ada, bob, cy, eve] = ['ada', 'bob', 'cy', 'eve'].map(ownerOf) as [OwnerId, OwnerId, OwnerId, OwnerId]

test('an owner stands for the last of its heirs who released the package, and else for itself', () => {
  const heirs = new Map([
    [ada, [bob, cy]],
    [bob, [cy]],
  ])
  const successors = findSuccessors([ada, bob, eve], (owner) => heirs.get(owner) ?? [])
  assert.deepEqual(
    [...successors],
    [
      [ada, bob],
      [bob, bob],
      [eve, eve],
    ],
  )
})

test('of a package that was handed back the first owner is the last', () => {
  const heirs = new Map([
    [ada, [bob, ada]],
    [bob, [ada]],
  ])
  assert.deepEqual([...findSuccessors([ada, bob], (owner) => heirs.get(owner) ?? []).values()], [ada, ada])
})

test('S5: of a name that very many owners have nobody is followed', () => {
  const many = Array.from({ length: maxOwners + 1 }, (_, index) => `z6Mk${index}` as OwnerId)
  assert.deepEqual([...findSuccessors(many, () => assert.fail()).values()], many)
})
