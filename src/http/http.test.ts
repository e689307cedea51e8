import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { homePaths } from '../config/home.ts'
import { systemChance } from '../lib/chance.ts'
import { systemClock } from '../lib/clock.ts'
import { Fault } from '../lib/fault.ts'
import { silentLog } from '../lib/log.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Althing } from '../operations/node-api.ts'
import { connectNode } from './client.ts'
import type { HttpOptions, HttpServer } from './server.ts'
import { openHttpServer } from './server.ts'

const signal = new AbortController().signal

test('a call over the socket gives the output, with as much progress as a person reads and every notice on the way', async (t) => {
  const { paths } = await openTestServer(t, {
    'desk.copy': async (input, { report, hive }) => {
      report?.({ stage: 'copying', done: 0, total: 2, unit: 'items' })
      report?.({ stage: 'copying', done: 1, total: 2, unit: 'items' })
      report?.({ stage: 'to the desk of ada', done: 0, unit: 'items', isNotice: true })
      report?.({ stage: 'copying', done: 2, total: 2, unit: 'items' })
      return { input, hive: hive ?? null }
    },
  })
  const progress: unknown[] = []
  await using node = await connected(paths)
  const output = await node.call('desk.copy', { name: 'ada' }, { signal, hive: 'workbench', report: (step) => progress.push(step) })
  assert.deepEqual(output, { input: { name: 'ada' }, hive: 'workbench' })
  assert.deepEqual(progress, [
    { stage: 'copying', done: 0, total: 2, unit: 'items' },
    { stage: 'to the desk of ada', done: 0, unit: 'items', total: undefined, isNotice: true },
    { stage: 'copying', done: 2, total: 2, unit: 'items' },
  ])
})

test('a fault comes over the socket with code, kind and data, and a bug without its words', async (t) => {
  const { paths } = await openTestServer(t, {
    'desk.refuse': async () => {
      throw new Fault('DESK_FULL', 'conflict', { message: 'the desk is full', data: { places: 3 } })
    },
    'desk.break': async () => {
      throw new Error('the secret is 42')
    },
  })
  await using node = await connected(paths)
  await assert.rejects(node.call('desk.refuse', {}, { signal }), { code: 'DESK_FULL', kind: 'conflict', data: { places: 3 } })
  await assert.rejects(node.call('desk.break', {}, { signal }), (error) => {
    assert.ok(error instanceof Fault && error.code === 'NODE_INTERNAL')
    assert.doesNotMatch(error.message, /42/)
    return true
  })
})

test('hanging up aborts the call in the node', async (t) => {
  const aborted = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const { paths } = await openTestServer(t, {
    'desk.wait': async (_input, callOptions) => {
      callOptions.signal.addEventListener('abort', () => aborted.resolve())
      begun.resolve()
      await aborted.promise
      return {}
    },
  })
  const leaving = new AbortController()
  await using node = await connected(paths)
  const call = node.call('desk.wait', {}, { signal: leaving.signal })
  await begun.promise
  leaving.abort(new Error('ada left'))
  await assert.rejects(call, /ada left/)
  await aborted.promise
})

test('calls under way when the node ends are told so', async (t) => {
  const begun = Promise.withResolvers<void>()
  const { paths, server } = await openTestServer(t, {
    'desk.wait': async (_input, callOptions) => {
      begun.resolve()
      await once(callOptions.signal, 'abort')
      throw callOptions.signal.reason
    },
  })
  await using node = await connected(paths)
  const call = assert.rejects(node.call('desk.wait', {}, { signal }), { code: 'NODE_STOPPING' })
  await begun.promise
  await server[Symbol.asyncDispose]()
  await call
  assert.equal(await connectNode(paths), undefined)
})

test('the socket is for its user alone: 0600 in a folder with 0700', async (t) => {
  const { paths } = await openTestServer(t, {})
  assert.equal(lstatSync(paths.socketFolder).mode & 0o777, 0o700)
  assert.equal(lstatSync(paths.socket).mode & 0o777, 0o600)
})

test('a folder of the socket that others may enter is refused by server and client', async (t) => {
  const home = temporaryHome(t)
  mkdirSync(join(home, 'run'))
  chmodSync(join(home, 'run'), 0o755)
  await assert.rejects(openHttpServer(deps({}), options(home)), { code: 'SOCKET_UNSAFE' })
  await assert.rejects(connectNode(homePaths(home)), { code: 'SOCKET_UNSAFE' })
})

test('a folder of the socket that is a link to elsewhere is refused', async (t) => {
  const home = temporaryHome(t)
  const elsewhere = temporaryHome(t)
  symlinkSync(elsewhere, join(home, 'run'))
  await assert.rejects(openHttpServer(deps({}), options(home)), { code: 'SOCKET_UNSAFE' })
})

test('a home whose path is too long for a socket gets one in the temporary folder', (t) => {
  const long = join(temporaryHome(t), 'x'.repeat(120))
  assert.ok(Buffer.byteLength(homePaths(long).socket) <= 103)
  assert.notEqual(homePaths(long).socket, homePaths(`${long}y`).socket)
})

