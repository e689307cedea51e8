import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Turns the last bit of every block below a folder, as a disk that goes bad may. */
export async function flipEveryBlock(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    await writeFile(path, bytes)
  }
}
