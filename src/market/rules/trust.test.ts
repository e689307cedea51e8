import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownerOf } from '../testing/stand.ts'
import type { KnownPackage } from './look-alike.ts'
import type { TrustQuestion, TrustedRelease } from './trust.ts'
import { judgeTrust } from './trust.ts'

const hour = 3_600_000
const none = { tools: [], commands: [], hosts: [], paths: [] }
const hive = 'hive:workbench'

function releaseAt(version: string, more: Partial<TrustedRelease> = {}): TrustedRelease {
  const facts = { permissions: none, yanked: null, deprecated: null, firstSeenAt: 0, source: hive }
  return { owner: ownerOf('ada'), version, digest: `sha256:${version}`, ...facts, ...more }
}

const self: KnownPackage = {
  ...{ package: '@ada/axum', owner: ownerOf('ada'), handle: 'ada', name: 'axum' },
  ...{ isInstalled: false, versions: 3, firstSeenAt: 0 },
}

function judge(more: Partial<TrustQuestion> = {}) {
  const wanted = more.wanted ?? releaseAt('1.1.0')
  return judgeTrust({
    ...{ package: '@ada/axum', locked: undefined, policy: { coolDownMs: 0, isOpenHive: false }, now: 100 * hour },
    ...{ newestSeen: '1.1.0', newestOffered: '1.1.0', self, near: [], overrides: [], transfers: [] },
    ...more,
    wanted,
  })
}

/** Kinds with how much they weigh, in order. */
function said(more: Partial<TrustQuestion>): readonly string[] {
  return judge(more).map(({ kind, severity }) => `${severity} ${kind}`)
}

test('against a plain release, and a plain update, nothing is said', () => {
  assert.deepEqual(said({}), [])
  assert.deepEqual(said({ locked: releaseAt('1.0.0') }), [])
  assert.deepEqual(said({ locked: releaseAt('1.1.0') }), [])
})

test('S10: a release by another owner than the lock pins is refused, and nobody can accept it', () => {
  const wanted = releaseAt('1.1.0', { owner: ownerOf('eve') })
  const locked = releaseAt('1.0.0')
  assert.deepEqual(said({ wanted, locked }), ['refuse owner-changed'])
  assert.deepEqual(said({ wanted, locked, overrides: [{ kind: 'owner-changed', version: '1.1.0' }] }), ['refuse owner-changed'])
  assert.deepEqual(said({ wanted, locked, transfers: [ownerOf('bob')] }), ['refuse owner-changed'])
})

test('an update to whom the owner handed the package on is said; in an open hive it is asked', () => {
  const question = { wanted: releaseAt('1.1.0', { owner: ownerOf('bob') }), locked: releaseAt('1.0.0'), transfers: [ownerOf('bob')] }
  assert.deepEqual(said(question), ['warn owner-changed'])
  assert.deepEqual(said({ ...question, policy: { coolDownMs: 0, isOpenHive: true } }), ['ask owner-changed'])
})

test('S9: the bytes of a locked version never become others', () => {
  const locked = releaseAt('1.1.0', { digest: 'sha256:before' })
  assert.deepEqual(said({ locked }), ['refuse republished'])
})

test('S8: what the lock has from one source is asked before it comes from another', () => {
  assert.deepEqual(said({ locked: releaseAt('1.0.0', { source: 'registry:https://example.org' }) }), ['ask foreign'])
})

test('S9: a source that offers less than was seen is asked about, and going back is said', () => {
  assert.deepEqual(said({ newestSeen: '1.2.0' }), ['ask rollback'])
  assert.deepEqual(said({ newestSeen: '1.2.0', newestOffered: undefined }), ['ask rollback'])
  assert.deepEqual(said({ newestSeen: '1.1.0', newestOffered: '2.0.0' }), [])
  assert.deepEqual(said({ newestSeen: undefined, newestOffered: undefined }), [])
  assert.deepEqual(said({ locked: releaseAt('1.2.0') }), ['warn rollback'])
})

