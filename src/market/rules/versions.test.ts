import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseRelease, chooseStanding, compareNewest, compareReleases, isVersionRange, parseVersion } from './versions.ts'

const at = (version: string, time = 0): { version: string; at: number } => ({ version, at: time })

test('a version is exact semver in its one spelling', () => {
  for (const version of ['1.2.3', '0.0.0+3f2a', '1.0.0-rc.1', '26.8.18+dfcm.1', `1.0.0-${'a'.repeat(250)}`])
    assert.equal(parseVersion(version), version)
  for (const version of [
    '',
    '1',
    '1.2',
    'v1.2.3',
    '01.2.3',
    ' 1.2.3',
    '1.2.3 ',
    '^1.2.3',
    `1.0.0-${'a'.repeat(251)}`,
    `${'9'.repeat(30)}.0.0`,
  ]) {
    assert.equal(parseVersion(version), undefined, version)
  }
})

test('a range is what semver takes as one', () => {
  for (const range of ['^1', '>=1 <2', '1.2.x', '*']) assert.ok(isVersionRange(range), range)
  for (const range of ['', ' ', 'src/rust', 'latest', '1'.repeat(300), `^1${' '.repeat(255)}`])
    assert.equal(isVersionRange(range), false, range)
})

test('the highest release in the range is chosen', () => {
  const candidates = [at('1.0.0'), at('1.10.0'), at('1.9.0'), at('2.0.0'), at('2.1.0-rc.1')]
  assert.equal(chooseRelease(candidates, '^1')?.version, '1.10.0')
  assert.equal(chooseRelease(candidates, undefined)?.version, '2.0.0')
  assert.equal(chooseRelease(candidates, '>=2.1.0-rc.0')?.version, '2.1.0-rc.1')
  assert.equal(chooseRelease(candidates, '1.9.0')?.version, '1.9.0')
  assert.equal(chooseRelease(candidates, '^3'), undefined)
  assert.equal(chooseRelease([], undefined), undefined)
})

test('of the versions that stand the highest in the range is chosen; none where all were taken back', () => {
  const candidates = [
    { ...at('1.0.0'), yanked: null },
    { ...at('1.1.0'), yanked: '' },
    { ...at('2.0.0'), yanked: 'leaks' },
  ]
  assert.equal(chooseStanding(candidates, undefined)?.version, '1.0.0')
  assert.equal(chooseStanding(candidates, '>=1.1'), undefined)
})

test('a stable version is newer than any pre-release', () => {
  assert.ok(compareNewest(at('1.0.0'), at('2.0.0-rc.1')) > 0)
  assert.ok(compareNewest(at('1.0.0'), at('1.0.1')) < 0)
  assert.ok(compareNewest(at('1.0.0-a'), at('1.0.0-b')) < 0)
})

test('a pre-release is chosen when there is nothing else', () => {
  assert.equal(chooseRelease([at('1.0.0-a'), at('1.0.0-b')], undefined)?.version, '1.0.0-b')
  assert.equal(chooseRelease([at('1.0.0-a')], '^1'), undefined)
})

test('of versions that differ in build metadata only, the later one is newer', () => {
  assert.equal(chooseRelease([at('0.0.0+ff', 1), at('0.0.0+aa', 2)], undefined)?.version, '0.0.0+aa')
  assert.equal(chooseRelease([at('0.0.0+ff', 1), at('0.0.0+aa', 2)], '0.0.0+ff')?.version, '0.0.0+ff')
  assert.ok(compareReleases(at('0.0.0+a', 1), at('0.0.0+b', 1)) < 0)
  assert.ok(compareReleases(at('0.0.0+b', 1), at('0.0.0+a', 1)) > 0)
  assert.equal(compareReleases(at('1.0.0', 1), at('1.0.0', 1)), 0)
})
