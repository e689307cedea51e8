import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
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
  ["althing context watch 'ucxl://any:any@shop:any' --wait", /^-- after \d+\n$/],
  ["althing context watch 'ucxl://any:any@shop:any' --after PLACE", /^-- after \d+\n$/],
  ["althing context query 'prices paid'", /notes\/why\.md/],
  ['althing context delete', /\*~4\/notes\/why\.md deleted/],
  ['althing context announce', /plan\.md announced · until /],
  ['althing context status', /ada-claude/],
  ["althing context put 'ucxl://ada-claude:reviewer@shop:cart-42/*^/access.md' --text 'The till opens", /sealed, opened by 2 nodes\n/],
  ["althing context put 'ucxl://ada-claude:reviewer@shop:cart-42/*^/mine.md'", /sealed, opened by 1 node\n/],
  ['althing hive revoke @bob', /^revoked @bob/],
  ['althing context reseal --all', /access\.md|sealed as before/],
  ["althing context put 'ucxl://ada-laptop", /todo\.md created/],
  ['curl -sf -X PUT', /"code":"UCXL-201-CREATED"/],
  ['curl -sf -H', /^Carts keep their prices for an hour\.\n$/],
  ['curl -sf -X POST', /"code":"UCXL-200-SUCCESS","message":"2 items"/],
  ['curl -sN', /^: watching/],
]

test('the commands of docs/guide/context.md write, read elsewhere, go back, find and delete, as the page says', async (t) => {
  const page = openPage(t)
  const lines = commandsIn('docs/guide/context.md', ['sh'])
  const access = lines.findIndex((line) => line.startsWith("althing context get 'ucxl://ada-claude:reviewer@shop:cart-42/*^/access.md'"))
  const accepted = lines.findIndex((line) => line.startsWith('althing node accept'))
  const joined = lines.findIndex((line) => line.startsWith('althing hive join'))
  const settings: string[] = []
  const heard = new Set<string>()
  let [instant, code, place] = ['', '', '']
  for (const [index, line] of lines.entries()) {
    const isSecond = (index >= joined && index < joined + 3) || index === access || index === access + 1
    const shell = isSecond ? page.second : index >= accepted && index < accepted + 3 ? page.third : page.first
    if (line === 'althing p2p start') await page.runNode(shell, line)
    else if (index === joined) await page.run(shell, line.replace('CODE', codeIn(await page.run(page.first, 'althing hive invite'))))
    else if (index === joined + 2) assert.equal(await untilRead(page, shell, line), 'Carts keep their prices until they are paid.')
    else if (index === access) assert.equal(await untilRead(page, shell, line), 'The till opens with 4711.')
    else if (index === access + 1) assert.match(await page.run(shell, line.replace('||', '2>&1 ||')), /\(CONTEXT_SEALED\)/)
    else if (index === accepted) await page.run(shell, line.replace('CODE', code))
    else if (/^(?:UCXI|AUTH)=/.test(line)) settings.push(await settle(page, line))
    else {
      const output = await page.run(shell, [...settings, line.replace('INSTANT', instant).replace('PLACE', place)].join('\n'))
      const [begins, pattern] = printed.find(([start]) => line.startsWith(start)) ?? []
      if (line.startsWith('althing node enroll')) code = codeIn(output)
      place = /^-- after (\d+)$/m.exec(output)?.[1] ?? place
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
  for (let tries = 0; tries < 100; tries += 1) {
    const output = await run(shell, `${line} 2>/dev/null || true`)
    if (output !== '') return output
    await pause(200)
  }
  return assert.fail('nothing came')
}
