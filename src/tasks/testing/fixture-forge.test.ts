import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { FixtureDialect, FixtureForge } from './fixture-forge.ts'
import { openFixture } from './fixture-forge.ts'
import { fixtureDialects } from './forge-stand.ts'
import { testToken } from './test-names.ts'

const tokens = {
  github: { authorization: `Bearer ${testToken}`, accept: 'application/vnd.github+json' },
  gitea: { authorization: `token ${testToken}` },
  gitlab: { 'private-token': testToken },
} as const

type Kind = keyof typeof tokens

interface Imitated {
  readonly fixture: FixtureForge
  readonly ask: (method: string, path: string, body?: string) => Promise<Response>
  /** Ends what owns the fixture; what it finds wrong is thrown. */
  readonly end: () => Promise<void>
}

async function imitate(t: TestContext, kind: Kind, dialect: FixtureDialect = fixtureDialects[kind]): Promise<Imitated> {
  const ends: (() => unknown)[] = []
  const fixture = await openFixture({ after: (end) => ends.push(end) }, dialect)
  const end = async (): Promise<void> => {
    while (ends.length > 0) await ends.shift()?.()
  }
  t.after(() => end().catch(() => {}))
  const headers = { ...tokens[kind], 'content-type': 'application/json' }
  const ask = (method: string, path: string, body?: string) =>
    fetch(`${fixture.origin}${dialect.root}${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
  return { fixture, ask, end }
}

const wrong: readonly (readonly [string, Kind, readonly [method: string, path: string, body?: string], RegExp])[] = [
  ['a path that is no route', 'github', ['GET', '/repos/team/shop/isues/1'], /no forge of this kind/],
  ['a method that a path does not have', 'gitea', ['PUT', '/repos/team/shop/issues/1', '{"state":"open"}'], /no forge of this kind/],
  ['a project whose slash is not escaped', 'gitlab', ['GET', '/projects/team/shop/issues'], /no forge of this kind/],
  ['a query of another route', 'github', ['GET', '/repos/team/shop/issues/1?issue_number=1'], /no parameter is called issue_number/],
  ['a query that is not described', 'gitea', ['GET', '/repos/team/shop/issues?per_page=5'], /no query is called per_page/],
  ['a word that a query never has', 'gitea', ['GET', '/repos/team/shop/issues?state=opened'], /state is never "opened"/],
  ['a number that is none', 'gitea', ['GET', '/repos/team/shop/issues/one'], /index is "one", and should be int64/],
  ['a time that is none', 'gitea', ['GET', '/repos/team/shop/issues?since=0'], /since is "0", and should be date-time/],
  ['a query that is there twice', 'gitlab', ['GET', '/projects/team%2Fshop/issues?state=all&state=opened'], /the query has state twice/],
  ['a word that a query never has', 'gitlab', ['GET', '/projects/team%2Fshop/issues?state=open'], /state is never "open"/],
  ['a word that a body never has', 'gitlab', ['PUT', '/projects/team%2Fshop/issues/1', '{"state_event":"closed"}'], /state_event is never/],
  ['people that are no numbers', 'gitlab', ['PUT', '/projects/team%2Fshop/issues/1', '{"assignee_ids":["ada"]}'], /assignee_ids are/],
  ['a field that no body has', 'gitea', ['PATCH', '/repos/team/shop/issues/1', '{"open":true}'], /body has no open/],
  ['a field that a body must have', 'gitea', ['POST', '/repos/team/shop/labels', '{"name":"a"}'], /body lacks color/],
  ['a body where none is taken', 'gitea', ['DELETE', '/repos/team/shop/issues/1/labels/1', '{"id":1}'], /a body is sent/],
  ['a body that is no JSON', 'github', ['POST', '/repos/team/shop/pulls', 'title=a'], /is not valid JSON/],
]

for (const [what, kind, [method, path, body], words] of wrong)
  test(`an imitated ${kind} fails the test that sends it ${what}`, async (t) => {
    const { fixture, ask, end } = await imitate(t, kind)
    fixture.state.addIssue()
    await ask(method, path, body).catch(() => {})
    await assert.rejects(end(), words)
  })

test('an imitated Gitea fails the test when it answers what a real one would not', async (t) => {
  const route = 'GET /repos/{owner}/{repo}/issues/{index}'
  for (const [body, words] of [
    [{ number: 1 }, /answer lacks title/],
    [{ number: '1', state: 'open' }, /answer.number is "1", and should be int64/],
    [{ number: 1, iid: 1 }, /answer has no iid/],
    [{ number: 1, labels: [{ id: 1, name: null }] }, /answer.labels\[0\].name is null/],
  ] as const) {
    const routes = { ...fixtureDialects.gitea.routes, [route]: { answer: () => ({ status: 200, body }) } }
    const { ask, end } = await imitate(t, 'gitea', { ...fixtureDialects.gitea, routes })
    await ask('GET', '/repos/team/shop/issues/1')
    await assert.rejects(end(), words)
  }
})

test('of another repository an imitated forge has nothing, and that is no mistake of who asks', async (t) => {
  for (const [kind, path] of [
    ['github', '/repos/team/another/issues/1'],
    ['gitea', '/repos/team/another/issues/1'],
    ['gitlab', '/projects/team%2Fanother/issues/1'],
  ] as const) {
    const { fixture, ask, end } = await imitate(t, kind)
    fixture.state.addIssue()
    assert.equal((await ask('GET', path)).status, 404)
    await end()
  }
})
