import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../lib/any-character.fixture.ts'
import { formatAddress } from './format.ts'
import { describeTemporal } from './format.ts'
import { isConcrete, isPattern } from './address.ts'
import { parseAddress, parsePattern } from './parse.ts'
import { UcxlError } from './ucxl-error.ts'

interface Vector {
  readonly input: string
  readonly error?: string
  readonly patternOnly?: boolean
  readonly temporal?: string
}

const vectors = JSON.parse(readFileSync(new URL('../../test/vectors/ucxl-parse.json', import.meta.url), 'utf8')) as readonly Vector[]

function complaintOf(parse: () => unknown): UcxlError {
  try {
    parse()
  } catch (error) {
    assert.ok(error instanceof UcxlError, String(error))
    return error
  }
  return assert.fail('it was read')
}

for (const vector of vectors) {
  const { input, error, patternOnly, temporal, ...fields } = vector
  test(`${JSON.stringify(input)} ${error === undefined ? 'is read as the vector says' : `fails in the ${error}`}`, () => {
    if (error !== undefined) {
      assert.equal(complaintOf(() => parseAddress(input)).field, error)
      if (patternOnly === true) assert.doesNotThrow(() => parsePattern(input))
      else assert.throws(() => parsePattern(input), UcxlError)
      return
    }
    const address = parseAddress(input)
    assert.deepEqual(
      { ...address, temporal: describeTemporal(address.temporal) },
      {
        query: undefined,
        fragment: undefined,
        ...fields,
        temporal,
        raw: input,
      },
    )
    assert.deepEqual(parsePattern(input), address)
  })
}

const offsets: readonly (readonly [input: string, field: string, offset: number])[] = [
  ['', 'address', 0],
  [' ucxl://a:b@c:d', 'address', 0],
  ['ucxl://a:b@c:d\n', 'address', 14],
  [`ucxl://a:b@c:d/*^/${'x'.repeat(2048)}`, 'address', 2048],
  ['ucxl:/a:b@c:d', 'scheme', 6],
  ['http://a:b@c:d', 'scheme', 0],
  ['ucxl', 'scheme', 4],
  ['ucxl://abc', 'authority', 10],
  ['ucxl://a:b@@c:d', 'authority', 11],
  ['ucxl://a:b:c@d:e', 'agent', 8],
  ['ucxl://:b@c:d', 'agent', 7],
  [`ucxl://${'a'.repeat(65)}:b@c:d`, 'agent', 71],
  ['ucxl://a:b@c:d:e', 'project', 12],
  ['ucxl://a@c:d', 'role', 8],
  ['ucxl://a:é@c:d', 'role', 9],
  ['ucxl://a:b@c', 'task', 12],
  ['ucxl://a:b@c:*', 'task', 13],
  ['ucxl://a:b@c:d//x', 'temporal', 15],
  ['ucxl://a:b@c:d/*^5', 'temporal', 17],
  ['ucxl://a:b@c:d/*~0', 'temporal', 17],
  ['ucxl://a:b@c:d/*~1234567890', 'temporal', 26],
  ['ucxl://a:b@c:d/~~1.5/x', 'temporal', 18],
  ['ucxl://a:b@c:d/~5', 'temporal', 16],
  ['ucxl://a:b@c:d/latest', 'temporal', 15],
  ['ucxl://a:b@c:d/2026-02-30T00:00:00Z', 'temporal', 23],
  ['ucxl://a:b@c:d/2026-13-01T00:00:00Z', 'temporal', 20],
  ['ucxl://a:b@c:d/2026-01-01T24:00:00Z', 'temporal', 26],
  ['ucxl://a:b@c:d/2026-01-01T00:60:00Z', 'temporal', 29],
  ['ucxl://a:b@c:d/2026-01-01T00:00:60Z', 'temporal', 32],
  ['ucxl://a:b@c:d/2026-01-01T00:00:00.Z', 'temporal', 35],
  ['ucxl://a:b@c:d/2026-01-01T00:00:00.1234567890', 'temporal', 44],
  ['ucxl://a:b@c:d/2026-01-01T00:00:00Zx', 'temporal', 35],
  ['ucxl://a:b@c:d/2026-01-01T00:00:00x', 'temporal', 34],
  ['ucxl://a:b@c:d/2026-01-01T00:00:00+1:00', 'temporal', 35],
  ['ucxl://a:b@c:d/2026-01-01T00:00:00+24:00', 'temporal', 35],
  ['ucxl://a:b@c:d/0000-01-01T00:00:00+01:00', 'temporal', 15],
  ['ucxl://a:b@c:d/9999-12-31T23:59:59-01:00', 'temporal', 15],
  ['ucxl://a:b@c:d/*^/a//b', 'path', 20],
  ['ucxl://a:b@c:d/*^//', 'path', 18],
  ['ucxl://a:b@c:d/*^/./b', 'path', 18],
  ['ucxl://a:b@c:d/*^/a/..', 'path', 20],
  ['ucxl://a:b@c:d/*^/a%20b', 'path', 19],
  ['ucxl://a:b@c:d/*^/x?q=%20', 'address', 22],
  ['ucxl://a:b@c:d/*^/x?q= 0', 'address', 22],
  ['ucxl://a:b@c:d/*^/x#é', 'address', 20],
]

for (const [input, field, offset] of offsets) {
  test(`${JSON.stringify(input.slice(0, 60))} fails in the ${field} at ${offset}`, () => {
    const complaint = complaintOf(() => parseAddress(input))
    assert.deepEqual([complaint.field, complaint.offset], [field, offset])
  })
}

