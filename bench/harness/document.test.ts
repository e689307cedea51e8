import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Document } from './document.ts'

test('members are read as what they are, also within each other', () => {
  const said = Document.parse(JSON.parse('{"ms": 1.5, "peer": "ada", "inner": {"count": 2}}'), 'ada')
  assert.equal(said.number('ms'), 1.5)
  assert.equal(said.text('peer'), 'ada')
  assert.equal(said.document('inner').number('count'), 2)
  assert.equal(said.has('ms'), true)
  assert.equal(said.has('constructor'), false)
})

test('a member of another type is refused with its name and the one who said it', () => {
  const said = Document.parse({ ms: '1.5' }, 'ada')
  assert.throws(() => said.number('ms'), /^Error: ada has "1\.5" as "ms", which is not a number$/)
  assert.throws(() => said.text('peer'), /ada has undefined as "peer", which is not a text/)
  assert.throws(() => said.document('inner'), /ada\.inner said undefined instead of an object/)
})

test('what is no object is refused', () => {
  for (const value of [null, 1, 'text', [1]]) assert.throws(() => Document.parse(value, 'ada'), /ada said .* instead of an object/)
})

test('a list of objects is given as documents, each named by its place', () => {
  const said = Document.parse({ members: [{ handle: 'ada' }], names: ['ada'] }, 'hive members')
  assert.deepEqual(
    said.documents('members').map((member) => member.text('handle')),
    ['ada'],
  )
  assert.throws(() => said.documents('names'), /hive members\.names\[0\] said "ada" instead of an object/)
  assert.throws(() => said.documents('absent'), /is not a list of objects/)
})
