import type { PackageName } from '../../rules/names.ts'

/** What a registry is, and of which hive. */
export const configPath = 'config.json'
/** Every name with the digest of its file. */
export const namesPath = 'names.jsonl'
/** What the hive says of its members. */
export const membersPath = 'members.jsonl'

/**
 * Where the lines of a name stand, as in a sparse index of cargo: `index/ax/um/axum`.
 *
 * A dot in a prefix is written `_`: a part of a path that begins with one is hidden, or leads elsewhere.
 *
 * @see https://doc.rust-lang.org/cargo/reference/registry-index.html#index-files
 */
export function indexPath(name: PackageName): string {
  const [first, second] = [name.slice(0, 2).replaceAll('.', '_'), name.slice(2, 4).replaceAll('.', '_')]
  if (name.length < 3) return `index/${name.length}/${name}`
  return name.length === 3 ? `index/3/${name.slice(0, 1)}/${name}` : `index/${first}/${second}/${name}`
}

/** Where an archive stands, by the 64 hexadecimal digits of its digest. */
export function archivePath(hex: string): string {
  return `archives/${hex.slice(0, 2)}/${hex}.tar.zst`
}

/** Where the list of a package's files stands, by its CID. */
export function listPath(cid: string): string {
  return `lists/${cid.slice(-2)}/${cid}`
}
