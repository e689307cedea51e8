import { abbreviate } from '../../lib/abbreviation.ts'
import type { Style } from '../screen.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { formatBytes, formatPlural, formatTime } from './units.ts'

/** How one kind of answer is said. */
type Sentence = (answer: Fields, style: Style) => readonly string[]

/** An answer as sentences; undefined when it lacks the field that tells its shape. */
function say(field: string, sentence: Sentence): (output: unknown, style: Style) => string | undefined {
  return (output, style) => {
    const answer = readFields(output)
    return answer.has(field) ? sentence(answer, style).join('\n') : undefined
  }
}

const hiveFacts = (hive: Fields): string =>
  `${hive.text('policy')} · ${formatPlural(hive.count('members'), 'member')} · joined ${formatTime(hive.count('joinedAt'))} · ${abbreviate(hive.text('id'))}`

/** `hive create`. */
export const renderCreated = say('policy', (hive, style) => [
  `${style.good('made')} hive ${style.strong(`"${hive.text('name')}"`)}, which commands mean from now on`,
  style.faint(`  ${hiveFacts(hive)}`),
  hive.isTrue('isRoot')
    ? '→ let somebody in: althing p2p start, then althing hive invite'
    : '→ others join with the code that `althing hive invite` prints while the node runs',
])

/** `hive join`. */
export const renderJoined = say('policy', (hive, style) => [
  `${style.good('joined')} hive ${style.strong(`"${hive.text('name')}"`)}${hive.text('handle') === '' ? '' : ` as @${hive.text('handle')}`}; commands mean it from now on`,
  style.faint(`  ${hiveFacts(hive)}`),
  ...(hive.has('hint') ? [`→ ${hive.text('hint')}`] : []),
])

/** `hive use`. */
export const renderUsed = say('policy', (hive, style) => [
  `commands mean hive ${style.strong(`"${hive.text('name')}"`)} from now on`,
  style.faint(`  ${hiveFacts(hive)}`),
])

/** `hive leave`. */
export const renderLeft = say('id', (answer, style) => [
  `left hive ${style.strong(`"${answer.text('name')}"`)}; what it stored stays on this disk`,
  answer.has('current')
    ? `commands mean "${answer.text('current')}" now`
    : '→ no hive is left here: althing hive create, or althing hive join CODE',
])

/** `hive grant`: what the member is granted now. */
export const renderGranted = say('handle', (member) => [
  `@${member.text('handle')} is granted: ${member.text('level')}${listOf(', roles', member.texts('roles'))}${listOf(', scopes', member.texts('scopes'))}${listOf(', agents', member.texts('agents'))}`,
])

/** `hive revoke`. */
export const renderRevoked = say('subject', (answer, style) => [
  `${style.bad('revoked')} ${answer.text('named')}${style.faint(` · ${answer.text('subject')}`)}`,
  ...answer
    .records('last')
    .map((row) => `  ${abbreviate(row.text('node'))}: entries up to ${row.count('seq')} still count${incarnationOf(row)}`),
  ...(answer.records('last').length === 0 ? ['  nothing it wrote was known here, and nothing of it counts'] : []),
])

/** `hive root`. */
export const renderRoot = say('node', (answer) => [
  answer.isTrue('isPending')
    ? `the root is handed to ${answer.text('node')}; run \`althing hive root accept\` there`
    : `the root of the hive is ${answer.text('node')}`,
])

/** `node enroll`. */
export const renderEnrollment = say('code', (answer) => [
  `For one machine of yours, into hive "${answer.text('name')}", until ${formatTime(answer.count('expiresAt'))}. On that machine:`,
  '',
  `althing node accept ${answer.text('code')}`,
  '',
  'Whoever has the code gets a machine of yours: carry it as you would a key.',
])

/** `node accept`. */
export const renderAccepted = say('owner', (answer, style) => [
  `this machine${answer.has('label') ? `, "${answer.text('label')}",` : ''} belongs to owner ${answer.text('owner')} ${style.good('now')}, in hive "${answer.text('name')}"`,
  style.faint(`  before: ${answer.text('previousOwner')}`),
])

/** `node revoke`. */
export const renderNodeRevoked = say('hives', (answer, style) => [
  `${style.bad('revoked')} ${answer.text('node')} in ${answer.texts('hives').join(', ')}`,
])

/** `node certify`. */
export const renderCertified = say('serial', (answer) => [
  `this node is certified anew: "${answer.text('label')}"${listOf(', agents', answer.texts('agents'))}${listOf(', roles', answer.texts('roles'))}`,
])

/** `owner export`. */
export const renderExported = say('file', (answer) => [
  `the key of owner ${answer.text('owner')} is in ${answer.text('file')}, under the passphrase`,
  '→ keep both offline, apart: `althing owner import` makes another machine yours with them',
])

/** `owner show`. */
export const renderOwner = say('isKeyHere', (answer) => [
  `owner ${answer.text('owner')}`,
  answer.isTrue('isKeyHere') ? '  its key is on this machine' : '  its key is kept on another machine',
  `  this node is "${answer.text('label')}", ${answer.text('node')}`,
])

