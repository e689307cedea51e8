import type { JsonObject } from '../../src/lib/json.ts'
import type { ForgePeople, Somebody } from '../../src/tasks/suite/suite-stand.ts'
import type { Ask, RealRepository } from './real-forge.ts'
import { askAt, base64, makeName } from './real-forge.ts'
import type { RealServer } from './gitea-server.ts'

/** A Gitea with its operator, who may speak for everybody, and the accounts that this run made. */
export interface GiteaTown {
  readonly server: RealServer
  readonly ask: Ask
  /** Organisation that owns what is made here. */
  readonly team: string
  readonly names: ForgePeople['names']
  /** Of the bot, with the rights that the guide names. */
  readonly token: string
}

/** Rights of a token that works. @see docs/guide/forges/gitea.md */
export const giteaScopes = ['write:issue', 'write:repository', 'read:user']

/** Makes accounts and a team; needs a token of an administrator. */
export async function settleGitea(server: RealServer): Promise<GiteaTown> {
  const ask = askAt(`${server.url}/api/v1`, { authorization: `token ${server.token}` })
  const names = {
    member: makeName('ada'),
    reviewer: makeName('bob'),
    guest: makeName('cy'),
    stranger: makeName('eve'),
    bot: makeName('bot'),
  }
  const password = makeName('Not-a-secret')
  for (const username of Object.values(names))
    await ask('POST', '/admin/users', { username, password, email: `${username}@example.org`, must_change_password: false })
  const team = makeName('team')
  await ask('POST', '/orgs', { username: team, visibility: 'public' })
  const login = Buffer.from(`${names.bot}:${password}`).toString('base64')
  const made = await ask(
    'POST',
    `/users/${names.bot}/tokens`,
    { name: 'althing', scopes: giteaScopes },
    { authorization: `Basic ${login}` },
  )
  return { server, ask, team, names, token: made.text('sha1') }
}

/** Makes a repository with a commit on `main`, in which the member, the reviewer and the bot may write, and the guest may read. */
export async function makeGiteaRepository({
  server,
  ask,
  team,
  names,
  token,
}: GiteaTown): Promise<RealRepository & { readonly name: string }> {
  const name = makeName('shop')
  await ask('POST', `/orgs/${team}/repos`, { name, auto_init: true, default_branch: 'main', private: false })
  const rights = [
    [names.member, 'write'],
    [names.reviewer, 'write'],
    [names.bot, 'write'],
    [names.guest, 'read'],
  ] as const
  for (const [who, permission] of rights) await ask('PUT', `/repos/${team}/${name}/collaborators/${who}`, { permission })
  return { kind: 'gitea', url: `${server.url}/${team}/${name}.git`, token, name }
}

/** People around one repository. */
export function giteaPeople({ ask, team, names }: GiteaTown, name: string): ForgePeople {
  const root = `/repos/${team}/${name}`
  const as = (who: Somebody | 'bot'): Readonly<Record<string, string>> => ({ sudo: names[who] })
  const labelIds = async (labels: readonly string[]): Promise<readonly number[]> => {
    const known = new Map((await ask.list(`${root}/labels?limit=50`)).map((label) => [label.text('name'), label.count('id')]))
    const ids: number[] = []
    for (const label of labels)
      ids.push(known.get(label) ?? (await ask('POST', `${root}/labels`, { name: label, color: '#ededed' })).count('id'))
    return ids
  }
  const commitTo = (at: string, change: JsonObject) => ask('POST', `${at}/contents/${makeName('file')}.txt`, change)
  /** One file that two branches write differently. */
  const contested = async (branch: string, text: string): Promise<void> => {
    const now = await ask('GET', `${root}/contents/contested.txt?ref=${encodeURIComponent(branch)}`)
    await ask('PUT', `${root}/contents/contested.txt`, { branch, sha: now.text('sha'), content: base64(text), message: `Say ${text}` })
  }
  return {
    names,
    addIssue: async ({ body = 'It should not.', labels = ['bzzz-task'], author = 'member', isOpen = true } = {}) => {
      const issue = await ask('POST', `${root}/issues`, { title: 'The cart forgets', body }, as(author))
      const number = issue.count('number')
      if (labels.length > 0) await ask('POST', `${root}/issues/${number}/labels`, { labels: [...(await labelIds(labels))] })
      if (!isOpen) await ask('PATCH', `${root}/issues/${number}`, { state: 'closed' })
      return number
    },
    changeIssue: async (number, { isOpen, labels }) => {
      if (labels !== undefined) await ask('PUT', `${root}/issues/${number}/labels`, { labels: [...(await labelIds(labels))] })
      if (isOpen !== undefined) await ask('PATCH', `${root}/issues/${number}`, { state: isOpen ? 'open' : 'closed' })
    },
    comment: async (number, author, body) => void (await ask('POST', `${root}/issues/${number}/comments`, { body }, as(author))),
    passTime: () => {},
    pushBranch: async (head) => {
      await ask('POST', `${root}/contents/contested.txt`, { branch: 'main', content: base64('nothing'), message: 'Begin' })
      await ask('POST', `${root}/branches`, { new_branch_name: head, old_branch_name: 'main' })
      await contested(head, 'ours')
    },
    removeBranch: async (head) => void (await ask('DELETE', `${root}/branches/${encodeURIComponent(head)}`)),
    addPullAmongIssues: async () => {
      const branch = makeName('branch')
      await commitTo(root, { branch: 'main', new_branch: branch, content: base64('x'), message: 'Another' })
      const pull = await ask('POST', `${root}/pulls`, { title: 'Another', head: branch, base: 'main' }, as('member'))
      await ask('POST', `${root}/issues/${pull.count('number')}/labels`, { labels: [...(await labelIds(['bzzz-task', 'ui']))] })
      return pull.count('number')
    },
    addForkPull: async ({ head, base, title, body }) => {
      await ask('POST', `${root}/forks`, {}, as('stranger'))
      const content = { branch: base, new_branch: head, content: base64('x'), message: 'Of another' }
      await ask('POST', `/repos/${names.stranger}/${name}/contents/fork.txt`, content, as('stranger'))
      await ask('POST', `${root}/pulls`, { title, body, base, head: `${names.stranger}:${head}` }, as('stranger'))
    },
    countPulls: async () => (await ask.list(`${root}/pulls?state=all&limit=50`)).length,
    movePull: async (id, to) => {
      if (to === 'conflict' || to === 'mergeable') return contested('main', to === 'conflict' ? 'theirs' : 'nothing')
      if (to === 'merged') return merge(ask, `${root}/pulls/${id}/merge`)
      await ask('PATCH', `${root}/pulls/${id}`, { state: to })
    },
    pushMore: async (id) => {
      const branch = (await ask('GET', `${root}/pulls/${id}`)).object('head').text('ref')
      await commitTo(root, { branch, content: base64('more'), message: 'More' })
    },
    review: async (id, author, word) => {
      const event = word === 'approved' ? 'APPROVED' : 'REQUEST_CHANGES'
      await ask('POST', `${root}/pulls/${id}/reviews`, { event, body: word }, as(author))
    },
    commit: async () => {
      return (await ask('GET', `${root}/branches/main`)).object('commit').text('id')
    },
    check: async (commit, word) => void (await ask('POST', `${root}/statuses/${commit}`, { state: word, context: 'ci' })),
    pause: () => new Promise((resolve) => setTimeout(resolve, 200)),
  }
}

/** Gitea refuses to merge while it still looks whether it can. */
async function merge(ask: Ask, path: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return void (await ask('POST', path, { Do: 'merge' }))
    } catch (error) {
      if (tries >= 50) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}
