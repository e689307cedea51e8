import { compare } from './harness/compare.ts'
import type { Contestant, Figure } from './harness/compare.ts'
import type { Context, Question } from './harness/question.ts'
import type { Talked } from './ours/talk-hive.ts'
import { openTalkHive } from './ours/talk-hive.ts'

/** What nodes say to each other so that they need not all push. */
export const question: Question = {
  name: 'claims-talk',
  asks: 'How many bytes are gossiped for one task, and how many of two, and of eight, nodes push for it?',
  ask: async (context) => {
    const [tasks, rounds] = context.quick ? [3, 1] : [20, 5]
    const figures: Figure[] = []
    for (const count of [2, 8]) figures.push(...(await askTalk(context, { count, tasks, rounds })))
    return {
      figures,
      conditions: [
        `${tasks} tasks a turn, one after the other; all nodes see each at once, have the same score, and whoever comes first holds it 50 ms later, which it says`,
        'all nodes in one process, connected to each other over the in-memory network with 1 ms of latency: a message comes to each once',
        'bytes: of the messages that all nodes together took in, without what the transport wraps around them; what workers say of themselves every 30 s counts when it falls in',
        'nodes that push: those whose turn came before they heard that the task is claimed; without words all would',
      ],
    }
  },
}

interface Stage {
  readonly count: number
  readonly tasks: number
  readonly rounds: number
}

async function askTalk(context: Context, { count, tasks, rounds }: Stage): Promise<readonly Figure[]> {
  await using hive = await openTalkHive(count, context)
  const turns: Talked[] = []
  for (let round = 0; round < rounds; round += 1) turns.push(await hive.speakOf(tasks))
  const reader = (of: keyof Talked): Contestant => ({
    name: 'TaskTalk',
    measure: async (round) => (turns[round]?.[of] ?? Number.NaN) / tasks,
  })
  const ask = (what: string, unit: string, of: keyof Talked): Promise<readonly Figure[]> =>
    compare(context, { what: `${what} for a task, ${count} nodes`, unit, ours: reader(of), peers: [], rounds, warmups: 0 })
  return [
    ...(await ask('gossiped', 'bytes', 'bytes')),
    ...(await ask('messages', 'messages', 'messages')),
    ...(await ask('nodes that push', 'nodes', 'tries')),
  ]
}
