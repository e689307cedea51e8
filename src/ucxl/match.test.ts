import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { matchAddress, matchResource } from './match.ts'
import { parseAddress, parsePattern } from './parse.ts'

interface Vector {
  readonly pattern: string
  readonly address: string
  readonly matches: boolean
}

const vectors = JSON.parse(readFileSync(new URL('../../test/vectors/ucxl-match.json', import.meta.url), 'utf8')) as readonly Vector[]

for (const { pattern, address, matches } of vectors) {
  test(`${pattern} ${matches ? 'matches' : 'does not match'} ${address}`, () => {
    assert.equal(matchAddress(parsePattern(pattern), parseAddress(address)), matches)
  })
}

test('a temporal segment of a pattern means itself, and *~ every version', () => {
  const matches = (pattern: string) => matchAddress(parsePattern(`ucxl://any:any@any:any/${pattern}`), parseAddress('ucxl://a:b@c:d/*~3'))
  assert.deepEqual(['*~', '*~3', '*~4', '*^', '~~1'].map(matches), [true, true, false, false, false])
})

test('a resource is matched whatever its versions are', () => {
  assert.equal(matchResource(parsePattern('ucxl://a:*@c:d/*~9/x'), parseAddress('ucxl://a:b@c:d/*^/x/y')), true)
})
