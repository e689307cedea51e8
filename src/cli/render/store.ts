import type { Style } from '../screen.ts'
import { readFields } from './read.ts'
import { formatBytes, formatCount, formatPlural } from './units.ts'

/** `store stats`: what is on disk, and what it saves. */
export function renderStats(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('storedBytes')) return undefined
  const limit = answer.count('maxDiskBytes')
  const quota = limit === 0 ? 'no limit' : `limit ${formatBytes(limit)}`
  const bad = answer.count('quarantinedBlocks')
  const rows = [
    ['content', `${formatPlural(answer.count('blocks'), 'block')} · ${formatBytes(answer.count('bytes'))}`],
    ['on disk', `${formatBytes(answer.count('storedBytes'))} · ${quota}`],
    ['compressed', `${formatPlural(answer.count('compressedBlocks'), 'block')} · ${formatBytes(answer.count('savedBytes'))} saved`],
    ...(answer.count('unpackedPackages') === 0
      ? []
      : [['unpacked', `${formatPlural(answer.count('unpackedPackages'), 'package')} · ${formatBytes(answer.count('unpackedBytes'))}`]]),
    ['database', `${formatBytes(answer.count('databaseBytes'))} · schema ${formatCount(answer.count('schemaVersion'))}`],
    ...(bad === 0 ? [] : [['set aside', style.bad(formatPlural(bad, 'damaged block'))]]),
  ]
  return rows.map(([name = '', text = '']) => `${style.faint(name.padEnd(11))} ${text}`).join('\n')
}

/** `store verify`: sound, or what is not and what becomes of it. */
export function renderVerified(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('isSound')) return undefined
  const read = `${formatPlural(answer.count('blocks'), 'block')} of ${formatBytes(answer.count('bytes'))} read and hashed`
  if (answer.isTrue('isSound')) return `${style.good('sound')} · ${read}`
  const [corrupt, repaired] = ['corrupt', 'repaired'].map((name) => answer.texts(name))
  const lost = answer.texts('lost')
  const isMended = isWhollyMended(output)
  const mended = `${formatPlural(repaired?.length ?? 0, 'item')} repaired, ${style.good('sound now')}`
  return [
    `${isMended ? mended : style.bad('not sound')} · ${read}`,
    ...(corrupt ?? []).map((digest) => `  damaged and set aside  ${digest}`),
    ...answer.texts('database').map((line) => `  database  ${line}`),
    ...(repaired ?? []).map((cid) => `  ${style.good('fetched again')}  ${cid}`),
    ...lost.map((cid) => `  ${style.bad('nobody in reach has')}  ${cid}`),
    ...(isMended || corrupt?.length === 0
      ? []
      : ['→ `althing store verify --repair` fetches it again from members; so does asking for it']),
  ].join('\n')
}

/** Whether `store verify --repair` put right all that it found. */
export function isWhollyMended(output: unknown): boolean {
  const answer = readFields(output)
  return answer.texts('repaired').length > 0 && answer.texts('lost').length === 0 && answer.texts('database').length === 0
}

/** `store gc`: what went, or would go. */
export function renderCollected(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('removedBlocks')) return undefined
  const verb = answer.isTrue('isDryRun') ? 'would remove' : 'removed'
  const kept = `${formatCount(answer.count('keptBlocks'))} kept, ${formatCount(answer.count('youngBlocks'))} too young`
  const packages = answer.count('removedPackages')
  const unpacked =
    packages === 0 ? '' : `, ${formatPlural(packages, 'unpacked package')} · ${formatBytes(answer.count('removedPackageBytes'))}`
  return `${verb} ${formatPlural(answer.count('removedBlocks'), 'block')} · ${formatBytes(answer.count('removedBytes'))}${unpacked} ${style.faint(`· ${kept}`)}`
}

/** `p2p stop`. The command has waited for the end by then. */
export function renderStopped(output: unknown): string | undefined {
  return readFields(output).isTrue('stopping') ? 'node stopped' : undefined
}
