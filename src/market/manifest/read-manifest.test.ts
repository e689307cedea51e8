import assert from 'node:assert/strict'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeTemporary, manifestOf, writeFiles } from '../testing/stand.ts'
import { readManifest } from './read-manifest.ts'

const options = { maxManifestBytes: 4_096, signal: new AbortController().signal }

test('package.toml decides where both are', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo'), 'SKILL.md': '---\nname: x\n---\n' })
  const { source, draft } = await readManifest(folder, options)
  assert.equal(source.file, 'package.toml')
  assert.equal(draft.kind, 'skill')
})

test('a folder without a manifest is told which would be read', async (t) => {
  await assert.rejects(readManifest(await makeTemporary(t), options), {
    code: 'MANIFEST_MISSING',
    message: /has no manifest \(package.toml, gpack.toml, pack.toml, SKILL.md, /,
  })
  await assert.rejects(readManifest('/does/not/exist', options), { code: 'MANIFEST_MISSING', message: /no folder \/does/ })
  const file = join(await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo') }), 'package.toml')
  await assert.rejects(readManifest(file, options), {
    code: 'MANIFEST_MISSING',
    message: /package.toml is no folder. Name the folder it lies in: \/.*[^l]$/,
  })
})

test('a manifest that is too long, no file, a link or no text is refused', async (t) => {
  const folder = await makeTemporary(t)
  await writeFiles(folder, {
    'long/package.toml': '#'.repeat(4_097),
    'binary/package.toml': Uint8Array.of(0xff, 0xfe),
    'real.toml': manifestOf('demo'),
  })
  await mkdir(join(folder, 'folder/package.toml'), { recursive: true })
  await mkdir(join(folder, 'link'))
  await symlink('../real.toml', join(folder, 'link/package.toml'))
  await assert.rejects(readManifest(join(folder, 'long'), options), { code: 'MANIFEST_INVALID', message: /4097 bytes, 4096 are allowed/ })
  await assert.rejects(readManifest(join(folder, 'binary'), options), { code: 'MANIFEST_INVALID', message: /not UTF-8/ })
  await assert.rejects(readManifest(join(folder, 'folder'), options), { code: 'MANIFEST_INVALID', message: /no file/ })
  await assert.rejects(readManifest(join(folder, 'link'), options), { code: 'MANIFEST_INVALID', message: /symbolic link/ })
})
