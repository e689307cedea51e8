import assert from 'node:assert/strict'
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { sendBytes, takeBytes } from '../lib/byte-pipe.ts'
import { Fault } from '../lib/fault.ts'
import { createTestCli } from './testing/test-cli.ts'

const address = 'ucxl://ada:dev@shop:cart/*^/access.md'
const canary = 'canary-77aa-in-a-pipe'
const stored = { address, version: 1, status: 'created', cid: null, size: 1, replicas: { wanted: 1, confirmed: 1 }, leaving: false }

/** What lies in the folder of a pipe, in files that can be read. */
function lyingBeside(path: string): readonly string[] {
  const folder = dirname(path)
  const files = readdirSync(folder).filter((name) => lstatSync(join(folder, name)).isFile())
  return files.map((name) => readFileSync(join(folder, name), 'latin1'))
}

function fieldOf(input: unknown, name: string): string {
  assert.ok(typeof input === 'object' && input !== null && name in input)
  return String((input as Record<string, unknown>)[name])
}

test('S28: what comes by standard input and goes by standard output lies in no file that could be read', async (t) => {
  const seen: string[] = []
  const put = createTestCli(t, {
    input: canary,
    answer: async (input) => {
      const file = fieldOf(input, 'file')
      seen.push(...lyingBeside(file), Buffer.concat(await Array.fromAsync(takeBytes(file))).toString())
      return stored
    },
  })
  assert.equal(await put.run('context', 'put', address), 0)
  assert.deepEqual([seen.length, seen[0]?.length, seen[0]?.includes(canary), seen[1]], [2, canary.length, false, canary])
  let folder = ''
  const get = createTestCli(t, {
    answer: async (input) => {
      const out = fieldOf(input, 'out')
      await sendBytes(out, [Buffer.from(canary)])
      folder = dirname(out)
      assert.deepEqual(
        lyingBeside(out).map((text) => [text.length, text.includes(canary)]),
        [[canary.length, false]],
      )
      return {}
    },
  })
  assert.equal(await get.run('context', 'get', address), 0)
  assert.equal(get.stdout(), canary)
  assert.equal(existsSync(folder), false)
})

test('content of an instant is printed as it was, and beside it how far that is known', async (t) => {
  const knownUntil = '2026-01-31T09:40:00.000Z'
  const answer = async (input: unknown) => {
    await sendBytes(fieldOf(input, 'out'), [Buffer.from(canary)])
    return { knownUntil }
  }
  const instant = '2026-01-31T09:30:00Z'
  const ways = [[address, '--at', instant], [address.replace('*^', instant)]]
  for (const way of ways) {
    const cli = createTestCli(t, { answer })
    assert.equal(await cli.run('context', 'get', ...way), 0)
    assert.equal(cli.stdout(), canary)
    assert.match(cli.stderr(), /known here up to 2026-01-31T09:40:00\.000Z/)
  }
  const newest = createTestCli(t, { answer })
  assert.equal(await newest.run('context', 'get', address), 0)
  assert.equal(newest.stderr(), '')
})

test('content that fails in the middle prints nothing of itself', async (t) => {
  const cli = createTestCli(t, {
    answer: async (input) => {
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('the first half')
        throw new Error('lost')
      }
      await sendBytes(fieldOf(input, 'out'), broken()).catch(() => undefined)
      throw new Fault('CONTENT_UNAVAILABLE', 'unavailable', { message: 'nobody has the rest' })
    },
  })
  assert.equal(await cli.run('context', 'get', address), 1)
  assert.equal(cli.stdout(), '')
  assert.match(cli.stderr(), /nobody has the rest/)
})

test('content from a file and from a text at once is wrong usage, and nothing is asked of the node', async (t) => {
  const cli = createTestCli(t, { answer: async () => assert.fail('the node was asked') })
  assert.equal(await cli.run('context', 'put', address, 'x.md', '--text', 'both'), 2)
  assert.match(cli.stderr(), /takes a file or --text, one of them.*USAGE_INVALID/)
})

test('a key or token that is to be forgotten is not waited for on standard input', async (t) => {
  let file: unknown = 'not asked'
  const cli = createTestCli(t, {
    answer: async (input) => {
      file = Object.entries(input ?? {}).find(([name]) => name === 'file')?.[1]
      return { endpoint: 'lab', status: 'removed' }
    },
  })
  assert.equal(await cli.run('model', 'key', 'lab', '--remove'), 0)
  assert.equal(file, undefined)
})
