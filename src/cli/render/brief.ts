import { printable } from '../screen.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'

type Essential = (answer: Fields) => readonly string[]

const field =
  (name: string): Essential =>
  (answer) => [answer.text(name)]

const each =
  (list: string, read: (row: Fields) => string): Essential =>
  (answer) =>
    answer.records(list).map(read)

/** What says by its exit code alone that it was done. */
const nothing: Essential = () => []

const versioned = (row: Fields): string => `${row.text('package')}@${row.text('version')}`
const published: Essential = (answer) => [
  `${answer.has('handle') ? `@${answer.text('handle')}/` : ''}${answer.text('name')}@${answer.text('version')}`,
]
/** What is another than before; what stood already is no news. */
const changed: Essential = (answer) =>
  [...answer.records('packages').filter((row) => row.text('change') !== 'present'), ...answer.records('removed')].map(versioned)

/** The one thing that a script wants of an answer: an id, a path, names; each on a line of its own. */
const essentials: Readonly<Record<string, Essential>> = {
  'p2p.publish': published,
  'p2p.search': each('packages', (row) => row.text('package')),
  'p2p.status': (answer) => [answer.record('node').text('peerId')],
  'p2p.peers': each('peers', (row) => row.text('peer')),
  'marketplace.init': field('path'),
  'marketplace.publish': published,
  'marketplace.search': each('packages', (row) => row.text('package')),
  'marketplace.install': each('packages', (row) => row.text('path')),
  'marketplace.update': changed,
  'marketplace.remove': changed,
  'marketplace.list': each('packages', versioned),
  'marketplace.outdated': each('packages', (row) => row.text('package')),
  'marketplace.versions': each('versions', (row) => row.text('version')),
  'context.put': field('address'),
  'context.post': field('address'),
  'context.delete': field('address'),
  'context.navigate': field('address'),
  'context.announce': field('address'),
  'context.versions': each('items', (row) => row.text('address')),
  'context.watch': each('items', (row) => row.text('address')),
  'context.discover': each('items', (row) => row.text('resource')),
  'context.query': each('items', (row) => row.text('resource')),
  'project.add': field('id'),
  'project.doctor': (answer) =>
    answer
      .records('lines')
      .filter((line) => !line.isTrue('isGood'))
      .map((line) => `${line.text('property')}: ${line.text('detail')}`),
  'project.list': each('projects', (row) => row.text('id')),
  'task.add': field('key'),
  'task.list': each('tasks', (row) => row.text('key')),
  'task.show': field('key'),
  'task.next': (answer) => [answer.record('next').text('key')],
  'worker.start': nothing,
  'worker.stop': nothing,
  'worker.pause': nothing,
  'worker.resume': nothing,
  'worker.status': field('state'),
  'task.history': each('links', (row) => row.text('commit')),
  'hive.create': field('id'),
  'hive.invite': field('code'),
  'hive.join': field('id'),
  'hive.list': each('hives', (row) => row.text('name')),
  'hive.members': each('members', (row) => `@${row.text('handle')}`),
  'owner.show': field('owner'),
  'node.show': field('node'),
  'node.enroll': field('code'),
  'backup.create': field('target'),
  'backup.restore': field('home'),
}

/** What `-q` leaves of an answer, for scripts: one value on each line, and nothing where there is none. Undefined for other operations. */
export function renderBrief(name: string, output: unknown): string | undefined {
  const essential = Object.hasOwn(essentials, name) ? essentials[name] : undefined
  return essential?.(readFields(output))
    .filter((line) => line !== '')
    .join('\n')
}

/** What an answer warns of, which `-q` does not silence: a line each, for the stream that is not of values. */
export function renderWarnings(output: unknown): string {
  const warnings = readFields(output).texts('warnings')
  return warnings.map((warning) => `! ${printable(warning)}\n`).join('') + renderFailed(output)
}

/** The projects that an answer could not look at, a line each: beside the answer in every form of it that is not JSON. */
export function renderFailed(output: unknown): string {
  return readFields(output)
    .records('failed')
    .filter((row) => row.has('project'))
    .map((row) => {
      const [project, message] = [row.text('project'), row.text('message')]
      return `! ${printable(message.startsWith(project) ? message : `${project}: ${message}`)} (${printable(row.text('code'))})\n`
    })
    .join('')
}
