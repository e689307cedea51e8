import { cidOfLink } from '../../lib/cid.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Position } from '../entry.ts'
import type { AdmissionVerdict } from '../journal.ts'

/** The last entry kept of an earlier incarnation; seq 0 and no CID when nothing is kept. */
export interface Cut {
  readonly incarnation: number
  readonly seq: number
  readonly cid: Cid | null
}

/** All that decides which entries of one author count. */
export interface Standing {
  readonly admission: AdmissionVerdict
  /** Incarnation → last kept seq, as the newest unforked incarnation names them. */
  readonly cuts: ReadonlyMap<number, number>
  /** Incarnation → last seq that both branches of a proven fork share. */
  readonly forks: ReadonlyMap<number, number>
}

/** More incarnations than one author can need; each is one loss of a disk. */
const maxCuts = 1024

/** The last seq of an incarnation that is on the author's one line, whoever admits it: `Infinity` when nothing ends it. */
export function lastOnLine(standing: Standing, incarnation: number): number {
  return Math.min(standing.cuts.get(incarnation) ?? Infinity, standing.forks.get(incarnation) ?? Infinity)
}

/** The last seq of an incarnation that counts in views. */
export function lastEffective(standing: Standing, incarnation: number): number {
  return Math.min(lastOnLine(standing, incarnation), lastAdmitted(standing.admission, incarnation))
}

/** The last seq of an incarnation that the hive admits. */
export function lastAdmitted(verdict: AdmissionVerdict, incarnation: number): number {
  if (verdict.verdict === 'admitted') return Infinity
  const after = verdict.verdict === 'cut' ? verdict.after : undefined
  if (after === undefined || incarnation > after.incarnation) return 0
  return incarnation < after.incarnation ? Infinity : after.seq
}

/** Whether an entry counts in views. */
export function isEffective(standing: Standing, position: Position): boolean {
  return position.seq <= lastEffective(standing, position.incarnation)
}

/**
 * The last seq of an incarnation worth asking others for.
 *
 * The very first entry of a journal is always wanted: it carries the certificate that introduces its author.
 */
export function lastWanted(standing: Standing, incarnation: number): number {
  const last = lastEffective(standing, incarnation)
  return incarnation === 1 ? Math.max(1, last) : last
}

/** The body of an entry of kind `incarnation`. */
export interface IncarnationBody {
  readonly cuts: readonly { readonly incarnation: number; readonly seq: number; readonly cid: unknown }[]
}

/** Reads the cuts an incarnation's first entry names. Anything malformed, doubled or not earlier makes all of it nothing. */
export function parseCuts(body: unknown, incarnation: number): readonly Cut[] {
  if (body === null || typeof body !== 'object' || !('cuts' in body) || !Array.isArray(body.cuts) || body.cuts.length > maxCuts) return []
  const cuts: Cut[] = []
  const seen = new Set<number>()
  for (const item of body.cuts as readonly unknown[]) {
    const cut = parseCut(item)
    if (cut === undefined || cut.incarnation >= incarnation || seen.has(cut.incarnation)) return []
    seen.add(cut.incarnation)
    cuts.push(cut)
  }
  return cuts
}

function parseCut(item: unknown): Cut | undefined {
  if (item === null || typeof item !== 'object' || !('incarnation' in item) || !('seq' in item) || !('cid' in item)) return undefined
  const { incarnation, seq, cid: link } = item
  if (typeof incarnation !== 'number' || !Number.isSafeInteger(incarnation) || incarnation < 1) return undefined
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) return undefined
  const cid = link === null ? null : cidOfLink(link)
  return cid === undefined || (seq === 0) !== (cid === null) ? undefined : { incarnation, seq, cid }
}
