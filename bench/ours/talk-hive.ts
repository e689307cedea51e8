import { defaultConfig } from '../../src/config/load.ts'
import { createSigningKey, peerIdOfKey } from '../../src/identity/keys.ts'
import { systemChance } from '../../src/lib/chance.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { Host } from '../../src/network/host.ts'
import { createMemoryNetwork, quietNetwork } from '../../src/network/memory.ts'
import { newsReader } from '../../src/tasks/talk/protocol.ts'
import { TaskTalk } from '../../src/tasks/talk/task-talk.ts'
import type { Task } from '../../src/tasks/task.ts'
import { taskKeyOfIssue } from '../../src/tasks/task.ts'
import { testHiveId, testProject } from '../../src/tasks/testing/test-names.ts'

/** What was said of tasks, and what came of it. */
export interface Talked {
  /** Bytes and messages that all nodes together took in. */
  readonly bytes: number
  readonly messages: number
  /** Nodes that would have pushed. */
  readonly tries: number
}

/** Nodes of one process whose workers speak of tasks. */
export interface TalkHive extends AsyncDisposable {
  /** Has all nodes see new tasks, one after the other, and take turns; whoever may first takes it. */
  readonly speakOf: (count: number) => Promise<Talked>
}

/** Longest wait until all know all, in milliseconds, and what passes between two looks. */
const deadlineMs = 30_000
const lookMs = 50
/** What a claim takes on the forge, in milliseconds: as over http on this machine. */
const claimMs = 50
/** Time after a task in which late words arrive, in milliseconds. */
const settleMs = 50

/** Opens nodes that are all connected, each with a worker for the same project. */
export async function openTalkHive(count: number, { signal }: { readonly signal: AbortSignal }): Promise<TalkHive> {
  const { network: options } = await defaultConfig()
  const network = createMemoryNetwork({ clock: systemClock, chance: systemChance }, quietNetwork)
  const stack = new AsyncDisposableStack()
  const nodes: { readonly host: Host; readonly talk: TaskTalk }[] = []
  try {
    for (let index = 0; index < count; index += 1) {
      const key = createSigningKey()
      const host = stack.use(network.openHost(peerIdOfKey(key.publicKey), options))
      const system = { clock: systemClock, chance: systemChance, log: silentLog }
      const deps = { hive: testHiveId, host, key, ...system, isMember: () => true, reader: newsReader }
      nodes.push({ host, talk: stack.use(new TaskTalk(deps)) })
    }
    await connectAll(
      nodes.map(({ host }) => host),
      signal,
    )
    for (const [index, { talk }] of nodes.entries()) {
      talk.offer({
        agent: `node-${index}:worker`,
        projects: [testProject],
        labels: [],
        types: [],
        scopes: [],
        models: ['bench/none'],
        slots: 1,
        answers: false,
      })
    }
    const talks = nodes.map(({ talk }) => talk)
    await untilKnown(talks, signal)
    let spokenOf = 0
    const speakOf = async (tasks: number): Promise<Talked> => {
      const before = totalOf(talks)
      let tries = 0
      for (let n = 0; n < tasks; n += 1) tries += await settle(talks, makeTask((spokenOf += 1)), signal)
      const after = totalOf(talks)
      return { bytes: after.bytes - before.bytes, messages: after.messages - before.messages, tries }
    }
    return { speakOf, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function connectAll(hosts: readonly Host[], signal: AbortSignal): Promise<void> {
  for (const host of hosts) for (const other of hosts) if (other !== host) host.admit(other.peerId)
  for (const [index, host] of hosts.entries())
    for (const other of hosts.slice(index + 1)) await host.dial(String(other.addresses()[0]), { signal })
}

async function untilKnown(talks: readonly TaskTalk[], signal: AbortSignal): Promise<void> {
  const startedAt = performance.now()
  while (talks.some((talk) => talk.workers().length < talks.length - 1)) {
    if (performance.now() - startedAt > deadlineMs) throw new Error(`the workers did not hear of each other within ${deadlineMs} ms`)
    await systemClock.sleep(lookMs, { signal })
  }
}

/** All see a task and take turns until it is claimed; gives how many would have pushed. */
async function settle(talks: readonly TaskTalk[], task: Task, signal: AbortSignal): Promise<number> {
  let tries = 0
  const since = systemClock.monotonic()
  const name = { project: task.project, task: task.key }
  const turns = talks.map(async (talk) => {
    talk.saw(task)
    // nodes that know nothing of such tasks: any success is as likely
    const turn = { task, epoch: 1, since, load: 0, price: 0, success: systemChance.fraction(), first: undefined }
    if ((await talk.takeTurn(turn, { signal })) === 'taken') return
    tries += 1
    if (tries > 1) return
    await systemClock.sleep(claimMs, { signal })
    talk.claimed(name, 1)
  })
  await Promise.all(turns)
  await systemClock.sleep(settleMs, { signal })
  return tries
}

function totalOf(talks: readonly TaskTalk[]): { readonly bytes: number; readonly messages: number } {
  const all = talks.map(({ traffic }) => traffic)
  return {
    bytes: all.reduce((sum, { received }) => sum + received, 0),
    messages: all.reduce((sum, { messagesReceived }) => sum + messagesReceived, 0),
  }
}

function makeTask(number: number): Task {
  return {
    project: testProject,
    key: taskKeyOfIssue(number),
    number,
    title: `Task ${number}`,
    body: '',
    labels: [],
    state: 'open',
    issueHash: number.toString(16).padStart(64, '0'),
    url: undefined,
    updatedAt: 0,
  }
}
