import assert from 'node:assert/strict'
import { test, after } from 'node:test'
import type { TestContext } from 'node:test'
import { runForgeSuite } from '../../src/tasks/suite/forge-suite.ts'
import { buildGitea } from './build-gitea.ts'
import { runClaimScenes } from './claim-scenes.ts'
import { runDescription } from './described.ts'
import type { GiteaTown } from './gitea-people.ts'
import { giteaPeople, makeGiteaRepository, settleGitea } from './gitea-people.ts'
import { openGitea } from './gitea-server.ts'
import { runGiteaJourney } from './gitea-journey.ts'
import { openWired } from './real-forge.ts'

/**
 * A real Gitea or Forgejo: the one that `ALTHING_TEST_GITEA_URL` names, with a token of its administrator in `ALTHING_TEST_GITEA_TOKEN`, or
 * one that is built and started here.
 */
const { ALTHING_TEST_GITEA_URL: url, ALTHING_TEST_GITEA_TOKEN: token } = process.env

const opened = new AsyncDisposableStack()
after(() => opened.disposeAsync())

async function openTown(): Promise<GiteaTown | string> {
  if (url !== undefined && token !== undefined) return settleGitea({ url: url.replace(/\/+$/, ''), token })
  const build = await buildGitea()
  return typeof build === 'string' ? build : settleGitea(opened.use(await openGitea(build)))
}

const town = await openTown()
if (typeof town === 'string') test('gitea', { skip: town }, () => {})
else {
  const makeRepository = async (_t: TestContext) => makeGiteaRepository(town)
  runForgeSuite('gitea', async (t) => {
    const repository = await makeRepository(t)
    const { forge, wire } = await openWired(repository, { writeGapMs: 0 })
    const traits = { hasEtags: false, hasOthers: true, manyIssues: 110, manyComments: 60 }
    return { forge, wire, traits, people: giteaPeople(town, repository.name) }
  })
  test('gitea: a label of the organisation is put on an issue, taken off, and not made again in the repository', async (t) => {
    const { signal } = t
    const { ask, team } = town
    const repository = await makeGiteaRepository(town)
    const { forge } = await openWired(repository, { writeGapMs: 0 })
    const people = giteaPeople(town, repository.name)
    for (const name of ['in-progress', 'needs-human']) await ask('POST', `/orgs/${team}/labels`, { name, color: '#ededed' })
    const number = await people.addIssue()
    const labels = async (): Promise<readonly string[]> => (await forge.issue(number, { signal })).labels.toSorted()
    await forge.label(number, { add: ['in-progress', 'completed'], remove: [] }, { signal })
    assert.deepEqual(await labels(), ['bzzz-task', 'completed', 'in-progress'])
    await forge.label(number, { add: ['needs-human'], remove: ['in-progress', 'completed'] }, { signal })
    assert.deepEqual(await labels(), ['bzzz-task', 'needs-human'])
    const own = await ask.list(`/repos/${team}/${repository.name}/labels`)
    assert.deepEqual(own.map((label) => label.text('name')).toSorted(), ['bzzz-task', 'completed'])
  })
  runDescription(town.server)
  runClaimScenes('gitea', makeRepository)
  runGiteaJourney(town)
}