/** `owner import`. */
export const renderImported = say('previousOwner', (answer, style) => [
  answer.text('owner') === answer.text('previousOwner')
    ? `this machine had the key of owner ${answer.text('owner')} already`
    : `this machine belongs to owner ${answer.text('owner')} ${style.good('now')}, and has its key`,
  ...(answer.text('owner') === answer.text('previousOwner') ? [] : [style.faint(`  before: ${answer.text('previousOwner')}`)]),
])

/** `owner rotate`. */
export const renderRotated = say('previousOwner', (answer, style) => [
  `the owner key is a new one: ${answer.text('owner')}`,
  style.faint(`  before, set aside: ${answer.text('previousOwner')}`),
  ...answer.texts('askAgain').map((hive) => `→ the root of "${hive}" must revoke the old owner and invite the new one`),
])

/** `backup`. */
export const renderBackup = say('target', (answer, style) => [
  `${style.good('backed up')} to ${answer.text('target')}: ${formatPlural(answer.count('blocks'), 'block')}, ${formatBytes(answer.count('blobBytes'))}, and a database of ${formatBytes(answer.count('databaseBytes'))}`,
  answer.isTrue('includesKeys')
    ? '→ the keys are in it: who has it is you'
    : '  the keys are not in it; copy them apart with --keys, or `althing owner export`',
])

/** `restore`. */
export const renderRestored = say('home', (answer, style) => [
  `${style.good('restored')} to ${answer.text('home')}: ${formatPlural(answer.count('blocks'), 'block')}, and a database of ${formatBytes(answer.count('databaseBytes'))}`,
  ...(answer.count('lostBlocks') === 0
    ? []
    : [`  ${formatPlural(answer.count('lostBlocks'), 'block')} damaged in the backup; fetched from peers when asked for`]),
  answer.isTrue('includesKeys')
    ? `→ althing p2p start --home ${answer.text('home')}`
    : `→ no keys came with it: before the first start put them into its keys folder, or make this machine the owner's again with \`althing owner import FILE --passphrase-file FILE --home ${answer.text('home')}\`; without the owner's key, start it, and then \`althing node accept CODE\``,
])

/** `p2p bootstrap`: each address that was dialled. */
export const renderBootstrap = say('results', (answer, style) =>
  answer
    .records('results')
    .map((row) =>
      row.has('peer')
        ? `${style.good('connected')} ${row.text('address')} · ${row.text('peer')}`
        : `${style.bad('not reached')} ${row.text('address')}: ${row.text('error')}`,
    ),
)

/** `p2p peer`. */
export const renderPeer = say('peer', (answer) => {
  const connection = answer.record('connection')
  const known = answer.texts('knownAddresses')
  return [
    `${answer.text('peer')}${nameOf(answer)}`,
    answer.has('connection')
      ? `  connected since ${formatTime(connection.count('openedAt'))} · ${connection.text('direction')} · ${connection.isTrue('admitted') ? 'member' : 'no member yet'}${connection.has('latencyMs') ? ` · ${connection.count('latencyMs').toFixed(1)} ms` : ''}`
      : '  not connected',
    ...(answer.has('connection') ? [`  at ${connection.text('address')}${connection.isTrue('relayed') ? ' (relayed)' : ''}`] : []),
    ...(known.length === 0 ? [] : ['  known addresses', ...known.map((address) => `    ${address}`)]),
  ]
})

/** `store optimize`. */
export const renderOptimized = say('examinedBlocks', (answer) => [
  `${formatPlural(answer.count('compressedBlocks'), 'block')} compressed of ${formatPlural(answer.count('examinedBlocks'), 'uncompressed one')} · ${formatBytes(answer.count('bytesBefore'))} on disk before, ${formatBytes(answer.count('bytesAfter'))} now`,
  ...(answer.count('corruptBlocks') === 0
    ? []
    : [`→ ${formatPlural(answer.count('corruptBlocks'), 'block')} damaged and set aside: althing store verify --repair`]),
])

/** `node show`: the certificate, with times. */
export const renderNode = say('serial', (answer) => [
  `${answer.text('node')} · "${answer.text('label')}"`,
  `  owner ${answer.text('owner')}${listOf('\n  agents', answer.texts('agents'))}${listOf('\n  roles', answer.texts('roles'))}`,
  `  certificate ${answer.count('serial')}, from ${formatTime(answer.count('notBefore'))}${answer.has('notAfter') ? ` until ${formatTime(answer.count('notAfter'))}` : ''}`,
])

function nameOf(answer: Fields): string {
  return answer.has('label') ? ` · "${answer.text('label')}" of @${answer.text('handle')}` : ''
}

function listOf(word: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `${word} ${items.join(', ')}`
}

function incarnationOf(row: Fields): string {
  return row.count('incarnation') > 1 ? ` (of its journal number ${row.count('incarnation')})` : ''
}
