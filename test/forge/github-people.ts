import type { Json, JsonObject } from '../../src/lib/json.ts'
import type { ForgePeople } from '../../src/tasks/suite/suite-stand.ts'
import type { HostedRepository, HostedServer } from './hosted.ts'
import { hostedTraits } from './hosted.ts'
import { askAt, base64, makeName } from './real-forge.ts'

/** A repository on GitHub or an Enterprise server: one of its own, removed by `remove`, or the one that was named, emptied. */
export async function makeGithubRepository({ origin, named, token }: HostedServer): Promise<HostedRepository> {
  const api = origin === 'https://github.com' ? 'https://api.github.com' : `${origin}/api/v3`
  const ask = askAt(api, { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json' })
  const bot = (await ask('GET', '/user')).text('login')
  const path = named ?? (await ask('POST', '/user/repos', { name: makeName('althing'), private: true, auto_init: true })).text('full_name')
  const root = `/repos/${path}`
  const put = (file: string, change: JsonObject) => ask('PUT', `${root}/contents/${file}`, change)
  const mainCommit = async (): Promise<string> => (await ask('GET', `${root}/branches/main`)).object('commit').text('sha')
  const branchOff = async (name: string): Promise<void> =>
    void (await ask('POST', `${root}/git/refs`, { ref: `refs/heads/${name}`, sha: await mainCommit() }))
  const contested = async (branch: string, text: string): Promise<void> => {
    const known = await ask('GET', `${root}/contents/contested.txt?ref=${encodeURIComponent(branch)}`).catch(() => undefined)
    const sha: JsonObject = known === undefined ? {} : { sha: known.text('sha') }
    await put('contested.txt', { branch, content: base64(text), message: `Say ${text}`, ...sha })
  }
  if (named !== undefined) await sweep()
  const people: ForgePeople = {
    names: { member: bot, reviewer: bot, guest: bot, stranger: bot, bot },
    addIssue: async ({ body = 'It should not.', labels = ['bzzz-task'], isOpen = true } = {}) => {
      const number = (await ask('POST', `${root}/issues`, { title: 'The cart forgets', body, labels: [...labels] })).count('number')
      if (!isOpen) await ask('PATCH', `${root}/issues/${number}`, { state: 'closed' })
      return number
    },
    changeIssue: async (number, { isOpen, labels }) => {
      const change: Record<string, Json> = {}
      if (isOpen !== undefined) change['state'] = isOpen ? 'open' : 'closed'
      if (labels !== undefined) change['labels'] = [...labels]
      await ask('PATCH', `${root}/issues/${number}`, change)
    },
    comment: async (number, _author, body) => void (await ask('POST', `${root}/issues/${number}/comments`, { body })),
    passTime: () => {},
    pushBranch: async (head) => {
      await contested('main', 'nothing')
      await branchOff(head)
      await contested(head, 'ours')
    },
    removeBranch: async (head) => void (await ask('DELETE', `${root}/git/refs/heads/${head}`)),
    addPullAmongIssues: async () => {
      const branch = makeName('branch')
      await branchOff(branch)
      await put(`${branch}.txt`, { branch, content: base64('x'), message: 'Another' })
      const pull = await ask('POST', `${root}/pulls`, { title: 'Another', head: branch, base: 'main' })
      await ask('POST', `${root}/issues/${pull.count('number')}/labels`, { labels: ['bzzz-task', 'ui'] })
      return pull.count('number')
    },
    addForkPull: () => Promise.reject(new Error('one account has no fork of its own repository')),
    countPulls: async () => (await ask.list(`${root}/pulls?state=open&per_page=100`)).length,
    movePull: async (id, to) => {
      if (to === 'conflict' || to === 'mergeable') return contested('main', to === 'conflict' ? 'theirs' : 'nothing')
      if (to === 'merged') return void (await ask('PUT', `${root}/pulls/${id}/merge`))
      await ask('PATCH', `${root}/pulls/${id}`, { state: to })
    },
    pushMore: () => Promise.reject(new Error('what it is for needs a reviewer')),
    review: () => Promise.reject(new Error('nobody reviews their own pull request')),
    commit: mainCommit,
    check: async (commit, state) => void (await ask('POST', `${root}/statuses/${commit}`, { state, context: 'ci' })),
    pause: () => new Promise((resolve) => setTimeout(resolve, 1_000)),
  }
  const remove = async (): Promise<void> => (named === undefined ? void (await ask('DELETE', root)) : sweep())
  return { kind: 'github', url: `${origin}/${path}.git`, token, people, traits: { ...hostedTraits, hasEtags: true }, remove }

  async function sweep(): Promise<void> {
    for (const issue of await ask.list(`${root}/issues?state=open&per_page=100`))
      await ask('PATCH', `${root}/issues/${issue.count('number')}`, { state: 'closed' })
    for (const branch of await ask.list(`${root}/branches?per_page=100`))
      if (branch.text('name') !== 'main') await ask('DELETE', `${root}/git/refs/heads/${branch.text('name')}`)
  }
}
