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

/** `worker approve`. */
export function renderApproval(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('question')) return undefined
  return answer.text('status') === 'answered' ? 'the worker was told' : style.bad('no worker asks that any more')
}

/** `worker stop`. */
export function renderWorkerStopped(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('ended') || !answer.isTrue('wasRunning')) return renderWorker(output, style)
  const ended = describeEnded(answer.record('ended'), style)
  return `the worker has ended: ${ended.length === 0 ? 'it took no task' : ended.join(', ')}`
}

/** `worker status`, `pause`, `resume`. */
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
    ...(answer.has('hindrance') && answer.text('state') !== 'stopped'
      ? [style.bad(`  no task is taken for now: ${answer.text('hindrance')}`)]
      : []),
    ...answer
      .records('tasks')
      .map(
        (row) =>
          `  ${style.name(row.text('key'))} since ${formatTime(row.count('since'))}: ${row.text('title')}${style.faint(` · ${row.text('project')}`)}`,
      ),
    ...(ended.length === 0 ? [] : [`  before: ${ended.join(', ')}`]),
    ...answer.records('others').map((row) => describeOther(row, style)),
  ].join('\n')
}

function describeOther(row: Fields, style: Style): string {
  const [projects, types] = [row.texts('projects'), [...row.texts('types'), ...row.texts('scopes')]]
  const can = [
    ...row.texts('models'),
    ...(types.length === 0 ? [] : [types.join(', ')]),
    ...(row.isTrue('answers') ? ['answers questions'] : []),
  ]
  const free = row.count('slots') === 0 ? 'busy' : `free for ${formatPlural(row.count('slots'), 'task')}`
  const where = projects.length === 0 ? 'no project' : projects.join(', ')
  return `  ${style.name(row.text('agent'))} ${free}: ${can.join(' · ')}${style.faint(` · ${where} · ${row.text('node')}`)}`
}

function describeEnded(ended: Fields, style: Style): readonly string[] {
  const kinds: readonly (readonly [string, (count: number) => string])[] = [
    ['inReview', (count) => style.good(`${formatPlural(count, 'task')} in review`)],
    ['released', (count) => `${count} given back`],
    ['needsHuman', (count) => style.bad(`${count} waiting for a person`)],
    ['lost', (count) => `${count} lost`],
  ]
  return kinds.flatMap(([name, say]) => (ended.count(name) === 0 ? [] : [say(ended.count(name))]))
}
