import type { KnownGenesis } from '../../hive/genesis.ts'
import { parseGenesis } from '../../hive/genesis.ts'
import type { PackageName } from '../rules/names.ts'
import { parsePackageName } from '../rules/names.ts'
import { fromBase64, parseJson } from './line.ts'

/** Longest config that is read, in bytes. */
export const maxConfigBytes = 65_536
const layout = 'althing-registry-1'

/** What a registry says of itself: its layout, and the genesis of the hive whose packages it has. */
export function formatConfig({ id, genesis, bytes }: KnownGenesis): string {
  const said = { layout, hive: id, name: genesis.name, policy: genesis.policy, genesis: Buffer.from(bytes).toString('base64') }
  return `${JSON.stringify(said, undefined, 2)}\n`
}

/** Reads such a config; the genesis alone is believed, whose hash is the hive. Undefined for anything else. */
export function parseConfig(text: string): KnownGenesis | undefined {
  const fields = text.length > maxConfigBytes ? undefined : parseJson(text)
  const bytes = fields?.get('layout') === layout ? fromBase64(fields.get('genesis')) : undefined
  return bytes && parseGenesis(bytes)
}

/** A name of a registry, with the sha2-256 of its file of lines in hex and its length in bytes. */
export interface NameRow {
  readonly name: PackageName
  readonly digest: string
  readonly size: number
}

export function formatNameRow({ name, digest, size }: NameRow): string {
  return JSON.stringify({ name, digest, size })
}

/** Reads a line of the list of names; undefined for anything else. */
export function parseNameRow(text: string): NameRow | undefined {
  const fields = text.length > 512 ? undefined : parseJson(text)
  const [name, digest, size] = [fields?.get('name'), fields?.get('digest'), fields?.get('size')]
  const parsed = typeof name === 'string' ? parsePackageName(name) : undefined
  if (parsed === undefined || typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) return undefined
  return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? { name: parsed, digest, size } : undefined
}
