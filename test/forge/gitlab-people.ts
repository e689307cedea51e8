import type { Json } from '../../src/lib/json.ts'
import type { ForgePeople } from '../../src/tasks/suite/suite-stand.ts'
import type { HostedRepository, HostedServer } from './hosted.ts'
import { hostedTraits } from './hosted.ts'
import { askAt, makeName } from './real-forge.ts'

/** A project on a GitLab: one of its own, removed by `remove`, or the one that was named, emptied. */
export async function makeGitlabRepository({ origin, named, token }: HostedServer): Promise<HostedRepository> {
  const ask = askAt(`${origin}/api/v4`, { 'private-token': token })
  const bot = (await ask('GET', '/user')).text('username')
  const wish = { name: makeName('althing'), visibility: 'private', initialize_with_readme: true, default_branch: 'main' }
  const path = named ?? (await ask('POST', '/projects', wish)).text('path_with_namespace')
  const root = `/projects/${encodeURIComponent(path)}`
  const mainCommit = async (): Promise<string> => (await ask('GET', `${root}/repository/branches/main`)).object('commit').text('id')
  const branchOff = async (branch: string): Promise<void> =>
    void (await ask('POST', `${root}/repository/branches`, { branch, ref: 'main' }))
  const write = async (file: string, branch: string, content: string): Promise<void> => {
    const change = { branch, content, commit_message: `Say ${content}` }
    const at = `${root}/repository/files/${file}`
    await ask('PUT', at, change).catch(() => ask('POST', at, change))
  }
  const open = (head: string, title: string, labels: string) =>
    ask('POST', `${root}/merge_requests`, { source_branch: head, target_branch: 'main', title, labels })
  if (named !== undefined) await sweep()
  const people: ForgePeople = {
    names: { member: bot, reviewer: bot, guest: bot, stranger: bot, bot },
    addIssue: async ({ body = 'It should not.', labels = ['bzzz-task'], isOpen = true } = {}) => {
      const issue = await ask('POST', `${root}/issues`, { title: 'The cart forgets', description: body, labels: labels.join(',') })
      if (!isOpen) await ask('PUT', `${root}/issues/${issue.count('iid')}`, { state_event: 'close' })
      return issue.count('iid')
    },
    changeIssue: async (number, { isOpen, labels }) => {
      const change: Record<string, Json> = {}
      if (isOpen !== undefined) change['state_event'] = isOpen ? 'reopen' : 'close'
      if (labels !== undefined) change['labels'] = labels.join(',')
      await ask('PUT', `${root}/issues/${number}`, change)
    },
    comment: async (number, _author, body) => void (await ask('POST', `${root}/issues/${number}/notes`, { body })),
    passTime: () => {},
    pushBranch: async (head) => {
      await write('contested.txt', 'main', 'nothing')
      await branchOff(head)
      await write('contested.txt', head, 'ours')
    },
    removeBranch: async (head) => void (await ask('DELETE', `${root}/repository/branches/${encodeURIComponent(head)}`)),
    addPullAmongIssues: async () => {
      const branch = makeName('branch')
      await branchOff(branch)
      await write('another.txt', branch, 'x')
      await open(branch, 'Another', 'bzzz-task,ui')
      return undefined
    },
    addForkPull: () => Promise.reject(new Error('one account has no fork of its own project')),
    countPulls: async () => (await ask.list(`${root}/merge_requests?state=opened&per_page=100`)).length,
    movePull: async (id, to) => {
      const at = `${root}/merge_requests/${id}`
      if (to === 'conflict' || to === 'mergeable') return write('contested.txt', 'main', to === 'conflict' ? 'theirs' : 'nothing')
      if (to === 'merged') return void (await ask('PUT', `${at}/merge`))
      await ask('PUT', at, { state_event: to === 'closed' ? 'close' : 'reopen' })
    },
    pushMore: () => Promise.reject(new Error('what it is for needs a reviewer')),
    review: () => Promise.reject(new Error('nobody reviews their own merge request')),
    commit: mainCommit,
    check: async (commit, word) => {
      const state = word === 'failure' ? 'failed' : word
      await ask('POST', `${root}/statuses/${commit}`, { state, name: 'ci' })
    },
    pause: () => new Promise((resolve) => setTimeout(resolve, 1_000)),
  }
  const remove = async (): Promise<void> => (named === undefined ? void (await ask('DELETE', root)) : sweep())
  return { kind: 'gitlab', url: `${origin}/${path}.git`, token, people, traits: { ...hostedTraits, hasEtags: true }, remove }

  async function sweep(): Promise<void> {
    for (const issue of await ask.list(`${root}/issues?state=opened&per_page=100`))
      await ask('PUT', `${root}/issues/${issue.count('iid')}`, { state_event: 'close' })
    for (const branch of await ask.list(`${root}/repository/branches?per_page=100`)) {
      const name = branch.text('name')
      if (name !== 'main') await ask('DELETE', `${root}/repository/branches/${encodeURIComponent(name)}`)
    }
  }
}
