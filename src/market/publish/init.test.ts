import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { Fault } from '../../lib/fault.ts'
import { makeTemporary, manifestOf, writeFiles } from '../testing/stand.ts'
import type { InitRequest } from './init.ts'
import { initPackage } from './init.ts'

async function refusal(request: InitRequest): Promise<Fault> {
  const outcome = await initPackage(request).catch((error: unknown) => error)
  assert.ok(outcome instanceof Fault, 'it was done')
  return outcome
}

test('a folder gives its name; a name makes a folder of its own', async (t) => {
  const directory = await makeTemporary(t)
  const byFolder = await initPackage({ path: join(directory, 'deep/review'), directory, kind: 'skill', force: false })
  assert.deepEqual([byFolder.name, byFolder.files], ['review', ['SKILL.md']])
  const byName = await initPackage({ directory, name: 'my-tool', kind: 'tool', force: false })
  assert.equal(byName.path, join(directory, 'my-tool'))
  const both = await initPackage({ path: join(directory, 'here'), directory, name: 'there', kind: 'bundle', force: false })
  assert.match(await readFile(join(both.path, 'package.toml'), 'utf8'), /^name = "there"$/m)
})

test('a name that is none is refused with the nearest; a skill is named as its folder', async (t) => {
  const directory = await makeTemporary(t)
  const outcome = await refusal({ directory, name: 'My Skill!', kind: 'bundle', force: false })
  assert.deepEqual([outcome.code, outcome.data['nearest']], ['PACKAGE_NAME_INVALID', 'my-skill'])
  assert.equal((await refusal({ directory, name: 'a.b', kind: 'skill', force: false })).data['nearest'], 'a-b')
  assert.match(
    (await refusal({ path: join(directory, 'x'), directory, name: 'y', kind: 'skill', force: false })).message,
    /its folder, which is "x" and not "y"/,
  )
  assert.equal((await refusal({ directory, name: '../../etc', kind: 'bundle', force: false })).code, 'PACKAGE_NAME_INVALID')
})

test('what is there is not written over without --force, and another manifest not at all', async (t) => {
  const directory = await makeTemporary(t)
  const request: InitRequest = { path: join(directory, 'demo'), directory, kind: 'role', force: false }
  await initPackage(request)
  await writeFile(join(directory, 'demo/ROLE.md'), 'mine')
  const outcome = await refusal(request)
  assert.deepEqual([outcome.code, outcome.data['files']], ['FILES_EXIST', ['package.toml', 'ROLE.md']])
  assert.equal(await readFile(join(directory, 'demo/ROLE.md'), 'utf8'), 'mine')
  await initPackage({ ...request, force: true })
  assert.notEqual(await readFile(join(directory, 'demo/ROLE.md'), 'utf8'), 'mine')
  assert.deepEqual((await refusal({ ...request, kind: 'skill', force: true })).data['files'], ['package.toml'])
})

test('S12: init writes through no symbolic link', async (t) => {
  const directory = await makeTemporary(t)
  await writeFiles(directory, { 'precious.toml': manifestOf('precious'), 'demo/keep': '' })
  await symlink('../precious.toml', join(directory, 'demo/package.toml'))
  const outcome = await refusal({ path: join(directory, 'demo'), directory, kind: 'role', force: true })
  assert.equal(outcome.code, 'TARGET_REFUSED')
  assert.equal(await readFile(join(directory, 'precious.toml'), 'utf8'), manifestOf('precious'))
})

test('the tool to start from is an MCP server that answers', async (t) => {
  const { path } = await initPackage({ directory: await makeTemporary(t), name: 'greeter', kind: 'tool', force: false })
  const server = spawn(process.execPath, [join(path, 'server.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => server.kill('SIGKILL'))
  const messages = [
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}',
    '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    '{"jsonrpc":"2.0","id":2,"method":"tools/list"}',
    '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"greet","arguments":{"name":"ada"}}}',
    '{"jsonrpc":"2.0","id":4,"method":"__proto__"}',
    'no json',
  ]
  server.stdin.end(`${messages.join('\n')}\n`)
  const answers: unknown[] = []
  for await (const line of createInterface({ input: server.stdout })) answers.push(JSON.parse(line))
  const told = JSON.stringify(answers)
  assert.equal(answers.length, 5)
  assert.match(told, /"serverInfo":\{"name":"greeter"/)
  assert.match(told, /Hello, ada/)
  assert.match(told, /-32601/)
})

test('what cannot be written to is said to be so', async (t) => {
  const directory = await makeTemporary(t)
  await writeFile(join(directory, 'file'), '')
  const outcome = await refusal({ path: join(directory, 'file', 'deep'), directory, kind: 'tool', force: false })
  assert.deepEqual([outcome.code, outcome.data['reason']], ['TARGET_REFUSED', 'ENOTDIR'])
})