test('what stands at the temporal place is the present only when "#" stands alone', () => {
  assert.equal(parseAddress('ucxl://a:b@c:d/#').fragment, undefined)
  assert.equal(parseAddress('ucxl://a:b@c:d/#?q').query, 'q')
  assert.equal(parseAddress('ucxl://a:b@c:d/##f').fragment, 'f')
  assert.equal(parseAddress('ucxl://a:b@c:d/#f').fragment, 'f')
  assert.equal(parseAddress('ucxl://a:b@c:d#f').fragment, 'f')
  assert.equal(parseAddress('ucxl://a:b@c:d/?q').query, 'q')
  assert.equal(parseAddress('ucxl://a:b@c:d?q#').fragment, '')
})

test('a pattern has a wildcard or means every version; only what has neither and no other time is concrete', () => {
  const judged = ['ucxl://a:b@c:d', 'ucxl://any:b@c:d', 'ucxl://a:b@c:d/*~', 'ucxl://a:b@c:d/~~1', 'ucxl://a:b@c:d/*^/any'].map((input) => {
    const address = parseAddress(input)
    return [isPattern(address), isConcrete(address)]
  })
  assert.deepEqual(judged, [
    [false, true],
    [true, false],
    [true, false],
    [false, false],
    [false, true],
  ])
})

test('older notations are refused with the name of the importer', () => {
  for (const input of ['bzzz://a:b@c:d/x', 'claude/reviewer/shop/cart-42/1754577000']) {
    assert.match(complaintOf(() => parseAddress(input)).message, /althing ucxl import/)
  }
})

const component = fc.stringMatching(/^[\w-]{1,64}$/)
const path = fc.array(fc.stringMatching(/^[\w-][\w.-]{0,9}$/), { maxLength: 4 }).map((parts) => parts.join('/'))
const temporal = fc.oneof(
  fc.constantFrom('*^', '*~', '~~', '^^'),
  fc.integer({ min: 1, max: 999_999_999 }).map((version) => `*~${version}`),
  fc.integer({ min: 0, max: 999_999_999 }).map((steps) => `~~${steps}`),
  fc.date({ min: new Date(0), max: new Date(253_402_300_799_999), noInvalidDate: true }).map((date) => date.toISOString()),
)

test('S34: what is written is read again as the same, in the one canonical form', () => {
  fc.assert(
    fc.property(fc.tuple(component, component, component, component), temporal, path, (names, time, below) => {
      const [agent, role, project, task] = names
      const first = parseAddress(`UCXL://${agent}:${role}@${project}:${task}/${time}${below === '' ? '' : `/${below}`}`)
      const written = formatAddress(first)
      const second = parseAddress(written)
      assert.deepEqual({ ...second, raw: '' }, { ...first, raw: '' })
      assert.equal(formatAddress(second), written)
    }),
  )
})

test('S34: an address that is too long in the form that is written is refused, so that what is written can be read', () => {
  const cases = [
    ['ucxl://a:b@c:d/~~/', 1],
    ['ucxl://a:b@c:d/#/', 1],
    ['ucxl://a:b@c:d/2026-01-31T09:30:00/', 5],
    ['ucxl://a:b@c:d/*^/', 0],
  ] as const
  for (const [begins, more] of cases) {
    const longest = begins.padEnd(2_048 - more, 'x')
    const written = formatAddress(parseAddress(longest))
    assert.equal(written.length, 2_048)
    assert.equal(formatAddress(parseAddress(written)), written)
    const complaint = complaintOf(() => parseAddress(`${longest}x`))
    assert.deepEqual([complaint.field, complaint.offset], ['address', more === 0 ? 2_048 : 2_049 - more], begins)
  }
  const pattern = 'ucxl://*:*@*:*/2026-01-31T09:30:00/'.padEnd(2_048 - 13, 'x')
  assert.equal(formatAddress(parsePattern(pattern)).length, 2_048)
  assert.throws(() => parsePattern(`${pattern}x`), UcxlError)
  // what is not written may be as long as it likes
  assert.equal(parseAddress('ucxl://a:b@c:d?'.padEnd(2_048, 'q')).query?.length, 2_033)
})

test('S34: nothing but its own fault is ever thrown, whatever comes in', () => {
  const pieces = fc.constantFrom(
    'ucxl://',
    'a',
    ':',
    '@',
    '/',
    '*^',
    '*~',
    '~~',
    '^^',
    '9',
    '#',
    '?',
    '.',
    '..',
    '%2f',
    'ё',
    '\ud800',
    '\0',
    '*',
    'any',
    '2026-01-01T00:00:00',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: anyCharacter }),
        fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
      ),
      (input) => {
        for (const parse of [parseAddress, parsePattern]) {
          try {
            parse(input)
          } catch (error) {
            assert.ok(error instanceof UcxlError)
            assert.ok(error.offset >= 0 && error.offset <= input.length)
          }
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

test('S34: homographs and encoded slashes are no address', () => {
  for (const input of [
    'ucxl://\u0430:b@c:d',
    'ucxl://a:b@c:d/*^/a%2fb',
    'ucxl://a:b@c:d/*^/a\u2215b',
    'ucxl://a\u200b:b@c:d',
    'ucxl://a:b@c:d/*^/a\\b',
    'ucxl://K:b@c:d'.replace('K', '\u212a'),
  ]) {
    assert.throws(() => parseAddress(input), UcxlError)
  }
})
