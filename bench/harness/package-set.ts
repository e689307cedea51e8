import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { createSeededChance } from '../../src/lib/chance.ts'

/** A package as it is before anybody packs it. */
export interface BenchPackage {
  readonly name: string
  readonly version: string
  /** Names of packages made before it, each wanted as `^1.0.0`. */
  readonly needs: readonly string[]
  /** Beside the manifest. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** Words of which files are made, so that they compress as text does. */
const words = 'agent review change test build commit the of and to in is it file line rule check when then must read write plan'.split(' ')

/** Packages that are the same for the same seed: 5 to 40 files of 1 to 60 KB, many small and few large, and up to four dependencies each. */
export function createPackageSet(count: number, seed: number): readonly BenchPackage[] {
  const chance = createSeededChance(seed)
  const names: string[] = []
  return Array.from({ length: count }, (_, index): BenchPackage => {
    const files = new Map<string, Uint8Array>()
    const fileCount = 5 + Math.floor(chance.fraction() ** 2 * 36)
    for (let file = 0; file < fileCount; file += 1) {
      const folder = ['', 'docs/', 'src/', 'src/parts/'][Math.floor(chance.fraction() * 4)] ?? ''
      files.set(`${folder}file-${file}.md`, writeText(1_000 + Math.floor(chance.fraction() ** 3 * 59_000), chance.fraction))
    }
    const needs = new Set<string>()
    for (let need = Math.floor(chance.fraction() * 5); need > 0 && names.length > 0; need -= 1) {
      needs.add(names[Math.floor(chance.fraction() * names.length)] ?? '')
    }
    const name = `bench-package-${String(index).padStart(3, '0')}`
    names.push(name)
    return { name, version: '1.0.0', needs: [...needs].toSorted(), files }
  })
}

/** Packages that no other needs: what a project asks for to have all. */
export function rootsOf(packages: readonly BenchPackage[]): readonly string[] {
  const needed = new Set(packages.flatMap(({ needs }) => needs))
  return packages.map(({ name }) => name).filter((name) => !needed.has(name))
}

/** What is in a set, for people. */
export function describeSet(packages: readonly BenchPackage[]): string {
  const files = packages.flatMap((one) => [...one.files.values()])
  const bytes = files.reduce((sum, file) => sum + file.byteLength, 0)
  return `${packages.length} packages, ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB`
}

/** Lays a package out as a source folder with our manifest, and gives the folder. */
export async function writeSource(parent: string, { name, version, needs, files }: BenchPackage): Promise<string> {
  const folder = join(parent, name)
  const manifest = `[package]\nname = "${name}"\nversion = "${version}"\ndescription = "A package of the bench"\nkind = "tool"\ndependencies = ${JSON.stringify(needs.map((need) => `${need}@^1.0.0`))}\n`
  for (const [path, bytes] of [['package.toml', manifest] as const, ...files]) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
  return folder
}

/** What npm sends to a registry to publish a package: its description with the tarball inside. */
export async function npmDocumentOf(
  registry: string,
  { name, version, needs, files }: BenchPackage,
): Promise<{ readonly body: string; readonly tarball: Uint8Array }> {
  const manifest = {
    name,
    version,
    description: 'A package of the bench',
    dependencies: Object.fromEntries(needs.map((need) => [need, '^1.0.0'])),
  }
  const tar = pack()
  for (const [path, bytes] of [['package.json', Buffer.from(JSON.stringify(manifest))] as const, ...files]) {
    tar.entry({ name: `package/${path}`, mtime: new Date(0) }, Buffer.from(bytes))
  }
  tar.finalize()
  const tarball = gzipSync(await buffer(tar))
  const file = `${name}-${version}.tgz`
  const dist = {
    shasum: createHash('sha1').update(tarball).digest('hex'),
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    tarball: `${registry}/${name}/-/${file}`,
  }
  const attachment = { content_type: 'application/octet-stream', data: tarball.toString('base64'), length: tarball.byteLength }
  const body = {
    _id: name,
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
    _attachments: { [file]: attachment },
  }
  return { body: JSON.stringify(body), tarball }
}

function writeText(length: number, fraction: () => number): Uint8Array {
  let text = ''
  while (text.length < length)
    text += `${words[Math.floor(fraction() * words.length)] ?? ''}${fraction() < 0.1 ? '\n' : ' '}${fraction() < 0.1 ? Math.floor(fraction() * 1e9) : ''}`
  return Buffer.from(text.slice(0, length))
}
