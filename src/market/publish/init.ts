import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Fault, describeError } from '../../lib/fault.ts'
import { makeFolder } from '../../lib/make-folder.ts'
import { errorCode } from '../../store/faults.ts'
import { marketFaults } from '../faults.ts'
import type { PackageKind } from '../manifest/manifest.ts'
import { manifestFormats } from '../manifest/read-manifest.ts'
import type { PackageName } from '../rules/names.ts'
import { parsePackageName, suggestPackageName } from '../rules/names.ts'
import { quotePath } from './shell-word.ts'
import { createStarter } from './starters.ts'

/** What a caller wants to begin with. */
export interface InitRequest {
  /** Where; else a folder of the name in `directory`, else `directory` itself. */
  readonly path?: string | undefined
  readonly directory: string
  readonly kind: PackageKind
  readonly name?: string | undefined
  /** Write over files that are there. */
  readonly force: boolean
}

export interface InitReport {
  name: string
  kind: PackageKind
  path: string
  /** Relative to the folder. */
  files: string[]
  hint: string
}

/**
 * Writes a package to start from, which publishes as it is.
 *
 * @throws Fault PACKAGE_NAME_INVALID, FILES_EXIST, TARGET_REFUSED
 */
export async function initPackage(request: InitRequest): Promise<InitReport> {
  const named = request.name === undefined ? undefined : readName(request.name, request.kind)
  const folder = resolve(request.path ?? (named === undefined ? request.directory : join(request.directory, named)))
  const name = named ?? readName(basename(folder), request.kind)
  refuseOtherFolder(folder, { name, kind: request.kind })
  const starter = createStarter(request.kind, name)
  const paths = Object.keys(starter)
  await refuseExisting(folder, { paths, force: request.force })
  for (const [path, text] of Object.entries(starter)) {
    await writeNew(join(folder, path), text).catch((error: unknown) => {
      throw toWriteFault(error, join(folder, path))
    })
  }
  return { name, kind: request.kind, path: folder, files: paths, hint: hintFor(folder, paths) }
}

/** What the disk refused, as a fault; anything else as it is. */
function toWriteFault(error: unknown, path: string): unknown {
  const code = errorCode(error)
  if (error instanceof Fault || code === undefined) return error
  const message = `no package was begun: ${path} cannot be written (${describeError(error)}). Name another folder.`
  return marketFaults.create('TARGET_REFUSED', { message, data: { path, reason: code }, cause: error })
}

function readName(text: string, kind: PackageKind): PackageName {
  const isPlain = kind !== 'skill' || /^[a-z0-9-]+$/.test(text)
  const name = isPlain ? parsePackageName(text) : undefined
  if (name !== undefined) return name
  const nearest = suggestPackageName(kind === 'skill' ? text.replaceAll(/[._]/g, '-') : text) ?? 'my-package'
  const allowed = kind === 'skill' ? 'a-z, 0-9 and "-"' : 'a-z, 0-9, ".", "_" and "-"'
  throw marketFaults.create('PACKAGE_NAME_INVALID', {
    message: `${JSON.stringify(text.slice(0, 80))} is no name of a ${kind}: 1 to 64 of ${allowed}, a letter or digit first. Write --name ${nearest}`,
    data: { name: text.slice(0, 256), nearest },
  })
}

/** Agents find a skill by its folder. */
function refuseOtherFolder(folder: string, { name, kind }: { readonly name: PackageName; readonly kind: PackageKind }): void {
  if (kind !== 'skill' || basename(folder) === name) return
  throw marketFaults.create('PACKAGE_NAME_INVALID', {
    message: `a skill has the name of its folder, which is ${JSON.stringify(basename(folder))} and not "${name}". Leave out the folder, or name ${JSON.stringify(join(dirname(folder), name))}.`,
    data: { name, nearest: basename(folder) },
  })
}

/** Another manifest would decide what the package is, whatever is written now. */
async function refuseExisting(
  folder: string,
  { paths, force }: { readonly paths: readonly string[]; readonly force: boolean },
): Promise<void> {
  const suspects = new Set([...paths, ...manifestFormats.filter(({ isMeant }) => isMeant === undefined).map(({ file }) => file)])
  const there: string[] = []
  for (const path of suspects) {
    const found = await lstat(join(folder, path)).catch(() => undefined)
    if (found?.isSymbolicLink() === true) throw refuseLink(join(folder, path))
    if (found !== undefined && !(force && paths.includes(path))) there.push(path)
  }
  if (there.length === 0) return
  const canForce = there.every((path) => paths.includes(path))
  const next = canForce ? 'Name another folder, or write over them with --force.' : 'Name another folder, or take them away first.'
  throw marketFaults.create('FILES_EXIST', {
    message: `${folder} has ${there.join(', ')} already. ${next}`,
    data: { path: folder, files: there },
  })
}

async function writeNew(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path), { mode: 0o777 })
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants
  await using file = await open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o666)
  await file.writeFile(text)
}

function refuseLink(path: string): Fault {
  return marketFaults.create('TARGET_REFUSED', {
    message: `${path} is a symbolic link, so nothing was written: it leads elsewhere. Take it away, or name another folder.`,
    data: { path },
  })
}

function hintFor(folder: string, paths: readonly string[]): string {
  const [first = ''] = paths
  return `write what it is for into ${join(folder, first)}; then look with \`althing publish ${quotePath(folder)} --dry-run\`, and publish with \`althing publish ${quotePath(folder)}\``
}
