import assert from 'node:assert/strict'
import { resolve, win32 } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../../lib/any-character.fixture.ts'
import { PathSet, foldCase, isReservedSegment, judgePath } from './paths.ts'

test('plain paths are allowed', () => {
  for (const path of ['a', 'a/b.txt', 'a b/c', 'ä/ö', '日本/語', '.github/x', '.gitignore', `${'x'.repeat(119)}/${'y'.repeat(120)}`]) {
    assert.equal(judgePath(path), undefined, path)
  }
})

test('S12: paths that climb, start at the root, hide or lie are refused with the reason', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /empty/],
    ['..', /climbs/],
    ['a/../b', /climbs/],
    ['/etc/passwd', /absolute/],
    ['C:/x', /one of/],
    ['a\\b', /backslash/],
    ['a\0b', /NUL/],
    ['a//b', /empty part/],
    ['./a', /empty part/],
    ['a/', /empty part/],
    ['x'.repeat(241), /240 bytes/],
    ['ä'.repeat(121), /240 bytes/],
    [Array.from({ length: 33 }, () => 'd').join('/'), /deeper than 32/],
    ['a/.git/hooks/pre-commit', /reserved/],
    ['.GIT/config', /reserved/],
    ['a/GIT~1/x', /reserved/],
    ['.g\u200cit/config', /not shown/],
    ['a\u202etxt.exe', /not shown/],
    ['aux', /reserved/],
    ['b/Con.txt', /reserved/],
    ['lpt9.x', /reserved/],
    ['.althing/x', /reserved/],
    ['a./b', /dot or a space/],
    ['a /b', /dot or a space/],
    ['a\nb', /not shown/],
    ['a?', /one of/],
    ['e\u0301', /normal form/],
    ['\ud800', /UTF-8/],
    ['a\ufffdb', /UTF-8/],
  ]
  for (const [path, reason] of refused) assert.match(judgePath(path) ?? 'allowed', reason, JSON.stringify(path))
})

test('S12: no path that is allowed leads out of a folder, whatever it is', () => {
  const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', '.git', '~', 'C:', '\\', '\0'), fc.string({ maxLength: 8, unit: anyCharacter }))
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const path = parts.join('/')
      if (judgePath(path) !== undefined) return true
      const way = resolve('/root/folder', path)
      return way.startsWith('/root/folder/') && way === `/root/folder/${path}` && win32.resolve('C:\\root', path).startsWith('C:\\root\\')
    }),
    { seed: 1, numRuns: 2_000 },
  )
})

test('S12: two paths that are one where case does not count are found', () => {
  assert.equal(judge('a/x', 'a/y', 'b'), undefined)
  assert.match(judge('README', 'readme') ?? '', /there twice/)
  assert.match(judge('straße', 'STRASSE') ?? '', /there twice/)
  assert.match(judge('a', 'a') ?? '', /there twice/)
  assert.match(judge('Src/a', 'src/b') ?? '', /also spelled Src/)
  assert.match(judge('a', 'A/b') ?? '', /also a file/)
  assert.match(judge('A/b', 'a') ?? '', /a file and a folder/)
})

test('folding sees through ligatures and width', () => {
  assert.equal(foldCase('ﬁle'), foldCase('FILE'))
  assert.ok(isReservedSegment('.ＧＩＴ'))
})

/** The first reason among some paths taken in order. */
function judge(...paths: readonly string[]): string | undefined {
  const set = new PathSet()
  return paths.map((path) => set.add(path)).find((reason) => reason !== undefined)
}
