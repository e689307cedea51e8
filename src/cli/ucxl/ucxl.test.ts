import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createTestCli } from '../testing/test-cli.ts'

type Line = Readonly<Record<string, unknown>>

function vectorsOf(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../test/vectors/ucxl-${name}.json`, import.meta.url), 'utf8'))
}

/** Runs a command over lines of input; the lines it printed, and its exit code. */
async function run(
  t: TestContext,
  input: readonly string[],
  words: readonly string[],
): Promise<{ readonly lines: readonly Line[]; readonly code: number }> {
  const cli = createTestCli(t, { answer: async () => assert.fail('a node was asked'), input: input.join('\n') })
  const code = await cli.run('ucxl', ...words)
  assert.equal(cli.stderr(), '')
  const lines = cli.stdout().trimEnd().split('\n')
  return { lines: lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line), code }
}

test('every vector of parsing is answered on a line of its own, in the words of the vector, and asks no node', async (t) => {
  const vectors = vectorsOf('parse') as readonly { readonly input: string; readonly error?: string; readonly patternOnly?: boolean }[]
  // what has a line end within it is no single input
  const lined = vectors.filter(({ input }) => input !== '' && !/[\r\n]/.test(input))
  const inputs = lined.map(({ input }) => input)
  const { lines, code } = await run(t, inputs, ['parse', '--json'])
  assert.equal(code, 1)
  assert.equal(lines.length, lined.length)
  for (const [index, vector] of lined.entries()) {
    const line = lines[index] ?? {}
    if (vector.error === undefined) assert.deepEqual(line, vector)
    else assert.deepEqual([line['error'], Object.keys(line)], [vector.error, ['error', 'message', 'offset']])
  }
  const patterns = await run(t, inputs, ['parse', '--pattern'])
  const isRead = (line: Line): boolean => line['error'] === undefined
  assert.deepEqual(
    patterns.lines.map(isRead),
    lined.map(({ error, patternOnly }) => error === undefined || patternOnly === true),
  )
})

test('every vector of matching and of navigation is answered as the vector says', async (t) => {
  const matches = vectorsOf('match') as readonly Line[]
  const matched = await run(
    t,
    matches.map(({ pattern, address }) => JSON.stringify({ pattern, address })),
    ['match'],
  )
  assert.deepEqual([matched.lines, matched.code], [matches, 0])
  const { single, sessions } = vectorsOf('navigate') as { readonly single: readonly Line[]; readonly sessions: readonly Line[] }
  const answers = ['version', 'error', 'min', 'max', 'positions', 'succeeded']
  const questions = [...single, ...sessions].map((vector) =>
    JSON.stringify(Object.fromEntries(Object.entries(vector).filter(([name]) => !answers.includes(name)))),
  )
  const navigated = await run(t, questions, ['navigate'])
  for (const [index, vector] of [...single, ...sessions].entries()) {
    const { requested: _, ...line } = navigated.lines[index] ?? {}
    assert.deepEqual(line, vector)
  }
})

test('one input may stand on the line; an older notation is rewritten; all good is exit code 0', async (t) => {
  const one = await run(t, ['ignored'], ['import', 'bzzz://gpt4:architect@bzzz:v2/choice.json'])
  assert.deepEqual([one.lines.map(({ address }) => address), one.code], [['ucxl://gpt4:architect@bzzz:v2/*^/choice.json'], 0])
})

test('S30: what is no JSON object of the right shape fails on its own line, and the next is answered', async (t) => {
  const bad = ['{', '[]', '7', '{"__proto__":{"temporal":"*^"}}', '{"versions":-1,"temporal":"*^"}', '{"versions":1e400,"temporal":"*^"}']
  const { lines, code } = await run(t, [...bad, '{"versions":3,"temporal":"*^"}'], ['navigate'])
  assert.deepEqual(
    lines.map(({ error, version }) => error ?? version),
    [...bad.map(() => 'input'), 3],
  )
  assert.equal(code, 1)
})

test('S34: a line of megabytes is refused without being held, and the next is answered', async (t) => {
  const { lines } = await run(t, ['ucxl://a:b@c:d/*^/'.padEnd(4_000_000, 'x'), 'ucxl://a:b@c:d'], ['parse'])
  assert.deepEqual(
    lines.map(({ error, agent }) => error ?? agent),
    ['address', 'a'],
  )
})
