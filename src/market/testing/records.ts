import type { OwnerId } from '../../identity/keys.ts'
import { nodeOf, testHive } from '../../journal/testing/bench-of-peers.ts'
import type { ViewedEntry } from '../../journal/view.ts'
import { encodeText } from '../../lib/bytes.ts'
import { createCid, dagCborCodec, hashBytes, rawCodec } from '../../lib/cid.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { Release } from '../release.ts'
import { formatRelease, releaseKind } from '../release.ts'
import type { PackageName } from '../rules/names.ts'
import { parsePackageName } from '../rules/names.ts'
import type { PackageWord } from '../trust/word.ts'
import { formatWord } from '../trust/word.ts'
import { ownerOf } from './stand.ts'

/** A name of a package. */
export function nameOf(text: string): PackageName {
  const name = parsePackageName(text)
  if (name === undefined) throw new Error(`${text} is no name of a package`)
  return name
}

/** A manifest that says the least, and what is said beside. */
export function leastManifest(name: string, more: Partial<Manifest> = {}): Manifest {
  return {
    name: nameOf(name),
    version: '1.0.0',
    kind: 'bundle',
    description: `About ${name}`,
    authors: [],
    licence: null,
    category: null,
    keywords: [],
    homepage: null,
    repository: null,
    dependencies: [],
    foreign: [],
    files: [],
    permissions: { tools: [], commands: [], hosts: [], paths: [] },
    entry: null,
    ...more,
  }
}

/** A release that says the least. */
export function releaseOf(
  name: string,
  version: string,
  more: { readonly bytes?: string; readonly owner?: OwnerId; readonly manifest?: Partial<Manifest> } = {},
): Release {
  const bytes = encodeText(more.bytes ?? `${name} ${version}`)
  const manifest = leastManifest(name, { version, ...more.manifest })
  const cid = createCid(rawCodec, bytes)
  return {
    owner: more.owner ?? ownerOf('ada'),
    manifest,
    digest: hashBytes(bytes),
    size: 10,
    fileCount: 1,
    archive: cid,
    files: cid,
    previous: null,
  }
}

/** A word about `@ada/axum`, unless said otherwise. */
export function wordOf(word: Pick<PackageWord, 'kind' | 'value'> & Partial<PackageWord>): PackageWord {
  return { owner: ownerOf('ada'), name: nameOf('axum'), subject: '', revision: 1, ...word }
}

/** What a peer of a name says at some place of its journal, as a view gets it. */
export function entryOf(peer: string, seq: number, said: Release | PackageWord): ViewedEntry {
  const isRelease = 'manifest' in said
  return {
    hive: testHive,
    node: nodeOf(peer),
    incarnation: 1,
    seq,
    cid: createCid(dagCborCodec, encodeText(`${peer} ${seq}`)),
    kind: isRelease ? releaseKind : said.kind,
    at: 1_790_000_000_000 + seq,
    body: isRelease ? formatRelease(said) : formatWord(said),
  }
}
