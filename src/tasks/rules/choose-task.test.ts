import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Task } from '../task.ts'
import { taskKeyOfIssue } from '../task.ts'
import {
  dependenciesOfTask,
  findAbandoned,
  findUnmet,
  isWithin,
  pathsOfTask,
  priorityOfTask,
  rankTasks,
  rolesOfTask,
  typeOfTask,
  whyNot,
} from './choose-task.ts'

type Sight = Parameters<typeof findAbandoned>[0] extends ReadonlyMap<unknown, infer Seen> ? Seen : never

// a sight of which only the meaning and its reason are read
const ended = (reason: string) => ({ meaning: { meaning: 'done', holding: { reason } } }) as unknown as Sight
const taskOf = (change: Partial<Record<keyof Task, unknown>>): Task =>
  ({ key: 'issue-1', title: '', body: '', labels: ['bzzz-task'], state: 'open', updatedAt: 0, ...change }) as Task

test('labels say what a task is about before its title, and its title before its text', () => {
  assert.equal(typeOfTask(taskOf({ labels: ['docs'], title: 'Fix the cart', body: 'ui' })), 'documentation')
  assert.equal(typeOfTask(taskOf({ title: 'Fix the cart', body: 'new design' })), 'bug')
  assert.equal(typeOfTask(taskOf({ body: 'the login, its auth' })), 'security')
  assert.equal(typeOfTask(taskOf({ labels: ['type-ui', 'bug'] })), 'ui')
  assert.equal(typeOfTask(taskOf({ labels: ['type-cooking'], title: 'soup' })), 'general')
})

test('only whole words count', () => {
  assert.equal(typeOfTask(taskOf({ title: 'prefix of authors, newest' })), 'general')
})

test('the highest priority of several counts, and five where none is said', () => {
  assert.equal(priorityOfTask(taskOf({ labels: ['priority-7', 'priority-2'] })), 2)
  assert.equal(priorityOfTask(taskOf({ labels: ['priority-0', 'priority-x'] })), 5)
})

test('dependencies are read from the text and its front matter, of this project and of others, each once', () => {
  const body =
    'Depends on #12 and depends on t-0123456789ab. It depends on #12, on team/api#3 depends nothing; undepends on #4x. depends on team/api#3.'
  assert.deepEqual(dependenciesOfTask(taskOf({ body })), ['issue-12', 't-0123456789ab', 'team/api#issue-3'])
  const front = '---\ndependencies: [{ repository: team/api, task: 3, type: order }, { task: 12 }]\n---\ndepends on #12'
  assert.deepEqual(dependenciesOfTask(taskOf({ body: front })), ['team/api#issue-3', 'issue-12'])
})

test('the paths of a task are those of its front matter, else those that its text names', () => {
  assert.deepEqual(pathsOfTask(taskOf({ body: '---\nscope: src/ui/\n---\nnot `src/api/x.ts`' })), ['src/ui'])
  const body = 'In `src/ui/cart` and src/api/cart.ts, ./docs/; see https://example.org/a/b.html, mail@x.org/y.z, either and/or both.'
  assert.deepEqual(pathsOfTask(taskOf({ title: 'Mend lib/a.ts', body })), ['lib/a.ts', 'src/ui/cart', 'src/api/cart.ts', 'docs'])
})

test('a path is within a scope when one of them is in the other', () => {
  assert.ok(isWithin('src/ui/cart.ts', 'src/ui') && isWithin('src', './src/ui/') && isWithin('src/ui', 'src/ui') && isWithin('x/y', '.'))
  assert.ok(!isWithin('src/uikit/a.ts', 'src/ui') && !isWithin('docs/a.md', 'src'))
})

const wishes = { labels: ['bzzz-task'], types: [] }
const nothing = { open: new Set<string>(), missing: new Map() }

