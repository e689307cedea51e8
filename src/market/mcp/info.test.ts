import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { InputOf, OutputOf } from '../../operations/define-operation.ts'
import { digestOfCid } from '../../lib/cid.ts'
import { installSet } from '../testing/project.ts'
import type { showOperations } from '../trust/show-operations.ts'
import { exchangeWith, makeTemporary, manifestOf, openStand, releasesOf, replicate, writeFiles } from '../testing/stand.ts'
import type { Stand } from '../testing/stand.ts'

type Info = Extract<(typeof showOperations)[number], { readonly name: 'marketplace.info' }>

const tool = '[tool.mcp]\ncommand = "node"\nargs = ["${package}/server.mjs"]\nenv = ["API_KEY"]\n[templates]\npath = "t"\n'
const files = { 'package.toml': manifestOf('demo', '1.0.0', tool), 'server.mjs': '' }

async function publish(stand: Stand, folder: string): Promise<void> {
  await stand.handlers['p2p.publish']({ path: folder }, stand.context)
}

function info(stand: Stand, name: string, more: Partial<InputOf<Info>> = {}): Promise<OutputOf<Info>> {
  return stand.handlers['marketplace.info']({ package: name, mcp: false, directory: '/nowhere', ...more }, stand.context)
}

test('info tells what a manifest says beside, and the block for an agent, with the folder it is installed in or would be', async (t) => {
  const project = await writeFiles(await makeTemporary(t), { 'althing.toml': '' })
  await using ada = await openStand('ada', { globalDirectory: join(await makeTemporary(t), 'packages') })
  await publish(ada, await writeFiles(join(await makeTemporary(t), 'demo'), files))
  const told = await info(ada, 'demo', { directory: project })
  assert.deepEqual(told.details, { compatibility: null, tables: [{ name: 'templates', json: '{"path":"t"}' }] })
  const folder = join(project, '.althing/packages/@ada/demo')
  const block = { command: 'node', args: [join(folder, 'server.mjs')], env: { API_KEY: '${API_KEY}' } }
  assert.deepEqual(told.mcp, { mcpServers: { demo: block } })
  assert.deepEqual([told.asked, told.permissions.commands], ['all', ['node ${package}/server.mjs']])
  assert.equal((await info(ada, 'demo', { directory: project, mcp: true })).asked, 'mcp')
  const home = join(ada.deps.globalDirectory, '@ada/demo')
  await writeFiles(home, { 'server.mjs': '' })
  assert.deepEqual((await info(ada, 'demo', { directory: project })).mcp?.mcpServers['demo']?.args, [join(home, 'server.mjs')])
  await writeFiles(folder, { 'server.mjs': '' })
  assert.deepEqual((await info(ada, 'demo', { directory: project })).mcp?.mcpServers['demo'], block)
})

test('a member that only heard of a release asks for its list when the block is wanted, and says so when nobody has it', async (t) => {
  await using ada = await openStand('ada')
  await publish(ada, await writeFiles(join(await makeTemporary(t), 'demo'), files))
  await using bob = await openStand('bob', { exchange: exchangeWith(() => bob, ada), peers: [ada.node] })
  await replicate(ada, bob)
  assert.deepEqual([(await info(bob, 'demo')).details, (await info(bob, 'demo')).mcp], [null, null])
  assert.equal((await info(bob, 'demo', { mcp: true })).mcp?.mcpServers['demo']?.command, 'node')
  assert.equal((await info(bob, 'demo')).details?.tables.length, 1)
  await using cy = await openStand('cy')
  await replicate(ada, cy)
  await assert.rejects(info(cy, 'demo', { mcp: true }), { code: 'NO_MCP_SERVERS', message: /nobody here has the list/ })
})

test('F8: a list that went bad on this disk is no list; publishing the same folder brings it back', async (t) => {
  const folder = await writeFiles(join(await makeTemporary(t), 'demo'), files)
  await using ada = await openStand('ada')
  await publish(ada, folder)
  const [release] = releasesOf(ada, 'demo')
  assert.ok(release !== undefined)
  await ada.blobs.remove(digestOfCid(release.files))
  assert.equal((await info(ada, 'demo')).details, null)
  await publish(ada, folder)
  assert.equal((await info(ada, 'demo')).details?.tables.length, 1)
})

test('a package without servers says so when the block is asked for', async (t) => {
  await using ada = await openStand('ada')
  await publish(ada, await writeFiles(join(await makeTemporary(t), 'plain'), { 'package.toml': manifestOf('plain') }))
  assert.equal((await info(ada, 'plain')).mcp, null)
  assert.deepEqual((await info(ada, 'plain')).details, { compatibility: null, tables: [] })
  await assert.rejects(info(ada, 'plain', { mcp: true }), { code: 'NO_MCP_SERVERS', message: /brings no MCP server/ })
})

test('an install prints the block for an agent, with the folder it was installed in; again, for what is there already', async (t) => {
  const root = await makeTemporary(t)
  const project = await writeFiles(join(root, 'project'), { 'althing.toml': '' })
  await using ada = await openStand('ada', { globalDirectory: join(root, 'global') })
  await publish(ada, await writeFiles(join(root, 'demo'), files))
  await publish(ada, await writeFiles(join(root, 'plain'), { 'package.toml': manifestOf('plain') }))
  const first = await installSet(ada, ['demo'], { directory: project })
  const block = {
    mcpServers: {
      demo: { command: 'node', args: [join(project, '.althing/packages/@ada/demo/server.mjs')], env: { API_KEY: '${API_KEY}' } },
    },
  }
  assert.deepEqual(first.mcp, block)
  assert.deepEqual((await installSet(ada, ['demo'], { directory: project })).mcp, block)
  assert.equal((await installSet(ada, ['plain'], { directory: project })).mcp, null)
})
