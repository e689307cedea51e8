import type { Style } from '../screen.ts'
import { readFields } from './read.ts'

/** `follow`, `unfollow`, `block`, `unblock`: how it is now. */
export function renderStance(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('now')) return undefined
  return answer.text('status') === 'changed' ? answer.text('now') : `${answer.text('now')} ${style.faint('It was so before.')}`
}

/** `blocked`: whom this node follows and blocks, a line for each. */
export function renderBlocked(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('blocked')) return undefined
  const followed = answer
    .records('followed')
    .map((row) => `followed  ${style.name(`@${row.text('handle')}`)}  ${style.faint(row.text('owner'))}`)
  const blocked = answer.records('blocked').map((row) => {
    const name = row.has('package') ? `@${row.text('handle')}/${row.text('package')}` : `@${row.text('handle')}`
    return `blocked   ${style.name(name)}  ${style.faint(row.text('owner'))}`
  })
  const lines = [...followed, ...blocked]
  return lines.length === 0 ? 'nobody is followed or blocked: althing follow OWNER, althing block OWNER' : lines.join('\n')
}

/** `owner name`: what an owner is called here. */
export function renderNamed(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('fingerprint')) return undefined
  const { owner, fingerprint } = { owner: answer.text('owner'), fingerprint: answer.text('fingerprint') }
  if (!answer.has('name')) return `${owner} has no name of yours: open hives show it as ${style.name(`@${fingerprint}`)}`
  return `${style.name(`@${answer.text('name')}`)} is ${owner} (@${fingerprint} to everybody else)`
}
