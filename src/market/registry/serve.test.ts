import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Progress } from '../../operations/define-operation.ts'
import { openRegistryWorld } from '../testing/registry-world.ts'

test('serve says at once where it is, what it shows, for whom and how it ends; and at its end what it answered', async (t) => {
  const { ada, folder } = await openRegistryWorld(t)
  const ending = new AbortController()
  const said = Promise.withResolvers<Progress>()
  const serving = ada.handlers['registry.serve'](
    { folder, listen: '127.0.0.1:0' },
    { ...ada.context, signal: ending.signal, report: said.resolve },
  )
  const { stage, isNotice } = await said.promise
  const [, url = '', port = ''] = /at (http:\/\/127\.0\.0\.1:(\d+));/.exec(stage) ?? []
  assert.equal(isNotice, true)
  assert.equal(
    stage,
    `serving 1 package of the closed hive "workbench" from ${folder} at ${url}; Ctrl-C ends it\n` +
      `→ whoever wants them: althing registry add NAME ${url}; for this machine only, for others: --listen 0.0.0.0:${port}`,
  )
  assert.equal((await fetch(`${url}/config.json`)).status, 200)
  ending.abort()
  assert.deepEqual(await serving, { url, folder, requests: 1 })
})

test('S17: what is served to this machine alone is not told to a page whose name was bound to it anew', async (t) => {
  const world = await openRegistryWorld(t)
  const { url } = await world.serve()
  const ask = async (host: string): Promise<number | undefined> => {
    const asked = request(`${url}/config.json`, { headers: { host } }).end()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    answer.resume()
    return answer.statusCode
  }
  assert.deepEqual([await ask('rebound.example:4802'), await ask('127.0.0.1.example')], [421, 421])
  assert.deepEqual([await ask(new URL(url).host), await ask('localhost:1')], [200, 200])
})

test('a folder whose config is none is not served, nor one at an address that is none or taken', async (t) => {
  const { ada, folder, root, serve } = await openRegistryWorld(t)
  const begin = (path: string, listen: string) => ada.handlers['registry.serve']({ folder: path, listen }, ada.context)
  const taken = await serve()
  await assert.rejects(begin(folder, new URL(taken.url).host), { code: 'ADDRESS_TAKEN', message: /EADDRINUSE/ })
  for (const listen of ['localhost:80', '127.0.0.1', '127.0.0.1:65536', '127.0.0.1:', 'x'.repeat(80)])
    await assert.rejects(begin(folder, listen), { code: 'ADDRESS_TAKEN' }, listen)
  await assert.rejects(begin(root, '127.0.0.1:0'), { code: 'REGISTRY_INVALID', message: /it has no config\.json of one/ })
  await writeFile(join(folder, 'config.json'), '{"layout":"another"}')
  await assert.rejects(begin(folder, '127.0.0.1:0'), { code: 'REGISTRY_INVALID' })
  await writeFile(join(folder, 'config.json'), ' '.repeat(65_537))
  await assert.rejects(begin(folder, '127.0.0.1:0'), { code: 'REGISTRY_INVALID' })
})
