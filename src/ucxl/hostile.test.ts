import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchAddress } from './match.ts'
import { parseAddress, parsePattern } from './parse.ts'
import { UcxlError } from './ucxl-error.ts'

/**
 * The longest address there can be, which is read to its end, is the measure: looking at each of its 2,048 characters again and again
 * would take a thousand times as long. Both are the best of some tries, so that a busy machine is no reason.
 */
const honest = `ucxl://a:b@c:d/*^/${'x'.repeat(2_048)}`.slice(0, 2_048)
const tries = 30
const mostTimes = 200

/** The longest that are looked at, made to be walked over again and again; and far longer ones. */
const hostile: readonly string[] = [
  ...['a', ':', '@', 'a:', 'a:b@', '/', './', '../', '#', '?', '*', '*^', '*~', '~~', '%2f', 'é', '\ud800', '\u212a', '\0'].map((part) =>
    `ucxl://${part.repeat(2_048)}`.slice(0, 2_048),
  ),
  ...['*~', '~~', '^^', '2026-01-31T09:30:00.', '2026-01-31T09:30:00+'].map((sign) => `ucxl://a:b@c:d/${sign}`.padEnd(2_048, '9')),
  ...['x', '.', '..', 'x/', '/', '%', 'ß'].map((part) => `ucxl://a:b@c:d/*^/${part.repeat(2_048)}`.slice(0, 2_048)),
  'ucxl://a:b@c:d/*^?'.padEnd(2_048, '#'),
  'ucxl://a:b@c:d/*^#'.padEnd(2_048, '%'),
  'a/'.repeat(1_024),
  ' '.repeat(2_048),
  'ucxl://a:b@c:d/'.padEnd(5_000_000, 'x'),
  '\u2028'.repeat(5_000_000),
]

test('S34: no input is looked at for longer than its length is worth: a refusal takes about as long as an address, however it was made', () => {
  for (const parse of [parseAddress, parsePattern]) {
    const measure = bestOf(() => parse(honest))
    for (const input of hostile) {
      const times = bestOf(() => parse(input)) / measure
      assert.ok(times < mostTimes, `${JSON.stringify(input.slice(0, 40))}… took ${times.toFixed(0)} times as long as an address`)
    }
  }
})

test('S34: what a refusal says of an input is short, however long that was', () => {
  for (const input of hostile) {
    try {
      parseAddress(input)
    } catch (error) {
      assert.ok(error instanceof UcxlError)
      assert.ok(error.message.length < 1_000, `${error.message.length} characters`)
    }
  }
})

test('S34: a wildcard means whole names only, and a path only what lies below it', () => {
  const means = (pattern: string, address: string): boolean => matchAddress(parsePattern(pattern), parseAddress(address))
  assert.equal(means('ucxl://any:any@shop:any/*~/docs', 'ucxl://a:b@shop:c/*^/docs/x'), true)
  for (const [pattern, address] of [
    ['ucxl://any:any@shop:any/*~', 'ucxl://a:b@shop2:c/*^'],
    ['ucxl://any:any@shop:any/*~/docs', 'ucxl://a:b@shop:c/*^/docs2'],
    ['ucxl://any:any@shop:any/*~/docs/x', 'ucxl://a:b@shop:c/*^/docs'],
    ['ucxl://anyone:any@shop:any/*~', 'ucxl://a:b@shop:c/*^'],
  ] as const) {
    assert.equal(means(pattern, address), false, `${pattern} ${address}`)
  }
})

function bestOf(work: () => unknown): number {
  return Math.min(...Array.from({ length: tries }, () => timeOf(work)))
}

function timeOf(work: () => unknown): number {
  const startedAt = performance.now()
  try {
    work()
  } catch (error) {
    if (!(error instanceof UcxlError)) throw error
  }
  return performance.now() - startedAt
}
