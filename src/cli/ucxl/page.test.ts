import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createTestCli } from '../testing/test-cli.ts'

const page = readFileSync(new URL('../../../docs/protocols/ucxl.md', import.meta.url), 'utf8')

/** Each command of the page with what it prints there. */
const examples = [...page.matchAll(/^```console\n([^]*?)^```$/gm)]
  .flatMap(([, block = '']) => block.split(/^(?=\$ )/m))
  .map((example) => {
    const [command = '', ...output] = example.split('\n')
    return { words: command.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", '')) ?? [], output: output.join('\n') }
  })

test('the commands of docs/protocols/ucxl.md print what the page says', async (t) => {
  assert.equal(examples.length, 13)
  for (const { words, output } of examples) {
    const cli = createTestCli(t, { answer: async () => assert.fail('a node was asked') })
    const code = await cli.run(...words.slice(2))
    assert.equal(cli.stdout(), output, words.join(' '))
    assert.equal(code, output.startsWith('{"error"') ? 1 : 0, words.join(' '))
  }
})

test('what docs/protocols/ucxl.md says is read in several ways is written in one', async (t) => {
  const [, table = ''] = /\| read \| written \|\n[^\n]*\n([^]*?)\n\n/.exec(page) ?? []
  const rows = table.split('\n').map((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text))
  assert.equal(rows.length, 4)
  for (const texts of rows) {
    const written = texts.slice(texts.length > 3 ? 2 : -1)
    for (const [index, read] of texts.slice(0, texts.length - written.length).entries()) {
      const cli = createTestCli(t, { answer: async () => assert.fail('a node was asked') })
      await cli.run('ucxl', 'import', `ucxl://a:b@c:d/${read}/x`)
      assert.match(cli.stdout(), new RegExp(`"address":"ucxl://a:b@c:d/${RegExp.escape(written[index] ?? '')}/x"`), read)
    }
  }
})
