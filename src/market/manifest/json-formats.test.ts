import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonOf, readFrom, refusalFrom } from '../testing/manifests.ts'

test('plugin.json: author, keywords, parts and servers are read, of the manifest, of a file it names or of .mcp.json', async (t) => {
  const servers = { db: { command: '${CLAUDE_PLUGIN_ROOT}/db', args: ['--port', '0'], env: { DB: '${CLAUDE_PLUGIN_ROOT}/x', MODE: '' } } }
  const plugin = {
    author: { name: 'ada', email: 'a@example.org' },
    keywords: ['x'],
    license: 'MIT',
    commands: './commands',
    repository: 'https://example.org',
  }
  for (const files of [
    { '.claude-plugin/plugin.json': jsonOf({ ...plugin, mcpServers: servers }) },
    {
      '.claude-plugin/plugin.json': jsonOf({ ...plugin, mcpServers: './.mcp.json' }),
      '.mcp.json': JSON.stringify({ mcpServers: servers }),
    },
    { '.claude-plugin/plugin.json': jsonOf(plugin), '.mcp.json': JSON.stringify(servers) },
  ]) {
    const { draft, details } = await readFrom(t, files)
    assert.deepEqual([draft.authors, draft.keywords, draft.licence, draft.repository], [['ada'], ['x'], 'MIT', 'https://example.org'])
    assert.deepEqual(details.mcpServers, [
      {
        name: 'db',
        command: '${package}/db',
        args: ['--port', '0'],
        url: null,
        env: [
          { name: 'DB', value: '${package}/x' },
          { name: 'MODE', value: null },
        ],
      },
    ])
    assert.deepEqual(draft.permissions.commands, ['${package}/db --port 0'])
    assert.deepEqual(details.tables, [{ name: 'plugin', json: '{"commands":"./commands"}' }])
  }
})

test('plugin.json: a server elsewhere asks for its host; a file of servers that is not read is refused', async (t) => {
  const remote = { '.claude-plugin/plugin.json': jsonOf({ mcpServers: { far: { type: 'http', url: 'https://mcp.example.org/x' } } }) }
  const { draft } = await readFrom(t, remote)
  assert.deepEqual([draft.kind, draft.permissions.hosts], ['tool', ['mcp.example.org']])
  assert.match(
    await refusalFrom(t, { '.claude-plugin/plugin.json': jsonOf({ mcpServers: '../../x.json' }) }),
    /names "\.\.\/\.\.\/x.json", which is not read/,
  )
})

test('package.json: is read with the keyword, or when it is named; else it is left alone', async (t) => {
  const plain = { 'package.json': jsonOf() }
  assert.match(await refusalFrom(t, plain), /no manifest .*"althing-package", or with --manifest package.json/)
  assert.equal((await readFrom(t, plain, { file: 'package.json' })).draft.name, 'demo')
  assert.match(await refusalFrom(t, { 'package.json': '{"keywords": ["althing-package"' }), /package.json:1:32: this is no valid JSON/)
  assert.match(await refusalFrom(t, { 'package.json': '{ not json' }), /has no manifest/)
  await assert.rejects(readFrom(t, plain, { file: 'Cargo.toml' }), {
    code: 'MANIFEST_MISSING',
    message: /"Cargo.toml" is no manifest that is read; these are: package.toml,/,
  })
})

test('package.json: what is of npm stays of npm; what is ours stands under althing', async (t) => {
  const { draft, candidates } = await readFrom(t, {
    'package.json': jsonOf({
      name: '@scope/demo',
      keywords: ['althing-package', 'x'],
      main: './index.js',
      files: ['dist'],
      author: { name: 'ada' },
      license: { type: 'MIT' },
      repository: { type: 'git', url: 'git+https://example.org/x.git' },
      dependencies: { lodash: '^4' },
      althing: { kind: 'tool', category: 'Web', dependencies: { base: '^1' }, permissions: { tools: ['Read'] } },
    }),
  })
  assert.deepEqual([draft.name, draft.kind, draft.category, draft.entry], ['demo', 'tool', 'web', 'index.js'])
  assert.deepEqual([draft.dependencies, candidates], [[{ name: 'base', range: '^1' }], []])
  assert.deepEqual(draft.foreign, [{ name: 'lodash', value: '^4' }])
  assert.deepEqual([draft.keywords, draft.files, draft.authors, draft.licence], [['x'], ['dist'], ['ada'], 'MIT'])
})

test('where JSON ends being JSON is found', async (t) => {
  const place = async (text: string): Promise<string> =>
    /^[^:]+:([\d:]+):/.exec(await refusalFrom(t, { '.claude-plugin/plugin.json': text }))?.[1] ?? ''
  assert.equal(await place('{\n  "a": 1,\n}'), '3:1')
  assert.equal(await place('{\n  "a" 1\n}'), '2:7')
  assert.equal(await place('{\n  a: 1\n}'), '2:3')
  assert.equal(await place('{"a": "b'), '1:7')
  assert.equal(await place('{"a": [1, 2}'), '1:12')
  assert.equal(await place('{"a": 1} x'), '1:10')
  assert.equal(await place('{"a": {'), '1:8')
  assert.equal(await place('[1]'), '1:1')
})
