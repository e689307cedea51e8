import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { deflateSync } from 'node:zlib'
import { systemClock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import { makeRepository, runGit, serveHttp, testPrograms } from '../testing/git-server.ts'
import { parseParents } from './commit.ts'
import { createRemote } from './create-remote.ts'
import { applyDelta } from './delta.ts'
import { parsePack } from './pack-reader.ts'
import { appendToPack, formatPack } from './pack-writer.ts'
import type { GitCredentials, GitRemote, RemoteOptions } from './remote.ts'

const signal = AbortSignal.timeout(60_000)
const defaults: RemoteOptions = { timeoutMs: 20_000, maxAnswerBytes: 100_000, allowsPlainHttp: false }
const login = { username: 'ada', password: 'hunter2' }

function open(address: string, options: Partial<RemoteOptions> = {}, proof?: GitCredentials): GitRemote {
  return createRemote(
    address,
    { clock: systemClock, programs: testPrograms, credentials: () => Promise.resolve(proof) },
    { ...defaults, ...options },
  )
}

async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop.git`
}

function is(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Fault, String(error))
    assert.equal(error.code, code, error.message)
    assert.ok(!error.message.includes('hunter2') && !JSON.stringify(error.data).includes('hunter2'))
    return true
  }
}

const list = (remote: GitRemote): Promise<unknown> => remote.listRefs(['refs/'], { signal })

test('S18: a redirect is not followed, nothing is sent to where it leads, and the fault names the place', async (t) => {
  const reached: string[] = []
  const elsewhere = await serve(t, (request, response) => {
    reached.push(request.url ?? '')
    response.end()
  })
  const address = await serve(t, (_, response) => void response.writeHead(301, { location: `${elsewhere}?token=hunter2` }).end())
  await assert.rejects(list(open(address, {}, login)), is('REMOTE_MOVED'))
  assert.deepEqual(reached, [])
})

test('S28: credentials are not sent over http to another machine, and no fault shows them', async () => {
  await assert.rejects(list(open('http://192.0.2.1/shop.git', {}, login)), is('REMOTE_DENIED'))
})

test('who shows no credentials, or wrong ones, is denied; right ones are asked for anew at each request', async (t) => {
  const address = await serveHttp(t, await makeRepository(t), { login })
  await assert.rejects(list(open(address)), is('REMOTE_DENIED'))
  await assert.rejects(list(open(address, {}, { ...login, password: 'hunter2?' })), is('REMOTE_DENIED'))
  assert.deepEqual([...((await list(open(address, {}, login))) as Map<string, string>).keys()], ['refs/heads/main'])
})

for (const [what, code, answer] of [
  ['a page of the web', 'REMOTE_PROTOCOL', (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
  ['a failure', 'REMOTE_UNREACHABLE', (_, response) => void response.writeHead(503).end()],
  ['no such repository', 'REMOTE_MISSING', (_, response) => void response.writeHead(404).end()],
  ['a packet of no length', 'REMOTE_PROTOCOL', (request, response) => void advertise(request.url, response).end('zzzz')],
  ['half a packet', 'REMOTE_UNREACHABLE', (request, response) => void advertise(request.url, response).end('00ff# serv')],
  [
    'a list without an end',
    'REMOTE_PROTOCOL',
    (request, response) => void advertise(request.url, response).end('001e# service=git-upload-pack\n'),
  ],
  [
    'more than is read',
    'REMOTE_PROTOCOL',
    (request, response) => void advertise(request.url, response).end('0ffe'.padEnd(0xffe, 'x').repeat(40)),
  ],
  [
    'a sha256 repository',
    'REMOTE_UNSUPPORTED',
    (request, response) => void advertise(request.url, response).end('000eversion 2\n0019object-format=sha256\n0000'),
  ],
] satisfies readonly (readonly [string, string, RequestListener])[]) {
  test(`an answer that is ${what} is ${code}`, async (t) => {
    await assert.rejects(list(open(await serve(t, answer))), is(code))
  })
}

function advertise(url: string | undefined, response: Parameters<RequestListener>[1]): typeof response {
  const service = new URL(url ?? '/', 'http://localhost').searchParams.get('service')
  return response.writeHead(200, { 'content-type': `application/x-${service}-advertisement` })
}

test('a server that never answers is given up after the time of one request', async (t) => {
  const address = await serve(t, () => {})
  await assert.rejects(list(open(address, { timeoutMs: 50 })), is('REMOTE_TIMEOUT'))
})

test('a folder that is no repository is missing, and git says why', async () => {
  await assert.rejects(
    list(open('/nonexistent/shop.git')),
    (error) => is('REMOTE_MISSING')(error) && /not appear to be a git repository/.test(String(error)),
  )
})

test('a push whose report is cut off has an unknown outcome', async (t) => {
  const bare = await makeRepository(t)
  const address = await serveHttp(t, bare, {
    before: (request, response) => {
      if (request.method !== 'POST') return true
      response.writeHead(200, { 'content-type': 'application/x-git-receive-pack-result' }).end('000eunpack ok\n')
      return false
    },
  })
  const update = { ref: 'refs/althing/x', old: undefined, new: undefined }
  await assert.rejects(open(address).push({ updates: [update], objects: [], isAtomic: false }, { signal }), is('REMOTE_UNREACHABLE'))
})

test('a pack of git itself, with deltas, is read as git reads it, and one with objects added is taken by git', async (t) => {
  const bare = await makeRepository(t)
  const long = Array.from({ length: 200 }, (_, line) => `line ${line} of a message that is long enough to be worth a delta`).join('\n')
  const tree = await runGit(bare, 'rev-parse', 'main^{tree}')
  for (const text of [`${long}\n1`, `${long}\n2`, `${long}\n3`]) {
    const id = await runGit(bare, 'commit-tree', '-m', text, '-p', 'main', tree)
    await runGit(bare, 'update-ref', 'refs/heads/main', id)
  }
  await runGit(bare, 'repack', '-adfq', '--depth=5', '--window=5')
  const remote = open(bare)
  const want = (await remote.listRefs(['refs/heads/'], { signal })).get('refs/heads/main')
  assert.ok(want !== undefined)
  const { commits } = await remote.fetchCommits({ want: [want], have: [] }, { signal })
  assert.equal(commits.size, 4)
  assert.equal(Buffer.from(commits.get(want) ?? []).toString(), `${await runGit(bare, 'cat-file', 'commit', want)}\n`)
})

test('S13, S30: a pack that lies about lengths, counts, bases or sums is refused before it is inflated', () => {
  const limits = { maxObjects: 10, maxObjectBytes: 1_000, maxInflatedBytes: 10_000 }
  const entry = (head: readonly number[], ...parts: readonly Uint8Array[]): Uint8Array =>
    seal([Buffer.from('PACK\0\0\0\u0002\0\0\0\u0001', 'latin1'), Uint8Array.from(head), ...parts])
  const bomb = deflateSync(Buffer.alloc(10_000_000))
  const packs = [
    new Uint8Array(40),
    entry([0x15], bomb),
    entry([0x9f, 0xff, 0x7f], bomb),
    entry([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    entry([0x15], Buffer.from('not deflated')),
    entry([0x15], deflateSync(Buffer.from('four'))),
    entry([0x65, 0x7f], deflateSync(Buffer.from('delta'))),
    entry([0x75], new Uint8Array(20), deflateSync(Buffer.from('delta'))),
    entry([0x55], deflateSync(Buffer.from('type5'))),
    seal([Buffer.from('PACK\0\0\0\u0002\0\0\u0001\u0000', 'latin1')]),
    formatPack([{ type: 'blob', bytes: new Uint8Array(2) }]).toReversed(),
  ]
  for (const [index, pack] of packs.entries()) assert.throws(() => parsePack(pack, limits), is('REMOTE_PROTOCOL'), `pack ${index}`)
})

function seal(parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts)
  return new Uint8Array(Buffer.concat([body, createHash('sha1').update(body).digest()]))
}

test('S30: a pack of a few bytes that stands for more than is taken is refused before all of it is inflated', () => {
  const limits = { maxObjects: 10, maxObjectBytes: 1_000, maxInflatedBytes: 3_000 }
  const blobs = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ type: 'blob', bytes: new Uint8Array(999).fill(index) }) as const)
  assert.equal(parsePack(formatPack(blobs(3)), limits).size, 3)
  assert.throws(() => parsePack(formatPack(blobs(4)), limits), is('REMOTE_PROTOCOL'))
  // a blob of 900 bytes, and deltas of ten that each make as much of it
  const base = Buffer.alloc(900)
  const delta = deflateSync(Uint8Array.of(0x84, 0x07, 0x84, 0x07, 0xb0, 0x84, 0x03))
  const packed = deflateSync(base)
  const deltas = (count: number): Uint8Array => {
    const parts: Uint8Array[] = [Buffer.from('PACK\0\0\0\u0002\0\0\0', 'latin1'), Uint8Array.of(count + 1, 0xb4, 0x38), packed]
    for (let index = 0; index < count; index++) {
      const distance = 2 + packed.byteLength + index * (2 + delta.byteLength)
      assert.ok(distance < 128)
      parts.push(Uint8Array.of(0x67, distance), delta)
    }
    return seal(parts)
  }
  assert.equal(parsePack(deltas(2), limits).size, 1)
  assert.throws(() => parsePack(deltas(3), limits), is('REMOTE_PROTOCOL'))
})

test('of a commit longer than any claim the name and the parents are kept, also where it is no UTF-8, and of what is no commit the name', async (t) => {
  const bare = await makeRepository(t)
  const tree = await runGit(bare, 'rev-parse', 'main^{tree}')
  const main = await runGit(bare, 'rev-parse', 'main')
  const long = await runGit(bare, 'commit-tree', '-m', 'x'.repeat(20_000), '-p', main, tree)
  const child = await runGit(bare, 'commit-tree', '-m', 'short', '-p', long, tree)
  await runGit(bare, 'update-ref', 'refs/althing/claims/issue-1', child)
  await runGit(bare, 'update-ref', 'refs/althing/claims/issue-2', tree)
  const remote = open(bare)
  const refs = await remote.listRefs(['refs/althing/'], { signal })
  const { commits, others } = await remote.fetchCommits({ want: [...refs.values()], have: [] }, { signal })
  assert.deepEqual([...commits.keys()].toSorted(), [child, main].toSorted())
  const [parentsOfLong, parentsOfTree] = [long, tree].map((name) => [...others].find(([id]) => id === name)?.[1])
  assert.deepEqual([parentsOfLong, parentsOfTree], [[main], 'no commit'])
  assert.deepEqual(parseParents(Buffer.concat([Buffer.from(`tree ${tree}\nparent ${main}\n\n`), Uint8Array.of(0xff)])), [main])
})

test('a delta that reaches outside of its base, or makes more than it says, is refused', () => {
  const base = Buffer.from('abcdef')
  const limits = { maxObjectBytes: 100 }
  assert.equal(Buffer.from(applyDelta(base, Uint8Array.of(6, 5, 0x91, 2, 3, 2, 0x78, 0x79), limits)).toString(), 'cdexy')
  for (const delta of [
    [5, 1, 1, 1],
    [6, 3, 0x91, 5, 3],
    [6, 1, 2, 1, 1],
    [6, 2, 1, 1],
    [6, 1, 0],
    [6, 127, 1, 1],
    [6, 0x80],
    [6, 4, 3, 1],
  ])
    assert.throws(() => applyDelta(base, Uint8Array.from(delta), limits), is('REMOTE_PROTOCOL'), delta.join())
})

test('what is no pack, or half of one, is not pushed', async () => {
  const whole = formatPack([{ type: 'blob', bytes: new Uint8Array(5) }])
  for (const bytes of [new Uint8Array(0), Buffer.from('nothing like a pack of git'), whole.subarray(0, 25)])
    await assert.rejects(async () => {
      for await (const _ of appendToPack(pieces(bytes), [])) continue
    }, /no pack of git|middle of its answer/)
})

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
