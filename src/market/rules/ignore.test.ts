import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alwaysIgnored, isWithinPatterns, matchPatterns, parsePatterns } from './ignore.ts'

function matches(patterns: string, path: string, isFolder = false): string | undefined {
  return matchPatterns(parsePatterns(patterns), path, isFolder)
}

test('a name matches anywhere, a path from the root', () => {
  assert.equal(matches('*.log', 'a/b/x.log'), 'match')
  assert.equal(matches('*.log', 'x.logs'), undefined)
  assert.equal(matches('/build', 'build'), 'match')
  assert.equal(matches('/build', 'a/build'), undefined)
  assert.equal(matches('docs/*.md', 'docs/a.md'), 'match')
  assert.equal(matches('docs/*.md', 'docs/a/b.md'), undefined)
  assert.equal(matches('docs/**', 'docs/a/b.md'), 'match')
  assert.equal(matches('**/x/?', 'a/b/x/y'), 'match')
})

test('a slash at the end means folders', () => {
  assert.equal(matches('tmp/', 'a/tmp', true), 'match')
  assert.equal(matches('tmp/', 'a/tmp', false), undefined)
})

test('the last line that matches decides', () => {
  assert.equal(matches('*.log\n!keep.log', 'keep.log'), 'negated')
  assert.equal(matches('!keep.log\n*.log', 'keep.log'), 'match')
  assert.equal(matches('# *.log\n\n', 'x.log'), undefined)
})

test('version control, installed things and what editors drop are always left out', () => {
  for (const path of ['.git', 'a/node_modules', '.althing', 'x.swp', 'a/.DS_Store', '.althingignore']) {
    assert.equal(matchPatterns(alwaysIgnored, path, true), 'match', path)
  }
  assert.equal(matchPatterns(alwaysIgnored, '.gitignore', false), undefined)
})

test('files of a manifest may be named by their folder', () => {
  const patterns = parsePatterns('/src\nREADME.md')
  assert.ok(isWithinPatterns(patterns, 'src/a/b.ts'))
  assert.ok(isWithinPatterns(patterns, 'README.md'))
  assert.equal(isWithinPatterns(patterns, 'test/a.ts'), false)
})

test('ranges of characters, and what stands behind a backslash, are read as Git reads them', () => {
  assert.equal(matches('*.py[cod]', 'a/x.pyc'), 'match')
  assert.equal(matches('*.py[cod]', 'x.pyx'), undefined)
  assert.equal(matches('[Bb]in/', 'a/Bin', true), 'match')
  assert.equal(matches('v[0-9]', 'v7'), 'match')
  assert.equal(matches('v[!0-9]', 'v7'), undefined)
  assert.equal(matches('v[^0-9]', 'vx'), 'match')
  assert.equal(matches('[]x]', ']'), 'match')
  assert.equal(matches('a[b', 'a[b'), 'match')
  for (const open of ['a[]', 'a[!]', 'a]b[']) assert.equal(matches(open, open), 'match', open)
  assert.equal(matches('\\#x', '#x'), 'match')
  assert.equal(matches('\\*', '*'), 'match')
  assert.equal(matches('\\*', 'x'), undefined)
  assert.equal(matches('x\\', 'x\\'), 'match')
  assert.equal(matches('/', 'a', true), undefined)
})

test('patterns of a file in a folder count there and below', () => {
  const patterns = parsePatterns('*.log\n/top\n', 'a/b')
  assert.equal(matchPatterns(patterns, 'a/b/c/x.log', false), 'match')
  assert.equal(matchPatterns(patterns, 'a/x.log', false), undefined)
  assert.equal(matchPatterns(patterns, 'a/b/top', false), 'match')
  assert.equal(matchPatterns(patterns, 'a/b/c/top', false), undefined)
})

test('S29: reading patterns costs no more than their length', () => {
  const startedAt = process.cpuUsage()
  for (const unit of ['[', '[]', '[!', '\\', '*', '[a-', '/', '!']) parsePatterns(unit.repeat(65_536 / unit.length))
  const { user, system } = process.cpuUsage(startedAt)
  assert.ok(user + system < 1_000_000, `${(user + system) / 1_000} ms`)
})

test('S29: a hostile pattern costs the product of the lengths at most', () => {
  assert.equal(matches('*a'.repeat(500), 'a'.repeat(20_000) + 'b'), undefined)
  assert.equal(matches(`${'**/a/'.repeat(200)}b`, Array.from({ length: 2_000 }, () => 'a').join('/')), undefined)
})
