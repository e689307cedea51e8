import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page, Shell } from './guide-page.ts'
import { codeIn, commandsIn, openPage } from './guide-page.ts'

/** What some lines of the page print, by how they begin. */
const printed: readonly (readonly [string, RegExp])[] = [
  ["althing context put 'ucxl://ada-claude:reviewer@shop:cart-42/*^/notes/why.md' why.md", /\/\*~1\/notes\/why\.md created/],
  ["althing context put 'ucxl://ada-claude:reviewer@shop:cart-42/*^/notes/why.md' --text", /\/\*~3\/notes\/why\.md updated/],
  ["althing context get 'ucxl://ada-claude:reviewer@shop:cart-42/~~2/notes/why.md'", /^Carts keep their prices for an hour\.\n$/],
  ["althing context get 'ucxl://ada-claude:reviewer@shop:cart-42/*~/notes/why.md'", /^Carts keep their prices for an hour\.\n$/],
  ["althing context get 'ucxl://ada-claude:reviewer@shop:cart-42/*^/notes/why.md' --at", /^Carts keep their prices for a day\.\n$/],
  ["althing context get 'ucxl://ada-claude:reviewer@shop:cart-42/*~2/notes/why.md'", /^Carts keep their prices for a day\.\n$/],
  ['althing context versions', /\*~3 [^]*\*~2 [^]*\*~1 /],
  ['althing context navigate', /\*~2/],
  ['althing context discover', /notes\/why\.md\n {2}3 versions/],
  ["althing context query 'prices paid' --pattern", /^nothing is known that this means/],
  ["althing context query 'prices paid'", /notes\/why\.md/],
  ['althing context delete', /\*~4\/notes\/why\.md deleted/],
  ['curl -sf -X PUT', /"code":"UCXL-201-CREATED"/],
  ['curl -sf -H', /^Carts keep their prices for an hour\.\n$/],
  ['curl -sf -X POST', /"code":"UCXL-200-SUCCESS","message":"1 item"/],
  ['curl -sN', /^: watching/],
]

test('the commands of docs/guide/context.md write, read elsewhere, go back, find and delete, as the page says', async (t) => {
  const page = openPage(t)
  const lines = commandsIn('docs/guide/context.md', ['sh'])
  const joined = lines.findIndex((line) => line.startsWith('althing hive join'))
  const settings: string[] = []
  const heard = new Set<string>()
  let instant = ''
  for (const [index, line] of lines.entries()) {
    const shell = index >= joined && index < joined + 3 ? page.second : page.first
    if (line === 'althing p2p start') await page.runNode(shell, line)
    else if (index === joined) await page.run(shell, line.replace('CODE', codeIn(await page.run(page.first, 'althing hive invite'))))
    else if (index === joined + 2) assert.equal(await untilRead(page, shell, line), 'Carts keep their prices until they are paid.')
    else if (/^(?:UCXI|AUTH)=/.test(line)) settings.push(await settle(page, line))
    else {
      const output = await page.run(shell, [...settings, line.replace('INSTANT', instant)].join('\n'))
      const [begins, pattern] = printed.find(([start]) => line.startsWith(start)) ?? []
      if (begins !== undefined) heard.add(begins)
      if (pattern !== undefined) assert.match(output, pattern, line)
    }
    // between the second version and the third
    if (line.startsWith('echo') && line.includes('a day')) instant = new Date().toISOString()
  }
  assert.deepEqual(
    printed.filter(([start]) => !heard.has(start)),
    [],
  )
  const denied = await page.run(page.first, `${commandsIn('docs/guide/context.md', [''])[0]} --json 2>&1 || true`)
  assert.match(denied, /"code": ?"WRITER_DENIED"/)
})

/** The line with the port that this node has. */
async function settle({ first, run }: Page, line: string): Promise<string> {
  if (!line.startsWith('UCXI=')) return line
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await run(first, 'althing p2p status'))?.[0] ?? assert.fail('the node has no address')
  return line.replace('http://127.0.0.1:4801', url)
}

/** What was written before the machine joined comes by itself. */
async function untilRead({ run }: Page, shell: Shell, line: string): Promise<string> {
  for (let tries = 0; tries < 50; tries += 1) {
    const output = await run(shell, `${line} 2>/dev/null || true`)
    if (output !== '') return output
  }
  return assert.fail('nothing came')
}
