import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listen } from '../testing/listen.ts'
import { requestFile } from './request-file.ts'

async function readFrom(url: string, isPrivate = true): Promise<string> {
  const request = { url, isPrivate, path: 'config.json', etag: undefined, modified: undefined, maxBytes: 100, stallTimeoutMs: 300 }
  const answer = await requestFile({ ...request, signal: new AbortController().signal })
  return answer.status === 'found' ? Buffer.concat(await Array.fromAsync(answer.body)).toString() : answer.status
}

test('F33: a registry that takes a question and says nothing is given up', async (t) => {
  const silent = await listen(t, () => {})
  await assert.rejects(readFrom(`http://127.0.0.1:${silent}`), { code: 'REGISTRY_UNREACHABLE', message: /silent for 300 ms/ })
})

test('S18: a redirect to where another registry is goes through no connection that was kept open to it', async (t) => {
  const paths: (string | undefined)[] = []
  const intranet = await listen(t, ({ url }, response) => {
    paths.push(url)
    response.end('secret')
  })
  const hostile = await listen(t, (_, response) => response.writeHead(302, { location: `http://localhost:${intranet}/admin` }).end())
  assert.equal(await readFrom(`http://localhost:${intranet}`), 'secret')
  await assert.rejects(readFrom(`http://127.0.0.1:${hostile}`), { code: 'REGISTRY_REFUSED', message: /leads into a private network/ })
  assert.deepEqual(paths, ['/config.json'])
})

test('S18: a name that was a public one when its registry was added leads into no private network later', async (t) => {
  let asked = 0
  const port = await listen(t, (_, response) => {
    asked += 1
    response.end('secret')
  })
  await assert.rejects(readFrom(`http://localhost:${port}`, false), {
    code: 'REGISTRY_REFUSED',
    message: /localhost leads into a private network/,
  })
  assert.equal(asked, 0)
  assert.equal(await readFrom(`http://localhost:${port}`), 'secret')
})
