import { storeFaults } from './faults.ts'

/** What a backup says about itself, in `backup.json`. Written last: without it a folder is no backup. */
export interface BackupManifest {
  readonly format: typeof backupFormat
  readonly version: typeof backupVersion
  /** Wall time in milliseconds. */
  readonly createdAt: number
  readonly schema: number
  /** Of the database file, in hexadecimal. */
  readonly databaseSha256: string
  readonly databaseBytes: number
  readonly blocks: number
  /** On disk. */
  readonly blobBytes: number
  readonly includesKeys: boolean
}

export const manifestName = 'backup.json'
/** A manifest is far shorter; more is not read. */
export const maxManifestBytes = 4096

const backupFormat = 'althing-backup'
const backupVersion = 1

/** The manifest's text. */
export function formatManifest(manifest: Omit<BackupManifest, 'format' | 'version'>): string {
  return `${JSON.stringify({ format: backupFormat, version: backupVersion, ...manifest }, undefined, 2)}\n`
}

/** Reads a manifest's text. @throws Fault BACKUP_INVALID */
export function parseManifest(text: string, source: string): BackupManifest {
  const value = parseObject(text, source)
  const count = (name: string): number => {
    const found = value.get(name)
    if (typeof found === 'number' && Number.isSafeInteger(found) && found >= 0) return found
    throw invalid(source, `its ${name} is no whole number`)
  }
  if (value.get('format') !== backupFormat) throw invalid(source, `its format is not ${backupFormat}`)
  if (value.get('version') !== backupVersion)
    throw invalid(source, `it is of version ${String(value.get('version'))}, and this program reads 1`)
  const databaseSha256 = value.get('databaseSha256')
  if (typeof databaseSha256 !== 'string' || !/^[0-9a-f]{64}$/.test(databaseSha256)) throw invalid(source, 'its databaseSha256 is no digest')
  return {
    format: backupFormat,
    version: backupVersion,
    createdAt: count('createdAt'),
    schema: count('schema'),
    databaseSha256,
    databaseBytes: count('databaseBytes'),
    blocks: count('blocks'),
    blobBytes: count('blobBytes'),
    includesKeys: value.get('includesKeys') === true,
  }
}

/** The source of a restore is not what it should be. */
export function invalid(source: string, why: string): Error {
  const message = `${source} is not a whole backup: ${why}; make one with \`althing backup TARGET\``
  return storeFaults.create('BACKUP_INVALID', { message, data: { source } })
}

/** A map, because names like `__proto__` mean nothing to one. */
function parseObject(text: string, source: string): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return new Map(Object.entries(value))
  } catch {
    // said below, with what to do
  }
  throw invalid(source, `${manifestName} holds no JSON object`)
}
