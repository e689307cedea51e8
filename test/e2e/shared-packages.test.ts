import assert from 'node:assert/strict'
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openVillage, writePackage } from './machine.ts'

test('two processes that install one package into two projects at once unpack it once, and both projects share its files', async (t) => {
  const village = openVillage(t, { ALTHING_MARKET_SHARING: 'link' })
  const ada = village.settle('ada')
  // Nobody is there to keep a copy, which ends with 1.
  await ada.run(['publish', writePackage(village, 'rust-web', { bytes: 300_000 })])
  const projects = ['one', 'two'].map((name) => join(village.root, name))
  for (const project of projects) {
    mkdirSync(project)
    writeFileSync(join(project, 'althing.toml'), '')
  }
  const ended = await Promise.all(projects.map(async (project) => ada.run(['install', 'rust-web', '--offline', '--directory', project])))
  assert.deepEqual(
    ended.map(({ code }) => code),
    [0, 0],
    ended.map(({ stderr }) => stderr).join(),
  )
  const files = projects.map((project) => {
    const packages = join(project, '.althing/packages')
    const owner = readdirSync(packages).find((name) => name.startsWith('@')) ?? ''
    return lstatSync(join(packages, owner, 'rust-web/content.bin'))
  })
  assert.equal(files[0]?.ino, files[1]?.ino)
  assert.equal(files[0]?.nlink, 3)
  assert.equal(readdirSync(join(ada.home, 'unpacked')).length, 1)
  // A setting with which no other command gets far: this one is answered before anything is read.
  const again = await ada.run(['install', '--directory', projects[0] ?? ''], { ALTHING_FAILPOINT: '?' })
  assert.equal(again.stdout, '1 package is as it was\n')
})
