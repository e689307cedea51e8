import { createReadStream } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'

/** A file of a registry as HTTP gives it. */
export interface StaticFile {
  readonly etag: string
  readonly size: number
  readonly type: string
  /** To be read to its end, or destroyed. */
  readonly open: () => NodeJS.ReadableStream & { readonly destroy: () => void }
}

/** The only paths that are looked at: what an export writes. */
const paths =
  /^(?:config\.json|names\.jsonl|members\.jsonl|index\/(?:[12]|3\/[a-z0-9_-]|[a-z0-9_-]{2}\/[a-z0-9_-]{1,2})\/[a-z0-9][a-z0-9._-]{0,63}|archives\/[0-9a-f]{2}\/[0-9a-f]{64}\.tar\.zst|lists\/[a-z2-7]{2}\/[a-z2-7]{50,80})$/

/** A file of an exported folder; undefined for what is none, whatever lies in the folder. Links are not followed. */
export async function findStatic(folder: string, path: string): Promise<StaticFile | undefined> {
  if (!paths.test(path)) return undefined
  const file = join(folder, path)
  const found = await lstat(file).catch(() => undefined)
  if (found === undefined || !found.isFile()) return undefined
  // files are only ever put in place whole: their time says when they changed
  const etag = `"${found.size.toString(16)}-${Math.round(found.mtimeMs * 1_000).toString(16)}"`
  const type = path.endsWith('.json') ? 'application/json' : path.endsWith('.zst') ? 'application/zstd' : 'application/octet-stream'
  return { etag, size: found.size, type, open: () => createReadStream(file) }
}
