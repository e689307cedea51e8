import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { althing, root, startNode, startProgram, temporaryHome } from './command.ts'

/** One command of the page, and what the page says it prints. */
interface Example {
  readonly script: string
  readonly language: string
  readonly output: string
}

test('the examples of docs/protocols/ucxi.md do on a real node what the page says', async (t) => {
  const home = temporaryHome(t)
  const node = await startNode(t, { home })
  const { stdout: members } = await althing(['hive', 'members'], { home })
  const handle = /@(\S+)/.exec(members)?.[1] ?? assert.fail(members)
  const certified = await althing(['node', 'certify', '--agent', `${handle}-claude`], { home })
  assert.equal(certified.code, 0, certified.stderr)
  const { stdout: status } = await althing(['p2p', 'status'], { home })
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(status)?.[0] ?? assert.fail(status)
  const page = readFileSync(join(root, 'docs/protocols/ucxi.md'), 'utf8').replaceAll('ada-claude', `${handle}-claude`)
  const [prelude = '', ...rest] = page.split('```sh\n').slice(1)
  const opening = blockOf(prelude).replace('http://127.0.0.1:4801', url).replace('~/.althing', home)
  const examples = rest.map(readExample)
  assert.equal(examples.length, 10)
  for (const { script, language, output } of examples) {
    const { code, stdout, stderr } = await startProgram(['/bin/sh', '-c', `${opening}\n${script}`], { home }).ended
    assert.equal(code, 0, `${script}${stderr}`)
    if (language === 'json') assertLike(JSON.parse(stdout), JSON.parse(output), script)
    else assert.equal(stdout.trim(), output.trim(), script)
  }
  node.kill('SIGTERM')
  assert.equal((await node.ended).code, 0)
})

function readExample(text: string): Example {
  const [, language = '', output = ''] = /```(json|text)\n([^`]*)```/.exec(text.slice(text.indexOf('```') + 3)) ?? []
  return { script: blockOf(text), language, output }
}

function blockOf(text: string): string {
  return text.slice(0, text.indexOf('```'))
}

/** Holds an answer to what a page says, where "…" stands for any text. */
function assertLike(actual: unknown, expected: unknown, where: string): void {
  if (expected === '…') assert.equal(typeof actual, 'string', where)
  else if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null)
    assert.equal(actual, expected, where)
  else {
    assert.deepEqual(Object.keys(actual), Object.keys(expected), where)
    const found = new Map(Object.entries(actual))
    for (const [key, value] of Object.entries(expected)) assertLike(found.get(key), value, `${where} ${key}`)
  }
}
