import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Machine } from './machine.ts'
import { enter, eventually, openVillage } from './machine.ts'

const name = 'commit-notes'

test('the life of a skill: made, found misspelt elsewhere, installed, raised, updated, yanked, deprecated, handed on', async (t) => {
  const village = openVillage(t, { ALTHING_MARKET_COPIES_TIMEOUT_MS: '500' })
  const [ada, bob] = [village.settle('ada'), village.settle('bob')]
  await ada.start()
  await enter(ada, bob)
  const skill = join(bob.project, '.agents/skills', name, 'SKILL.md')

  await see(ada, ['init', name, '--kind', 'skill'], /commit-notes started as a skill/)
  await publish(ada, '0.1.0')
  await hear(bob, /0\.1\.0/)
  await see(bob, ['search', 'comit', 'notse'], /near spellings.*: commit notes\n@\w+\/commit-notes v0\.1\.0 \(skill/)
  await see(bob, ['install', name], /commit-notes@0\.1\.0 installed · 1 file/)
  assert.deepEqual(readFileSync(skill), readFileSync(join(ada.project, name, 'SKILL.md')))
  await see(bob, ['outdated'], /all that is installed is the newest/)

  raise(ada, '0.1.0', '0.2.0')
  await publish(ada, '0.2.0')
  await hear(bob, /0\.2\.0/)
  await see(bob, ['outdated'], /commit-notes +0\.1\.0 +0\.2\.0 +0\.2\.0/, 1)
  await see(bob, ['update'], /commit-notes@0\.2\.0 updated from 0\.1\.0/)
  assert.match(readFileSync(skill, 'utf8'), /version: "0\.2\.0"/)

  await see(ada, ['yank', `${name}@0.2.0`, '--reason', 'loses the body'], /0\.2\.0 is yanked.* announced to 1 peer/)
  await hear(bob, /0\.2\.0.*yanked: loses the body/)
  await see(bob, ['install', name], /0\.2\.0 was yanked \(loses the body\)\. It stays/)
  await see(bob, ['audit'], /yanked +@\w+\/commit-notes 0\.2\.0 was yanked/, 1)
  await see(bob, ['outdated'], /commit-notes +0\.2\.0 +0\.1\.0 +0\.1\.0/, 1)
  await see(bob, ['update'], /commit-notes@0\.1\.0 brought back from 0\.2\.0/)
  assert.match(readFileSync(skill, 'utf8'), /version: "0\.1\.0"/)
  await see(bob, ['audit'], /nothing found/)

  await see(ada, ['deprecate', name, 'ask bob'], /commit-notes is deprecated: ask bob/)
  await see(ada, ['marketplace', 'owner', 'transfer', name, '@bob'], /handed on to @bob/)
  await eventually(
    'bob hears of both',
    async () => bob.run(['audit']),
    ({ stdout }) => /deprecated[^]*handed on to @bob/.test(stdout),
  )
  cpSync(join(bob.project, '.agents/skills', name), join(bob.project, name), { recursive: true })
  raise(bob, '0.1.0', '0.3.0')
  await publish(bob, '0.3.0')
  await see(bob, ['update'], /@bob\/commit-notes@0\.3\.0 updated from 0\.1\.0[^]*handed on by its owner/)
  await see(bob, ['list'], /project \(1\)\n +@bob\/commit-notes 0\.3\.0/)
  await see(bob, ['audit'], /nothing found/)
  await see(bob, ['verify'], /1 package as signed/)
  await see(bob, ['remove', name], /commit-notes@0\.3\.0 removed/)
  assert.equal(existsSync(skill), false)
})

/** Edits the version of the skill in a project, as with an editor. */
function raise({ project }: Machine, from: string, to: string): void {
  const file = join(project, name, 'SKILL.md')
  writeFileSync(file, readFileSync(file, 'utf8').replace(`version: "${from}"`, `version: "${to}"`))
}

async function publish(machine: Machine, version: string): Promise<void> {
  await see(machine, ['publish', `./${name}`], new RegExp(`commit-notes@${version.replaceAll('.', '\\.')} published`))
}

/** Waits until the versions that a machine knows are as wanted. */
async function hear(machine: Machine, versions: RegExp): Promise<void> {
  await eventually(
    `${machine.name} hears of ${String(versions)}`,
    async () => machine.run(['versions', name]),
    ({ stdout }) => versions.test(stdout),
  )
}

/** Runs a command as a person does, who sees the one output and then the other. */
async function see(machine: Machine, words: readonly string[], wanted: RegExp, wantedCode = 0): Promise<void> {
  const { code, stdout, stderr } = await machine.run(words)
  assert.equal(code, wantedCode, `althing ${words.join(' ')} on ${machine.name}: ${stderr}${stdout}`)
  assert.match(stdout + stderr, wanted)
}
