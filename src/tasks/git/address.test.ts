import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../../lib/fault.ts'
import { projectIdOf } from '../task.ts'
import { parseGitAddress } from './address.ts'
import { commandOfPath, commandOfSsh } from './git-commands.ts'
import { isBranchName, isRefName } from './ref-names.ts'

test('addresses of repositories are taken apart', () => {
  assert.deepEqual(parseGitAddress('https://Git.example.org/team/shop.git/'), {
    ...{ kind: 'http', url: 'https://git.example.org/team/shop.git', isEncrypted: true, isLoopback: false },
  })
  assert.deepEqual(parseGitAddress('http://127.0.0.1:3000/a'), {
    ...{ kind: 'http', url: 'http://127.0.0.1:3000/a', isEncrypted: false, isLoopback: true },
  })
  assert.deepEqual(parseGitAddress('git@example.org:team/shop.git'), {
    ...{ kind: 'ssh', user: 'git', host: 'example.org', port: undefined, path: 'team/shop.git' },
  })
  assert.deepEqual(parseGitAddress('ssh://git@example.org:2222/~ada/shop'), {
    ...{ kind: 'ssh', user: 'git', host: 'example.org', port: 2222, path: '~ada/shop' },
  })
  assert.deepEqual(parseGitAddress('file:///srv/a%20b.git'), { kind: 'path', path: '/srv/a b.git' })
})

for (const address of [
  '-oProxyCommand=touch /tmp/x',
  '--upload-pack=touch',
  'ext::sh -c touch',
  'ssh://-oProxyCommand=x/y',
  'ssh://git@-x/y',
  'ssh://-x@host/y',
  'git@-oProxyCommand=x:y',
  'host:-x',
  'host:a\nb',
  'ssh://host/a%0ab',
  'file://host/x',
  'ftp://host/x',
  'https://ada:secret@host/x',
  'https://token@host/x',
  'https://host/x?y',
  'relative/path',
  '',
  `https://host/${'x'.repeat(3_000)}`,
]) {
  test(`S26: ${JSON.stringify(address.slice(0, 40))} is no address`, () => {
    assert.throws(
      () => parseGitAddress(address),
      (error) =>
        error instanceof Fault &&
        error.code === 'PROJECT_INVALID' &&
        !error.message.includes('secret') &&
        !error.message.includes('token@'),
    )
  })
}

test('S26: what is in a path is one word to the shell at the other end', () => {
  const address = parseGitAddress("host:it's; rm -rf $HOME")
  assert.ok(address.kind === 'ssh')
  const { program, args } = commandOfSsh(address, { environment: {} })('git-receive-pack')
  assert.equal(program, 'ssh')
  assert.deepEqual(args.slice(args.indexOf('--')), ['--', 'host', String.raw`git-receive-pack 'it'\''s; rm -rf $HOME'`])
})

test('programs get the variables they are given and none of ours', () => {
  const { environment } = commandOfPath('/srv/shop.git', { environment: { PATH: '/bin' } })('git-upload-pack')
  assert.deepEqual(Object.keys(environment).toSorted(), ['GIT_CONFIG_NOSYSTEM', 'GIT_PROTOCOL', 'GIT_TERMINAL_PROMPT', 'LC_ALL', 'PATH'])
})

test('a project has one name, however its address is spelt', () => {
  for (const address of [
    'https://Example.org/team/shop',
    'https://example.org/team/shop.git/',
    'git@example.org:team/shop.git',
    'ssh://git@example.org:22/team/shop',
  ])
    assert.equal(projectIdOf(address), 'example.org/team/shop')
  assert.equal(projectIdOf('http://example.org:3000/a/b'), 'example.org:3000/a/b')
  assert.equal(projectIdOf('/srv/shop.git'), 'file:/srv/shop')
  assert.throws(() => projectIdOf('nothing'), /no address of a project/)
})

test('names of branches are those that git takes and no program takes for an option', () => {
  for (const name of ['main', 'althing/issue-7', 'a.b_c']) assert.equal(isBranchName(name), true, name)
  for (const name of [
    '',
    '-x',
    'a/-x',
    'a..b',
    '.a',
    'a/.b',
    'a.lock',
    'a b',
    'a~',
    'a:b',
    'HEAD',
    '@',
    'a//b',
    'a/',
    'é',
    'a@{b',
    'x'.repeat(251),
  ])
    assert.equal(isBranchName(name), false, name)
  assert.deepEqual([isRefName('refs/heads/a'), isRefName('heads/a')], [true, false])
})

for (const address of ['https://:hunter2@host/x', 'http://ada:hunter2@127.0.0.1/x', 'ssh://git:hunter2@host/x', 'ssh://:hunter2@host/x'])
  test(`S20: ${address.replace('hunter2', '…')} has a password in it, is no address, and the fault does not show it`, () => {
    assert.throws(
      () => parseGitAddress(address),
      (error) => error instanceof Fault && error.code === 'PROJECT_INVALID' && !error.message.includes('hunter2'),
    )
  })

for (const address of ['ssh://git@example.org/%zz', 'ssh://git@example.org/%ff', 'file:///srv/%e9'])
  test(`${address} names no path, and is no address`, () => {
    assert.throws(() => parseGitAddress(address), { code: 'PROJECT_INVALID' })
  })
