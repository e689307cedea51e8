import assert from 'node:assert/strict'
import { test } from 'node:test'
import { githubGraphql, judgeGraphql } from './described-graphql.ts'

const { documents, inputs } = githubGraphql
const [old, next] = ['0'.repeat(40), 'a'.repeat(40)]
const update = { name: 'refs/heads/one', beforeOid: old, afterOid: next, force: true }

test('the mutation hands each variable to a field of the type that GitHub publishes', () => {
  assert.deepEqual(inputs['UpdateRefsInput'], { clientMutationId: 'String', refUpdates: '[RefUpdate!]!', repositoryId: 'ID!' })
  for (const [field, variable] of [
    ['repositoryId', 'repository'],
    ['refUpdates', 'updates'],
  ] as const) {
    assert.ok(documents.moveRefs.includes(`$${variable}: ${inputs['UpdateRefsInput'][field] ?? ''}`))
    assert.ok(documents.moveRefs.includes(`${field}: $${variable}`))
  }
})

test('a question is as published to the last field, or it is told what of it is not', () => {
  const move = (updates: readonly object[]) => ({
    query: documents.moveRefs,
    variables: JSON.parse(JSON.stringify({ repository: 'R_1', updates })),
  })
  assert.deepEqual(judgeGraphql(move([update, { name: 'refs/tags/a', afterOid: next }])), [])
  for (const [question, words] of [
    [{ query: `${documents.moveRefs} ` }, /no document that is known/],
    [{ query: documents.findRepository, variables: { owner: 'team' } }, /variables.name is missing/],
    [{ ...move([update]), operationName: 'a' }, /a question has no operationName/],
    [move([{ ...update, oldOid: old }]), /updates\[0\] has no oldOid/],
    [move([{ ...update, name: 'main' }]), /is "main", and should be GitRefname/],
    [move([{ ...update, afterOid: 'a' }]), /should be GitObjectID/],
    [move([{ ...update, afterOid: undefined }]), /afterOid is missing/],
    [move([{ ...update, force: 'yes' }]), /should be Boolean/],
  ] as const)
    assert.match(judgeGraphql(question).join(), words)
})
