import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ForgeKind } from '../task.ts'
import { guessForge, hostOf, placeOf } from './forge-place.ts'
import { graphqlRootOf } from './github-refs.ts'

const places: readonly (readonly [string, ForgeKind, string, string])[] = [
  ['https://github.com/team/shop.git', 'github', 'https://api.github.com', 'team/shop'],
  ['git@github.com:team/shop.git', 'github', 'https://api.github.com', 'team/shop'],
  ['ssh://git@ssh.github.com:443/team/shop.git', 'github', 'https://api.github.com', 'team/shop'],
  ['https://acme.ghe.com/team/shop', 'github', 'https://api.acme.ghe.com', 'team/shop'],
  ['git@acme.ghe.com:team/shop.git', 'github', 'https://api.acme.ghe.com', 'team/shop'],
  ['https://acme.ghe.com.eve.example/team/shop', 'github', 'https://acme.ghe.com.eve.example/api/v3', 'team/shop'],
  ['https://git.example.org/team/shop', 'github', 'https://git.example.org/api/v3', 'team/shop'],
  ['https://gitlab.com/group/below/shop', 'gitlab', 'https://gitlab.com/api/v4', 'group/below/shop'],
  ['https://git.example.org/team/shop', 'gitlab', 'https://git.example.org/api/v4', 'team/shop'],
  ['ssh://git@git.example.org:2222/team/shop.git', 'gitea', 'https://git.example.org/api/v1', 'team/shop'],
  ['http://127.0.0.1:3000/forge/team/shop', 'gitea', 'http://127.0.0.1:3000/forge/api/v1', 'team/shop'],
]

for (const [url, forge, api, path] of places)
  test(`S18: the API of ${url} as ${forge} is on the host that was named`, () => {
    const place = placeOf({ url, forge })
    assert.deepEqual([place.api, place.path], [api, path])
  })

test('what is no repository of a forge is refused', () => {
  for (const url of ['/srv/git/shop.git', 'https://github.com/shop', 'https://github.com/a/b/c', 'https://github.com/team/sh%20op'])
    assert.throws(() => placeOf({ url, forge: 'github' }), { code: 'PROJECT_INVALID' })
})

test('known hosts tell their kind, and every other is a repository and nothing more', () => {
  const kinds = {
    'https://github.com/a/b': 'github',
    'ssh://git@ssh.github.com:443/a/b': 'github',
    'https://acme.ghe.com/a/b': 'github',
    'git@gitlab.com:a/b': 'gitlab',
    'ssh://git@altssh.gitlab.com:443/a/b': 'gitlab',
    'https://codeberg.org/a/b': 'gitea',
    'https://github.com.eve.example/a/b': 'git',
    'https://acme.ghe.com.eve.example/a/b': 'git',
    '/srv/git/a': 'git',
  }
  assert.deepEqual(Object.fromEntries(Object.keys(kinds).map((url) => [url, guessForge(url)])), kinds)
  assert.deepEqual([hostOf('/srv/git/a'), hostOf('ssh://git@ssh.github.com:443/a/b')], [undefined, 'github.com'])
})

test('GraphQL is asked beside the REST API, wherever that is', () => {
  const roots = ['https://api.github.com', 'https://api.acme.ghe.com', 'https://git.example.org/api/v3'].map((api) =>
    graphqlRootOf({ api }),
  )
  assert.deepEqual(roots, ['https://api.github.com', 'https://api.acme.ghe.com', 'https://git.example.org/api'])
})
