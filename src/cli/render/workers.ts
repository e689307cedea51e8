import type { Style } from '../screen.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { formatPlural, formatTime } from './units.ts'

/** `worker start` when it ends: what came of it. */
export function renderWorkerEnd(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('ended')) return undefined
  const ended = describeEnded(answer.record('ended'), style)
  return ended.length === 0 ? 'no task was taken; `althing task next` says why' : `the worker ended: ${ended.join(', ')}`
}

/** `worker status`, `stop`, `pause`, `resume`. */
export function renderWorker(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('ended')) return undefined
  const states: Readonly<Record<string, string>> = {
    looking: 'the worker looks for tasks',
    working: 'the worker works',
    paused: 'the worker takes nothing new · `althing worker resume` goes on',
    stopped: 'no worker runs · `althing worker start`',
  }
  const ended = describeEnded(answer.record('ended'), style)
  return [
    states[answer.text('state')] ?? answer.text('state'),
    ...answer
      .records('tasks')
      .map(
        (row) =>
          `  ${style.name(row.text('key'))} since ${formatTime(row.count('since'))}: ${row.text('title')}${style.faint(` · ${row.text('project')}`)}`,
      ),
    ...(ended.length === 0 ? [] : [`  before: ${ended.join(', ')}`]),
  ].join('\n')
}

function describeEnded(ended: Fields, style: Style): readonly string[] {
  const kinds: readonly (readonly [string, (count: number) => string])[] = [
    ['inReview', (count) => style.good(`${formatPlural(count, 'task')} in review`)],
    ['released', (count) => `${count} given back`],
    ['needsHuman', (count) => style.bad(`${count} waiting for a person`)],
    ['lost', (count) => `${count} lost to another`],
  ]
  return kinds.flatMap(([name, say]) => (ended.count(name) === 0 ? [] : [say(ended.count(name))]))
}