test('a task is none for us with the first reason there is', () => {
  const needed = { ...nothing, open: new Set(['issue-12', 'team/api#issue-3']) }
  assert.equal(whyNot(taskOf({}), wishes, needed), undefined)
  assert.equal(whyNot(taskOf({ state: 'closed' }), wishes, needed), 'it is closed')
  assert.equal(whyNot(taskOf({ labels: [] }), wishes, needed), 'it has no label bzzz-task')
  assert.equal(whyNot(taskOf({ untrustedAuthor: 'eve' }), wishes, needed), 'eve, who wrote it, is no member of the project')
  assert.equal(whyNot(taskOf({ labels: ['bzzz-task', 'needs-human'] }), wishes, needed), 'it waits for a person')
  assert.equal(whyNot(taskOf({ title: 'fix' }), { ...wishes, types: ['ui'] }, needed), 'it is about bug')
  assert.equal(whyNot(taskOf({ body: 'depends on #12' }), wishes, needed), 'it depends on issue-12')
  assert.equal(whyNot(taskOf({ body: 'depends on team/api#3' }), wishes, needed), 'it depends on team/api#issue-3')
  assert.equal(whyNot(taskOf({ body: 'depends on #13' }), wishes, needed), undefined)
})

test('a task that names roles is for workers of one of them, and a task that names none for all', () => {
  const task = taskOf({ labels: ['bzzz-task', 'role-backend', 'role-database'] })
  assert.deepEqual(rolesOfTask(task), ['backend', 'database'])
  assert.equal(whyNot(task, { ...wishes, role: 'frontend' }, nothing), 'it is for the role backend, database')
  assert.equal(whyNot(task, { ...wishes, role: 'database' }, nothing), undefined)
  assert.equal(whyNot(task, wishes, nothing), undefined)
  assert.equal(whyNot(taskOf({}), { ...wishes, role: 'frontend' }, nothing), undefined)
})

test('a worker of some folders takes tasks that name a path in them, or none', () => {
  const task = taskOf({ body: 'in src/api/cart.ts and `src/api/x`' })
  assert.equal(whyNot(task, { ...wishes, scopes: ['src/ui', 'docs'] }, nothing), 'it is about src/api/cart.ts, src/api/x')
  assert.equal(whyNot(task, { ...wishes, scopes: ['src/ui', 'src/api'] }, nothing), undefined)
  assert.equal(whyNot(taskOf({ body: 'somewhere' }), { ...wishes, scopes: ['src/ui'] }, nothing), undefined)
})

test('what depends on something that is nowhere waits, and a person is asked about it when it would be ours', () => {
  const [ours, closed] = [taskOf({ key: 'issue-1' }), taskOf({ key: 'issue-2', state: 'closed' })]
  const missing = new Map([ours, closed].map(({ key }) => [key, ['team/api#issue-3']]))
  assert.equal(whyNot(ours, wishes, { ...nothing, missing }), 'it depends on team/api#issue-3, which no project of this node has')
  assert.deepEqual(findUnmet([ours, closed, taskOf({ key: 'issue-3' })], wishes, { missing }), [
    { task: ours, reason: 'it depends on team/api#issue-3, which no project of this node has' },
  ])
})

test('what depends on work whose pull request was closed waits too, and a person is asked about it', () => {
  const [ours, other] = [taskOf({ body: 'depends on #3' }), taskOf({ key: 'issue-2', body: 'depends on #4' })]
  const sights = new Map([
    [taskKeyOfIssue(3), ended('closed')],
    [taskKeyOfIssue(4), ended('merged')],
    [taskKeyOfIssue(5), ended('by-person: not wanted')],
    [taskKeyOfIssue(6), ended('closed: by ada')],
    [taskKeyOfIssue(7), ended('closedown')],
  ])
  const abandoned = findAbandoned(sights)
  assert.deepEqual([...abandoned], ['issue-3', 'issue-6'])
  const reason = 'it depends on issue-3, which was closed without being merged'
  assert.equal(whyNot(ours, wishes, { ...nothing, abandoned }), reason)
  assert.equal(whyNot(other, wishes, { ...nothing, abandoned }), undefined)
  assert.deepEqual(findUnmet([ours, other], wishes, { missing: new Map(), abandoned }), [{ task: ours, reason }])
})

test('tasks are tried by priority, then by age, then by name', () => {
  const tasks = [
    taskOf({ key: 'issue-4', updatedAt: 9 }),
    taskOf({ key: 'issue-3', updatedAt: 5 }),
    taskOf({ key: 'issue-2', updatedAt: 5 }),
    taskOf({ key: 'issue-1', updatedAt: 10, labels: ['priority-1'] }),
  ]
  assert.deepEqual(
    rankTasks(tasks).map(({ key }) => key),
    ['issue-1', 'issue-2', 'issue-3', 'issue-4'],
  )
})
