import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { ReceiveHook } from './hook-routes.ts'
import type { Answer, Question } from './ucxi/testing/open-ucxi.ts'
import { askUrl, errorOf, openUcxi } from './ucxi/testing/open-ucxi.ts'

type Reception = Awaited<ReturnType<ReceiveHook>>

/** A server whose webhooks are all taken as one says. */
async function openHooks(t: TestContext, reception: Reception) {
  const came: { readonly project: string; readonly signature: string | undefined; readonly body: string }[] = []
  const { url } = await openUcxi(t, {
    receiveHook: async (project, { header, body }) => {
      came.push({ project, signature: header('x-signature'), body: Buffer.from(body).toString() })
      return reception
    },
  })
  const send = (project: string, question: Question): Promise<Answer> =>
    askUrl(`${url}/hooks/${project}`, { method: 'POST', body: '{}', ...question })
  return { came, send, url }
}

test('F22: a webhook comes with its raw bytes, whatever type they are said to be, without a token and under any host', async (t) => {
  const { came, send } = await openHooks(t, 'heard')
  const spaced = '{ "action" :"opened",\n"text":"ü" }'
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'odd/type']) {
    const headers = { 'content-type': type, host: 'althing.example.org', 'x-signature': 'v1,x' }
    const { status, json } = await send('git.example.org:3000/team/shop', { headers, body: spaced })
    assert.deepEqual([status, json], [202, { status: 'heard' }])
  }
  assert.equal(came.length, 4)
  for (const one of came) assert.deepEqual(one, { project: 'git.example.org:3000/team/shop', signature: 'v1,x', body: spaced })
})

test('F22: a webhook that was heard before is good, and one that is refused is told what to do', async (t) => {
  const repeated = await openHooks(t, 'repeated')
  assert.equal((await repeated.send('x/shop', {})).status, 200)
  const refused = await openHooks(t, 'refused')
  const answer = await refused.send('x/shop', {})
  assert.equal(answer.status, 403)
  assert.equal(errorOf(answer)['code'], 'HOOK_REFUSED')
})

test('S31: a webhook longer than a body may be is refused before it is read', async (t) => {
  const { came, send } = await openHooks(t, 'heard')
  assert.equal((await send('x/shop', { body: 'a'.repeat(100_001) })).status, 413)
  assert.deepEqual(came, [])
})

test('S17: the address of webhooks opens no other door: all else asks for the token, and is read with POST alone', async (t) => {
  const { came, url } = await openHooks(t, 'heard')
  assert.equal((await askUrl(`${url}/hooks/x/shop`, {})).status, 401)
  assert.equal((await askUrl(`${url}/hooks`, { method: 'POST', body: '{}' })).status, 401)
  const through = await askUrl(`${url}/hooks/../v1/operations/p2p.status`, { method: 'POST', body: '{}' })
  assert.notEqual(through.status, 200)
  assert.ok(came.every(({ project }) => project === '../v1/operations/p2p.status'))
})
