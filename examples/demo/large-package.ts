import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Size of the generated package's one large file. */
export const largePackageBytes = 64 * 1_048_576

/** Writes a package whose 64 MiB do not compress and are the same every time. */
export async function writeLargePackage(folder: string, name: string): Promise<void> {
  await mkdir(join(folder, 'data'), { recursive: true })
  await writeFile(
    join(folder, 'package.toml'),
    `[package]\nname = "${name}"\nversion = "1.0.0"\ndescription = "64 MiB that do not compress, to watch a transfer"\nlicense = "MIT"\n`,
  )
  const blocks: Buffer[] = []
  let block = createHash('sha512').update(name).digest()
  for (let written = 0; written < largePackageBytes; written += block.byteLength) {
    blocks.push(block)
    block = createHash('sha512').update(block).digest()
  }
  await writeFile(join(folder, 'data', 'noise.bin'), Buffer.concat(blocks))
}
