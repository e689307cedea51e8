import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { install, setUpProject } from '../testing/project.ts'

test('what is installed into a project stays out of its Git, and a .gitignore that is there is left as it is', async (t) => {
  const { ada, project } = await setUpProject(t)
  await install(ada, 'demo', { directory: project })
  const file = join(project, '.althing/.gitignore')
  assert.equal(await readFile(file, 'utf8'), '*\n')
  await writeFile(file, '')
  await install(ada, 'demo', { directory: project, force: true })
  assert.equal(await readFile(file, 'utf8'), '')
})

test('of a --target only the folder for what is not whole yet stays out of Git', async (t) => {
  const { ada, project } = await setUpProject(t)
  const target = join(project, 'vendor')
  for (const version of ['1.0.0', '1.1.0']) await install(ada, `demo@${version}`, { directory: project, target })
  assert.equal(await readFile(join(target, '.staging/.gitignore'), 'utf8'), '*\n')
  await assert.rejects(readFile(join(target, '.gitignore')), { code: 'ENOENT' })
})

test('a --target that is a file, or below one, is refused as that', async (t) => {
  const { ada, project } = await setUpProject(t)
  const file = join(project, 'althing.toml')
  const refused = { code: 'TARGET_REFUSED', message: /althing\.toml: it is a file, not a folder/ }
  await assert.rejects(install(ada, 'demo', { directory: project, target: file }), refused)
  await assert.rejects(install(ada, 'demo', { directory: project, target: join(file, 'deeper') }), refused)
})
