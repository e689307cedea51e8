import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePackageName } from '../../rules/names.ts'
import { isPublicAddress } from './judge-address.ts'
import { bareHost, judgeRedirect, mayConnect, parseRegistryUrl } from './judge-url.ts'
import { archivePath, indexPath, listPath } from './registry-paths.ts'

function pathOf(name: string): string {
  const parsed = parsePackageName(name)
  if (parsed === undefined) throw new Error(`${name} is no name`)
  return indexPath(parsed)
}

test('lines stand where a sparse index of cargo has them', () => {
  assert.deepEqual(['a', 'ab', 'abc', 'abcd', 'axum'].map(pathOf), [
    'index/1/a',
    'index/2/ab',
    'index/3/a/abc',
    'index/ab/cd/abcd',
    'index/ax/um/axum',
  ])
  assert.equal(archivePath('ab'.repeat(32)), `archives/ab/${'ab'.repeat(32)}.tar.zst`)
  assert.equal(listPath('bafkrei4'), 'lists/i4/bafkrei4')
})

test('S8: a name with dots leads no path elsewhere and hides none', () => {
  assert.deepEqual(['ab..c', 'a..b', 'ab.c-d'].map(pathOf), ['index/ab/__/ab..c', 'index/a_/_b/a..b', 'index/ab/_c/ab.c-d'])
})

test('S18: private, local and special addresses are not public', () => {
  const closed = [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
  ]
  const closed6 = ['::1', '::', 'fe80::1', 'fd00::1', 'ff02::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:db8::1']
  for (const address of [...closed, ...closed6, 'example.org', '']) assert.equal(isPublicAddress(address), false, address)
  for (const address of ['1.1.1.1', '93.184.216.34', '2606:4700::1111']) assert.equal(isPublicAddress(address), true, address)
})

test('a registry is at http or https, and its URL has no password, query or fragment', () => {
  assert.equal(parseRegistryUrl('https://packages.example/althing/'), 'https://packages.example/althing')
  assert.equal(parseRegistryUrl('http://127.0.0.1:8080'), 'http://127.0.0.1:8080')
  const refused = ['ftp://a.example', 'file:///etc', 'a.example', 'https://u:p@a.example', 'https://a.example?x', 'https://a.example#x']
  for (const text of [...refused, `https://a.example/${'x'.repeat(400)}`]) assert.equal(parseRegistryUrl(text), undefined, text)
})

test('S18: a redirect leads to no other protocol, no password, not from https to http, and into no private network', () => {
  const registry = { url: new URL('https://a.example/packages'), isPrivate: false }
  const judge = (to: string): string | undefined => judgeRedirect(registry, registry.url, new URL(to))
  assert.equal(judge('https://cdn.example/x'), undefined)
  assert.match(judge('file:///etc/passwd') ?? '', /file: is not asked/)
  assert.match(judge('https://u:p@cdn.example/') ?? '', /password/)
  assert.match(judge('http://a.example/') ?? '', /https to http/)
  assert.match(judge('https://169.254.169.254/latest') ?? '', /private network/)
  assert.match(judge('https://[::1]/x') ?? '', /::1 is an address of a private network/)
  const local = { url: new URL('http://127.0.0.1:8080'), isPrivate: true }
  assert.equal(judgeRedirect(local, local.url, new URL('http://127.0.0.1:8080/packages')), undefined)
  assert.match(judgeRedirect(local, local.url, new URL('http://127.0.0.1:9090/')) ?? '', /private network/)
})

test('S18: what a name leads to is asked where it is public, and in a private network only where the registry was when it was added', () => {
  const url = new URL('http://intranet.example:8080')
  const registry = { url, isPrivate: true }
  assert.equal(mayConnect(registry, url, '10.0.0.5'), true)
  assert.equal(mayConnect({ url, isPrivate: false }, url, '10.0.0.5'), false)
  assert.equal(mayConnect({ url, isPrivate: false }, url, '1.1.1.1'), true)
  assert.equal(mayConnect(registry, new URL('http://other.example:8080'), '10.0.0.5'), false)
  assert.equal(mayConnect(registry, new URL('http://other.example:8080'), '1.1.1.1'), true)
  assert.equal(bareHost(new URL('http://[::1]:80/')), '::1')
})
