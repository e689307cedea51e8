import { createCipheriv } from 'node:crypto'
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
  // a key stream: hashes in a chain would take longer than the demo
  const stream = createCipheriv('aes-128-ctr', Buffer.alloc(16, name), Buffer.alloc(16))
  await writeFile(join(folder, 'data', 'noise.bin'), stream.update(Buffer.alloc(largePackageBytes)))
}
