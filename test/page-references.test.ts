import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '..')

test('every page that a comment sends to is there, with the section that is named', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true }).map(String)
  let seen = 0
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(join(root, 'src', file), 'utf8')
    for (const [, page = '', section] of text.matchAll(/@see (docs\/[\w/.-]+\.md)(?: §(\d+))?/g)) {
      seen += 1
      assert.ok(existsSync(join(root, page)), `${file}: ${page}`)
      if (section !== undefined)
        assert.match(readFileSync(join(root, page), 'utf8'), new RegExp(`^## ${section}\\. `, 'm'), `${file}: ${page} §${section}`)
    }
  }
  assert.ok(seen > 40, `${seen} references`)
})
