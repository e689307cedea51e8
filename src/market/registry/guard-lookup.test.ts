import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { test } from 'node:test'
import { guardLookup } from './guard-lookup.ts'
import { isPublicAddress } from './rules/judge-address.ts'

/** A name whose owner gives another answer each time. */
function openName(...answers: readonly (readonly string[])[]) {
  let asked = 0
  const lookup = guardLookup(
    (_hostname, _options, callback) => {
      const found = (answers[asked] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      asked += 1
      callback(null, found)
    },
    isPublicAddress,
    (hostname) => new Error(`${hostname} leads into a private network`),
  )
  const resolve = (all: boolean) =>
    new Promise<string | readonly LookupAddress[]>((give, fail) => {
      lookup('evil.example', { all }, (error, address) => (error === null ? give(address) : fail(error)))
    })
  return { resolve, asked: () => asked }
}

test('S18: the addresses that were judged are those that are dialled, looked up once for a connection', async () => {
  const { resolve, asked } = openName(['1.1.1.1', '10.0.0.1', '2606:4700::1111', '::1'], ['1.1.1.1'])
  assert.deepEqual(await resolve(true), [
    { address: '1.1.1.1', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ])
  assert.equal(asked(), 1)
  assert.equal(await resolve(false), '1.1.1.1')
})

test('S18: a name that leads elsewhere the next time is judged anew, and one that leads nowhere public is not connected to', async () => {
  const { resolve } = openName(['1.1.1.1'], ['169.254.169.254'], ['127.0.0.1', '::ffff:127.0.0.1'])
  assert.equal(await resolve(false), '1.1.1.1')
  for (const all of [true, false]) await assert.rejects(resolve(all), /evil\.example leads into a private network/)
})

test('a name that is none is said as the resolver says it', async () => {
  const lookup = guardLookup(
    (_hostname, _options, callback) => callback(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }), []),
    () => true,
    () => new Error('refused'),
  )
  await assert.rejects(
    new Promise((give, fail) => lookup('nobody.example', { all: true }, (error) => (error === null ? give(undefined) : fail(error)))),
    { code: 'ENOTFOUND' },
  )
})
