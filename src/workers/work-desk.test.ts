import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createSeededChance } from '../lib/chance.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import type { ProjectDesk } from '../tasks/desk.ts'
import { makeFolder, makeRepository, testPrograms } from '../tasks/testing/git-server.ts'
import { testSettings } from './testing/test-settings.ts'
import { openWorkbench } from './work-desk.ts'
import type { WorkbenchDeps } from './work-desk.ts'
import type { WorkerHolding } from './worker-news.ts'

const unasked = (): Promise<never> => Promise.reject(new Error('nobody asked'))
const deps: WorkbenchDeps = {
  ...{ clock: systemClock, chance: createSeededChance(1), log: silentLog, help: undefined },
  ...{ openModels: unasked, findSecret: unasked, listSecrets: unasked, findCredentials: unasked, keepRecord: unasked },
}

test('F3: what a run that was killed left is taken away when a workbench is opened, and mirrors stay', async (t) => {
  const folder = await makeFolder(t)
  const left = ['scratch/run-1/outcome.json', 'trees/work-1/tree/deep/file', 'mirrors/shop.git/HEAD']
  for (const path of left) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), 'left')
  }
  const bench = await openWorkbench(deps, { settings: testSettings, folder, agent: 'ada:backend', environment: {} })
  assert.deepEqual(
    left.map((path) => existsSync(join(folder, path))),
    [false, false, true],
  )
  assert.equal(bench.findHindrance(), undefined)
})

test("S28: a worker whose agent is to have a secret that is not there, or is the node's own, does not start", async (t) => {
  const folder = await makeFolder(t)
  const findSecret = async (name: string) => (name === 'model-lab' ? 'key' : undefined)
  const open = (line: string) =>
    openWorkbench(
      { ...deps, findSecret },
      { settings: { ...testSettings, secrets: [line] }, folder, agent: 'ada:backend', environment: {} },
    )
  const reasons: readonly (readonly [string, RegExp])[] = [
    ['API_KEY=model-gone', /no secret model-gone/],
    ['TOKEN=forge-git.example.org', /the node's own/],
    ['TOKEN=hook-0123456789abcdef', /the node's own/],
    ['TOKEN=escalation', /the node's own/],
    ['model-lab', /VARIABLE=NAME/],
  ]
  for (const [line, message] of reasons) await assert.rejects(open(line), { code: 'WORKER_CONFIG_INVALID', message })
  await open('API_KEY=model-lab')
})

test('a worker whose program is not there does not start, rather than fail every task with it', async (t) => {
  const folder = await makeFolder(t)
  const open = (...command: readonly string[]) =>
    openWorkbench(deps, { settings: { ...testSettings, command }, folder, agent: 'ada:backend', environment: {} })
  for (const program of ['no-such-agent', '/opt/no-such-agent', '-v'])
    await assert.rejects(open(program), { code: 'WORKER_CONFIG_INVALID', message: /no program/ }, program)
  // one of the project is there with the project
  for (const program of ['sh', '/bin/sh', './agent.sh']) await open(program)
})

test('rule 6: a task whose text is not the one that its claim names is given back, also where it changed while no process of this node ran', async (t) => {
  const folder = await makeFolder(t)
  const bench = await openWorkbench(
    { ...deps, listSecrets: async () => [] },
    { settings: testSettings, folder, agent: 'ada:backend', environment: testPrograms.environment },
  )
  const released: string[] = []
  const release = async (reason: string) => (released.push(reason), { result: 'accepted' })
  const task = { key: 'issue-7', project: 'shop', state: 'open', labels: ['bzzz-task'], issueHash: 'b'.repeat(64) }
  const terms = { base: 'main', branch: 'althing/issue-7', epoch: 1, issueHash: 'a'.repeat(64) }
  const holder = { terms, mode: 'working', renewalDueMs: 60_000, release }
  const desk = {
    project: { id: 'shop', url: await makeRepository(t), base: 'main' },
    ...{
      label: 'bzzz-task',
      rounds: { untilDue: (_holder: unknown, waiting: { signal: AbortSignal }) => systemClock.sleep(60_000, waiting) },
    },
    ...{ source: { find: async () => task }, pulls: {} },
  }
  // of a desk and a claim no more is asked before work begins
  const held = { task, holder, resumedBecause: 'this node was interrupted' } as unknown as WorkerHolding
  const end = await bench.supervise(desk as unknown as ProjectDesk, held, { signal: new AbortController().signal })
  assert.deepEqual([end, released], [{ end: 'released', reason: 'not-eligible: its text changed' }, ['not-eligible: its text changed']])
})
