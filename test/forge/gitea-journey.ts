import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { AnswerFields } from '../../src/tasks/forges/answer-fields.ts'
import type { Machine } from '../e2e/machine.ts'
import { list, openVillage, text } from '../e2e/machine.ts'
import type { GiteaTown } from './gitea-people.ts'
import { giteaPeople, makeGiteaRepository } from './gitea-people.ts'

/** How often a worker looks by itself in this journey, in milliseconds: never, as far as the journey lasts. */
const pollMs = 3_600_000
/** Longest wait for what a worker does after a webhook, in milliseconds. */
const deadlineMs = 60_000

const agent = 'cat > /dev/null; echo "Welcome." > welcome.md'

/** The way of a new user with a real Gitea, in which webhooks alone make the worker look. */
export function runGiteaJourney(town: GiteaTown): void {
  test('gitea: an issue becomes a pull request and a merged one ends it, each within seconds of the webhook that says so', async (t) => {
    const { ask, team, token, names } = town
    const { url, name } = await makeGiteaRepository(town)
    const people = giteaPeople(town, name)
    const village = openVillage(t, {
      ALTHING_HTTP_ENABLED: 'true',
      ALTHING_HTTP_PORT: '0',
      ALTHING_WORKERS_DRIVER: 'command',
      ALTHING_WORKERS_COMMAND: `sh,-c,${agent}`,
      ALTHING_WORKERS_SANDBOX: 'none',
      ALTHING_WORKERS_POLL_MS: String(pollMs),
    })
    const ada = village.settle('ada')
    await ada.start()
    const file = join(village.root, 'token.txt')
    writeFileSync(file, token, { mode: 0o600 })
    await ada.ask('project', 'token', url, file)
    await ada.ask('project', 'add', url, '--forge', 'gitea')
    const { form, hasFailed } = await ada.ask('doctor', name)
    assert.deepEqual([form, hasFailed], ['native', false])

    const hook = await ada.ask('project', 'hook', name)
    const secret = readFileSync(text(hook, 'secretFile'), 'utf8').trim()
    await ask('POST', `/repos/${team}/${name}/hooks`, {
      type: 'gitea',
      active: true,
      events: [...(hook['events'] as readonly string[])],
      config: { url: text(hook, 'url'), content_type: 'json', secret },
    })
    const worker = ada.begin(['worker', 'start'])
    await worker.until(/looks for tasks/)

    const number = await people.addIssue()
    const pull = await until(`a pull request of issue ${number}`, async () => (await openPulls(town, name))[0])
    assert.deepEqual([pull.object('head').text('ref'), pull.object('user').text('login')], [`althing/issue-${number}`, names.bot])
    assert.match(pull.text('body'), /ucxl:\/\//)
    const shown = await until('the issue to say so', async () => {
      const issue = await ask('GET', `/repos/${team}/${name}/issues/${number}`)
      return labelsOf(issue).includes('in-progress') ? issue : undefined
    })
    assert.deepEqual(
      shown.objects('assignees').map((user) => user.text('login')),
      [names.bot],
    )

    await people.movePull(String(pull.count('number')), 'merged')
    await until('the issue to be closed, with its labels', async () => {
      const issue = await ask('GET', `/repos/${team}/${name}/issues/${number}`)
      const labels = labelsOf(issue)
      // Gitea closes it by the words of the pull request; the labels follow
      const isEnded = issue.text('state') === 'closed' && labels.includes('completed') && !labels.includes('in-progress')
      return isEnded ? issue : undefined
    })
    assert.equal((await openPulls(town, name)).length, 0)
    await assertKinds(ada, `${name}#issue-${number}`, ['claim', 'review', 'done'])

    worker.kill('SIGINT')
    await worker.ended
  })
}

async function assertKinds(machine: Machine, task: string, kinds: readonly string[]): Promise<void> {
  const links = list(await machine.ask('task', 'history', task), 'links').map(({ kind }) => kind)
  assert.deepEqual(
    links.filter((kind) => kind !== 'renew'),
    kinds,
  )
}

function openPulls({ ask, team }: GiteaTown, name: string): Promise<readonly AnswerFields[]> {
  return ask.list(`/repos/${team}/${name}/pulls?state=open`)
}

function labelsOf(issue: AnswerFields): readonly string[] {
  return issue.objects('labels').map((label) => label.text('name'))
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
