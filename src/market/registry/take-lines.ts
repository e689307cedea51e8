import { parseCertificate } from '../../identity/certificate.ts'
import type { Transaction } from '../../store/database.ts'
import type { PackageName } from '../rules/names.ts'
import { memberKinds, packageKinds, packageOf, parseLine } from './line.ts'
import type { SignedLine } from './line.ts'
import { readIntroduction } from './registry-membership.ts'
import type { RegistryRow } from './registry-table.ts'
import { putCertificate, putEntry, withdrawOffers } from './registry-table.ts'

/** The lines of a file that can be believed, and how many cannot. */
export interface JudgedLines {
  readonly lines: readonly SignedLine[]
  readonly refused: number
}

/**
 * Reads the lines of a name: entries of the registry's hive about that name, signed by nodes whose certificate is with them.
 *
 * What is of another hive, of another name, or not signed as it has to be is nobody's word and is left out.
 */
export function judgeLines(text: string, { genesis }: Pick<RegistryRow, 'genesis'>, name: PackageName): JudgedLines {
  return judge(text, (line) => {
    const { entry, certificate } = line
    const isOurs = entry.header.hive === genesis?.id && certificate !== undefined && packageKinds.includes(entry.header.kind)
    return isOurs && packageOf(entry)?.name === name
  })
}

/** Reads what is said of members. */
export function judgeMembers(text: string, { genesis }: Pick<RegistryRow, 'genesis'>): JudgedLines {
  return judge(text, ({ entry }) => entry.header.hive === genesis?.id && memberKinds.includes(entry.header.kind))
}

function judge(text: string, isMeant: (line: SignedLine) => boolean): JudgedLines {
  const texts = text.split('\n').filter((line) => line !== '')
  const lines = texts.flatMap((line) => {
    const parsed = parseLine(line)
    return parsed !== undefined && isMeant(parsed) ? [parsed] : []
  })
  return { lines, refused: texts.length - lines.length }
}

/** Keeps what was read: what was known stays, also where it is not said any more. Whether anything was new. */
export function takeLines(
  tx: Transaction,
  row: Pick<RegistryRow, 'id' | 'hive'>,
  { name, lines }: { readonly name: string; readonly lines: readonly SignedLine[] },
): boolean {
  withdrawOffers(tx, row.id, name)
  let isNew = false
  for (const { entry, certificate } of lines) {
    isNew = putEntry(tx, row, { name, entry }) || isNew
    if (certificate !== undefined) isNew = putCertificate(tx, row.id, certificate) || isNew
    const document = readIntroduction(entry)
    const introduced = document && parseCertificate(document)
    // only a node's own journal speaks for it
    if (introduced?.certificate.node === entry.header.node) isNew = putCertificate(tx, row.id, introduced) || isNew
  }
  return isNew
}
