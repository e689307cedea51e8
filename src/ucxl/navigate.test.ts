import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Temporal } from './address.ts'
import { formatInstant, parseInstant } from './instant.ts'
import { findVersionAt, navigate } from './navigate.ts'
import { parseTemporal } from './parse-temporal.ts'
import { moveSession, newSession } from './session.ts'

interface Single {
  readonly versions?: number
  readonly first?: number
  readonly reference?: number
  readonly created?: readonly string[]
  readonly temporal: string
  readonly version?: number
  readonly error?: string
  readonly min?: number
  readonly max?: number
}

interface Session {
  readonly versions: number
  readonly first: number
  readonly session: readonly string[]
  readonly positions: readonly number[]
  readonly succeeded: readonly boolean[]
}

const vectors = JSON.parse(readFileSync(new URL('../../test/vectors/ucxl-navigate.json', import.meta.url), 'utf8')) as {
  readonly single: readonly Single[]
  readonly sessions: readonly Session[]
}

function temporalOf(text: string): Temporal {
  const temporal = parseTemporal(text)
  return 'kind' in temporal ? temporal : assert.fail(temporal.expected)
}

for (const vector of vectors.single) {
  test(`${JSON.stringify(vector)} is what navigation gives`, () => {
    const created = (vector.created ?? []).map((text) => Date.parse(text))
    const last = vector.versions ?? created.length
    const answer = navigate(temporalOf(vector.temporal), {
      first: vector.first ?? 1,
      last,
      reference: vector.reference ?? last,
      versionAt: (at) => findVersionAt(created, at),
    })
    if (vector.version !== undefined) assert.deepEqual(answer, { outcome: 'found', version: vector.version })
    else if (vector.error === 'notFound') assert.deepEqual(answer, { outcome: 'notFound' })
    else
      assert.deepEqual(
        [answer.outcome, 'min' in answer && answer.min, 'max' in answer && answer.max],
        ['outOfBounds', vector.min, vector.max],
      )
  })
}

for (const { versions, first, session: moves, positions, succeeded } of vectors.sessions) {
  test(`a session that moves by ${moves.join(', ')} stands at ${positions.join(', ')}`, () => {
    const history = { first, last: versions, versionAt: () => undefined }
    let session = newSession
    for (const [index, move] of moves.entries()) {
      const moved = moveSession(session, { temporal: temporalOf(move), history, at: index, maxSteps: 10 })
      session = moved.session
      assert.equal(session.position, positions[index])
      assert.equal(moved.navigation.outcome === 'found', succeeded[index])
    }
    assert.deepEqual(
      session.steps.map((step) => step.succeeded),
      succeeded,
    )
    assert.deepEqual(session.steps.at(-1)?.error, succeeded.at(-1) === true ? undefined : 'outOfBounds')
  })
}

test('an answer out of bounds says what was asked for', () => {
  const history = { first: 4, last: 10, reference: 5, versionAt: () => undefined }
  assert.deepEqual(navigate({ kind: 'backward', steps: 2 }, history), { outcome: 'outOfBounds', requested: 3, min: 4, max: 10 })
})

test('a version that retention dropped is not found by its time', () => {
  const history = { first: 3, last: 4, reference: 4, versionAt: () => 2 }
  assert.deepEqual(navigate({ kind: 'instant', at: 0 }, history), { outcome: 'notFound' })
})

test('a session remembers its newest steps and stands nowhere after only failed ones', () => {
  const history = { first: 1, last: 2, versionAt: () => undefined }
  let session = newSession
  for (const at of [1, 2, 3]) session = moveSession(session, { temporal: { kind: 'forward', steps: 1 }, history, at, maxSteps: 2 }).session
  assert.equal(session.position, undefined)
  assert.deepEqual(
    session.steps.map(({ at, from, to, operation, succeeded }) => [at, from, to, operation, succeeded]),
    [
      [2, 2, 2, '^^1', false],
      [3, 2, 2, '^^1', false],
    ],
  )
})

test('the version at a moment is the last one not created after it', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000)), fc.nat(1000), fc.integer({ min: 1, max: 9 }), (times, at, first) => {
      const created = times.toSorted((a, b) => a - b)
      const newest = created.findLastIndex((time) => time <= at)
      assert.equal(findVersionAt(created, at, first), newest < 0 ? undefined : first + newest)
    }),
  )
})

test('an instant is read as the calendar says, to the millisecond', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(-62_167_219_200_000), max: new Date(253_402_300_799_999), noInvalidDate: true }), (date) => {
      assert.equal(parseInstant(formatInstant(date.getTime())), date.getTime())
    }),
  )
  assert.equal(parseInstant('2024-02-29T23:59:59.9999'), Date.parse('2024-02-29T23:59:59.999Z'))
  assert.equal(parseInstant('2024-02-29T23:59:59.9-00:30'), Date.parse('2024-03-01T00:29:59.900Z'))
})