test('S9: a yanked release that is installed may stay, one that is not is asked', () => {
  const wanted = releaseAt('1.1.0', { yanked: 'leaks' })
  assert.deepEqual(said({ wanted, locked: wanted }), ['warn yanked'])
  assert.deepEqual(said({ wanted, locked: releaseAt('1.0.0') }), ['ask yanked'])
  assert.deepEqual(said({ wanted, locked: releaseAt('1.1.0', { owner: ownerOf('bob') }), transfers: [ownerOf('ada')] }), [
    'ask yanked',
    'warn owner-changed',
  ])
  assert.match(judge({ wanted })[0]?.message ?? '', /1\.1\.0 was yanked \(leaks\)/)
  assert.match(judge({ wanted: releaseAt('1.1.0', { yanked: '' }) })[0]?.message ?? '', /no reason given/)
})

test('what was first seen less than the cool-down ago is asked, by our own clock', () => {
  const policy = { coolDownMs: 24 * hour, isOpenHive: true }
  const seen = (firstSeenAt: number) => said({ policy, wanted: releaseAt('1.1.0', { firstSeenAt }) })
  assert.deepEqual(seen(76 * hour), [])
  assert.deepEqual(seen(76 * hour + 1), ['ask cool-down'])
  assert.deepEqual(seen(900 * hour), ['ask cool-down'])
  const [ahead] = judge({ policy, wanted: releaseAt('1.1.0', { firstSeenAt: 900 * hour }) })
  assert.equal(ahead?.data['leftMs'], 24 * hour)
  const fresh = releaseAt('1.1.0', { firstSeenAt: 99 * hour })
  assert.deepEqual(said({ policy, wanted: fresh, locked: fresh }), [])
  assert.deepEqual(said({ wanted: fresh }), [])
  const [issue] = judge({ policy, wanted: releaseAt('1.1.0', { firstSeenAt: 100 * hour - 600_000 }) })
  assert.match(issue?.message ?? '', /first seen here 10 min ago; .* for 24 h\. Wait 24 h/)
  assert.equal(issue?.data['leftMs'], 24 * hour - 600_000)
})

test('S15: permissions that grew with an update are asked by name; those of a first install are shown elsewhere', () => {
  const wanted = releaseAt('1.1.0', { permissions: { ...none, tools: ['Bash'] } })
  const [issue, ...more] = judge({ wanted, locked: releaseAt('1.0.0') })
  assert.deepEqual([issue?.severity, issue?.kind, issue?.data['added']], ['ask', 'permissions-grown', ['tools: Bash']])
  assert.equal(more.length, 0)
  assert.deepEqual(said({ wanted }), [])
  assert.deepEqual(said({ wanted, locked: releaseAt('1.0.0', { permissions: undefined }) }), ['ask permissions-grown'])
  assert.deepEqual(said({ wanted: releaseAt('1.1.0', { permissions: undefined }), locked: releaseAt('1.0.0') }), [])
  assert.deepEqual(said({ wanted, locked: releaseAt('1.1.0', { permissions: undefined }) }), [])
})

test('S8: a look-alike is said when it is new here, and not again', () => {
  const near = [{ ...self, package: '@bob/axun', owner: ownerOf('bob'), handle: 'bob', name: 'axun', versions: 9 }]
  assert.deepEqual(said({ near }), ['warn look-alike'])
  assert.deepEqual(said({ near, locked: releaseAt('1.0.0') }), [])
})

test('a deprecation is said with what its owner wrote', () => {
  const [issue] = judge({ wanted: releaseAt('1.1.0', { deprecated: 'use other' }) })
  assert.deepEqual([issue?.severity, issue?.message], ['warn', '@ada/axum 1.1.0 is deprecated: use other'])
})

test('what was accepted for a version is not asked again for it, and is for the next', () => {
  const locked = releaseAt('1.0.0')
  const wanted = releaseAt('1.1.0', { permissions: { ...none, hosts: ['*'] } })
  assert.deepEqual(said({ wanted, locked, overrides: [{ kind: 'permissions-grown', version: '1.1.0' }] }), [])
  assert.deepEqual(said({ wanted, locked, overrides: [{ kind: 'permissions-grown', version: '1.0.0' }] }), ['ask permissions-grown'])
  assert.deepEqual(said({ wanted, locked, overrides: [{ kind: 'yanked', version: '1.1.0' }] }), ['ask permissions-grown'])
})

test('of several things the gravest comes first', () => {
  const wanted = releaseAt('1.1.0', { owner: ownerOf('eve'), deprecated: 'x', yanked: '' })
  assert.deepEqual(said({ wanted, locked: releaseAt('1.0.0') }), ['refuse owner-changed', 'ask yanked', 'warn deprecated'])
})
