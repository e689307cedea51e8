import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Fault } from '../../lib/fault.ts'
import type { FoundManifest } from '../manifest/read-manifest.ts'
import { readManifest } from '../manifest/read-manifest.ts'
import { makeTemporary, writeFiles } from './stand.ts'

/** As in the configuration. */
export const manifestOptions = { maxManifestBytes: 262_144, signal: new AbortController().signal }

export type Files = Readonly<Record<string, string | Uint8Array>>

/** The manifest of some files, in a folder `demo` when nothing else is said. */
export async function readFrom(
  t: TestContext,
  files: Files,
  more: { readonly folder?: string; readonly file?: string } = {},
): Promise<FoundManifest> {
  const folder = join(await makeTemporary(t), more.folder ?? 'demo')
  await mkdir(folder)
  return readManifest(await writeFiles(folder, files), { ...manifestOptions, file: more.file })
}

/** What is said of some files that are no package. */
export async function refusalFrom(t: TestContext, files: Files, folder = 'demo'): Promise<string> {
  const outcome = await readFrom(t, files, { folder }).catch((error: unknown) => error)
  assert.ok(outcome instanceof Fault, 'it was taken')
  assert.ok(outcome.code === 'MANIFEST_INVALID' || outcome.code === 'MANIFEST_MISSING', outcome.code)
  return outcome.message
}

/** A manifest in TOML that says the least, under a table. */
export function tomlOf(table: string, more = ''): string {
  return `[${table}]\nname = "demo"\nversion = "1.2.3"\ndescription = "What it is for"\n${more}`
}

/** A manifest in JSON that says the least. */
export function jsonOf(more: object = {}): string {
  return JSON.stringify({ name: 'demo', version: '1.2.3', description: 'What it is for', ...more, last: 1 }, null, 2)
}
