import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Task } from '../task.ts'
import { dependenciesOfTask, priorityOfTask, rankTasks, typeOfTask, whyNot } from './choose-task.ts'

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

test('dependencies are read from the text, each once', () => {
  const body = 'Depends on #12 and depends on t-0123456789ab. It depends on #12, not on other/repo#3; undepends on #4x.'
  assert.deepEqual(dependenciesOfTask(taskOf({ body })), ['issue-12', 't-0123456789ab'])
})

test('a task is none for us with the first reason there is', () => {
  const wishes = { labels: ['bzzz-task'], types: [] }
  const open = new Set(['issue-12'])
  assert.equal(whyNot(taskOf({}), wishes, open), undefined)
  assert.equal(whyNot(taskOf({ state: 'closed' }), wishes, open), 'it is closed')
  assert.equal(whyNot(taskOf({ labels: [] }), wishes, open), 'it has no label bzzz-task')
  assert.equal(whyNot(taskOf({ labels: ['bzzz-task', 'needs-human'] }), wishes, open), 'it waits for a person')
  assert.equal(whyNot(taskOf({ title: 'fix' }), { ...wishes, types: ['ui'] }, open), 'it is about bug')
  assert.equal(whyNot(taskOf({ body: 'depends on #12' }), wishes, open), 'it depends on issue-12')
  assert.equal(whyNot(taskOf({ body: 'depends on #13' }), wishes, open), undefined)
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
