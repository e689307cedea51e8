import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { equalBytes } from '../../lib/bytes.ts'
import type { Chance } from '../../lib/chance.ts'
import { makeFolder } from '../../lib/make-folder.ts'

/** Puts a file in place whole, unless it is there with the same bytes. Whether it was written. @throws what the disk says */
export async function writeChanged(path: string, bytes: Uint8Array, chance: Chance): Promise<boolean> {
  const known = await readFile(path).catch(() => undefined)
  if (known !== undefined && equalBytes(new Uint8Array(known), bytes)) return false
  await writeWhole(path, [bytes], chance)
  return true
}

/** Puts a file in place whole, from a stream: written beside, made to last, renamed. @throws what the disk or the source says */
export async function writeWhole(path: string, source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, chance: Chance): Promise<void> {
  await makeFolder(dirname(path), { mode: 0o777 })
  const temporary = join(dirname(path), `.althing-${Buffer.from(chance.bytes(6)).toString('hex')}`)
  try {
    await using handle = await open(temporary, 'wx', 0o644)
    for await (const chunk of source) await handle.writeFile(chunk)
    await handle.sync()
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await rename(temporary, path)
}