test('a socket that a killed node left behind is nobody, and the next node takes its place', async (t) => {
  const home = temporaryHome(t)
  const paths = homePaths(home)
  mkdirSync(paths.socketFolder, { mode: 0o700 })
  writeFileSync(paths.socket, '')
  assert.equal(await connectNode(paths), undefined)
  await using server = await openHttpServer(deps({ 'desk.ask': async () => 1 }), options(home))
  assert.equal(server.socket, paths.socket)
})

test('over TCP a call needs the token, health does not', async (t) => {
  const { url, token } = await openTestServer(t, { 'desk.ask': async () => ({ answer: 42 }) })
  assert.equal((await ask(url, {})).status, 401)
  assert.equal((await ask(url, { authorization: 'Bearer wrong' })).status, 401)
  assert.equal((await ask(url, { authorization: `Bearer ${token}x` })).status, 401)
  assert.deepEqual(await ask(url, { authorization: `Bearer ${token}` }), { status: 200, body: { output: { answer: 42 } } })
  assert.equal((await fetch(`${url}/health/live`)).status, 200)
  assert.equal((await fetch(`${url}/health/ready`)).status, 503)
})

test('S20, S28: the token is in a 0600 file and in no answer, header or error', async (t) => {
  const { url, token, paths } = await openTestServer(t, {})
  assert.equal(lstatSync(paths.token).mode & 0o777, 0o600)
  for (const headers of [{}, { authorization: `Bearer ${token.slice(0, -1)}` }, { authorization: `Bearer ${token}` }]) {
    const response = await fetch(`${url}/v1/operations/none?token=${token.slice(0, 3)}`, { method: 'POST', headers })
    assert.ok(!(await response.text()).includes(token))
    assert.ok(![...response.headers.values()].some((value) => value.includes(token)))
  }
})

test('a token file that others may read is refused', async (t) => {
  const home = temporaryHome(t)
  writeFileSync(join(home, 'http.token'), 'x'.repeat(43), { mode: 0o644 })
  await assert.rejects(openHttpServer(deps({}), options(home)), { code: 'TOKEN_UNSAFE' })
})

test('S17: a page of another origin, a rebound name and a form are refused even with the token', async (t) => {
  const { url, token } = await openTestServer(t, { 'desk.ask': async () => ({}) })
  const authorization = `Bearer ${token}`
  assert.equal((await ask(url, { authorization, host: 'evil.example:4801' })).status, 403)
  assert.equal((await ask(url, { authorization, host: '127.0.0.1.evil.example' })).status, 403)
  assert.equal((await ask(url, { authorization, origin: 'https://evil.example' })).status, 403)
  assert.equal((await ask(url, { authorization, origin: 'null' })).status, 403)
  assert.equal((await ask(url, { authorization, 'sec-fetch-site': 'cross-site' })).status, 403)
  assert.equal((await ask(url, { authorization, origin: url })).status, 200)
  assert.equal((await ask(url, { authorization, 'content-type': 'application/x-www-form-urlencoded' })).status, 415)
  assert.equal((await ask(url, { authorization, 'content-type': 'text/plain' })).status, 415)
})

test('S30: __proto__, bombs, cut and over-long JSON are refused with a typed fault and pollute nothing', async (t) => {
  const { url, token } = await openTestServer(t, { 'desk.ask': async () => ({}) })
  const authorization = `Bearer ${token}`
  const bodies: readonly (readonly [string, number])[] = [
    ['{"input": {"__proto__": {"isAdmin": true}}}', 400],
    ['{"input": {"constructor": {"prototype": {"isAdmin": true}}}}', 400],
    ['{"input": ', 400],
    ['[]', 400],
    ['"text"', 400],
    ['{"hive": 3}', 400],
    [`{"input": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 200],
    [`{"input": "${'x'.repeat(1_048_577)}"}`, 413],
  ]
  for (const [body, status] of bodies) {
    const answer = await ask(url, { authorization }, body)
    assert.equal(answer.status, status, body.slice(0, 60))
    if (status !== 200) assert.equal(answer.body['error'] !== undefined, true)
  }
  assert.equal(Object.hasOwn(Object.prototype, 'isAdmin'), false)
})

test('S31: a client that sends its head byte by byte is cut, and others are answered meanwhile', { timeout: 10_000 }, async (t) => {
  const { url, token } = await openTestServer(t, { 'desk.ask': async () => ({}) }, { headersTimeoutMs: 300, requestTimeoutMs: 60_000 })
  const slow = connect(Number(new URL(url).port), '127.0.0.1')
  slow.on('error', () => {})
  slow.write('POST /v1/operations/desk.ask HTTP/1.1\r\nHost: 127.0.0.1\r\n')
  const dripping = setInterval(() => slow.write('X-Slow: 1\r\n'), 100)
  t.after(() => clearInterval(dripping))
  assert.equal((await ask(url, { authorization: `Bearer ${token}` })).status, 200)
  slow.resume()
  await once(slow, 'close')
})

test('S31: a client that sends its body byte by byte is cut', { timeout: 10_000 }, async (t) => {
  const { url, token } = await openTestServer(t, { 'desk.ask': async () => ({}) }, { headersTimeoutMs: 300, requestTimeoutMs: 600 })
  const slow = connect(Number(new URL(url).port), '127.0.0.1')
  slow.on('error', () => {})
  slow.write('POST /v1/operations/desk.ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n')
  slow.write(`Authorization: Bearer ${token}\r\n\r\n`)
  const dripping = setInterval(() => slow.write(' '), 100)
  t.after(() => clearInterval(dripping))
  slow.resume()
  await once(slow, 'close')
})

test('S30: a body longer than the configuration allows is refused', async (t) => {
  const { url, token } = await openTestServer(t, { 'desk.ask': async () => ({}) }, { maxBodyBytes: 1_000 })
  const statusOf = async (length: number): Promise<number> =>
    (await ask(url, { authorization: `Bearer ${token}` }, '{"input": {}}'.padEnd(length))).status
  assert.deepEqual([await statusOf(1_000), await statusOf(1_001)], [200, 413])
})

test('S31: connections over the limit are not taken', { timeout: 3_000 }, async (t) => {
  const { url } = await openTestServer(t, {}, { maxConnections: 2 })
  const port = Number(new URL(url).port)
  const held = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  t.after(() => held.forEach((socket) => socket.destroy()))
  await Promise.all(held.map((socket) => once(socket, 'connect')))
  const third = connect(port, '127.0.0.1')
  third.on('error', () => {})
  third.resume()
  await once(third, 'close')
})

test('a taken port becomes an ephemeral one', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1')
  t.after(() => holder.close())
  await once(holder, 'listening')
  const address = holder.address()
  assert.ok(typeof address === 'object' && address !== null)
  const { url } = await openTestServer(t, {}, { port: address.port })
  assert.notEqual(Number(new URL(url).port), address.port)
})

test('an address that others can reach is refused', async (t) => {
  await assert.rejects(openHttpServer(deps({}), { ...options(temporaryHome(t)), address: '0.0.0.0' }), { code: 'ADDRESS_REFUSED' })
})

test('an idle keep-alive connection does not hold the end of the node', async (t) => {
  const { url, server } = await openTestServer(t, {})
  const idle = connect(Number(new URL(url).port), '127.0.0.1')
  idle.on('error', () => {})
  idle.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(idle, 'data')
  const startedAt = performance.now()
  await server[Symbol.asyncDispose]()
  assert.ok(performance.now() - startedAt < 2_000)
})

type Handlers = Readonly<
  Record<string, Althing['call'] extends (name: string, ...rest: infer Rest) => infer Answer ? (...rest: Rest) => Answer : never>
>

function deps(handlers: Handlers) {
  const node: Pick<Althing, 'call' | 'probe'> = {
    call: async (name, input, callOptions) => {
      const handler = handlers[name]
      if (handler === undefined) throw new Fault('OPERATION_UNKNOWN', 'missing', { message: `no ${name}` })
      return handler(input, callOptions)
    },
    probe: () => ({ isReady: false, parts: {} }),
  }
  const findContext = async (): Promise<never> => {
    throw new Fault('HIVE_UNKNOWN', 'missing', { message: 'no hive' })
  }
  return { node, findContext, clock: systemClock, chance: systemChance, log: silentLog }
}

function options(home: string): HttpOptions {
  const paths = homePaths(home)
  return {
    enabled: true,
    address: '127.0.0.1',
    port: 0,
    maxBodyBytes: 1_048_576,
    headersTimeoutMs: 10_000,
    requestTimeoutMs: 30_000,
    maxConnections: 256,
    socket: paths.socket,
    socketFolder: paths.socketFolder,
    tokenFile: paths.token,
    ucxi: {
      enabled: false,
      maxContentBytes: 0,
      maxJsonBytes: 0,
      requestsPerSecond: 0,
      maxSubscriptions: 0,
      keepAliveMs: 1_000,
      maxUnreadBytes: 0,
    },
  }
}

async function openTestServer(t: TestContext, handlers: Handlers, changes: Partial<HttpOptions> = {}) {
  const home = temporaryHome(t)
  const server: HttpServer = await openHttpServer(deps(handlers), { ...options(home), ...changes })
  t.after(() => server[Symbol.asyncDispose]())
  const paths = homePaths(home)
  return { server, paths, url: server.url ?? '', token: readFileSync(paths.token, 'utf8').trim() }
}

async function connected(paths: { readonly socket: string; readonly socketFolder: string }) {
  const node = await connectNode(paths)
  assert.ok(node !== undefined)
  return node
}

function temporaryHome(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'althing-http-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  return home
}

/** By node:http: fetch would not let a test lie about Host. */
async function ask(url: string, headers: Readonly<Record<string, string>>, body = '{}'): Promise<{ status: number; body: JsonObject }> {
  const sent = request(`${url}/v1/operations/desk.ask`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } })
  sent.end(body)
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: JsonObject }>()
  sent.on('error', reject)
  sent.on('response', (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (part: string) => (text += part))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as JsonObject }))
  })
  return promise
}
