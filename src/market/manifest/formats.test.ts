import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Fault } from '../../lib/fault.ts'
import type { Files } from '../testing/manifests.ts'
import { jsonOf, manifestOptions, readFrom, refusalFrom, tomlOf } from '../testing/manifests.ts'
import { makeTemporary, writeFiles } from '../testing/stand.ts'
import { manifestFormats, readManifest } from './read-manifest.ts'

const skill = '---\nname: demo\ndescription: What it is for\nmetadata:\n  version: "1.2.3"\n---\ntext\n'
/** The least of each format, in the order of recognition. */
const least: readonly { readonly file: string; readonly kind: string; readonly files: Files }[] = [
  { file: 'package.toml', kind: 'bundle', files: { 'package.toml': tomlOf('package') } },
  { file: 'gpack.toml', kind: 'template', files: { 'gpack.toml': tomlOf('gpack') } },
  { file: 'pack.toml', kind: 'template', files: { 'pack.toml': tomlOf('pack'), 'ontology/demo.ttl': '' } },
  { file: 'SKILL.md', kind: 'skill', files: { 'SKILL.md': skill } },
  { file: '.claude-plugin/plugin.json', kind: 'bundle', files: { '.claude-plugin/plugin.json': jsonOf() } },
  { file: 'package.json', kind: 'bundle', files: { 'package.json': jsonOf({ keywords: ['althing-package'] }) } },
]

test('formats are recognised in the order of the list: each by its file, whatever of the later ones is there', async (t) => {
  assert.deepEqual(
    manifestFormats.map(({ file }) => file),
    least.map(({ file }) => file),
  )
  for (const [index, { file }] of least.entries()) {
    const files = Object.assign({}, ...least.slice(index).map((row) => row.files)) as Files
    assert.equal((await readFrom(t, files)).source.file, file)
  }
})

for (const { file, kind, files } of least) {
  test(`${file}: name, version and description are enough`, async (t) => {
    const { draft, warnings } = await readFrom(t, files)
    assert.deepEqual([draft.name, draft.version, draft.description, draft.kind], ['demo', '1.2.3', 'What it is for', kind])
    assert.deepEqual(warnings, [])
  })

  test(`${file}: what is missing or wrong is said with line, column and what to write`, async (t) => {
    const text = String(files[file])
    const without = (key: string): Files => ({ ...files, [file]: text.replace(new RegExp(`^.*${key}.*\n`, 'm'), '') })
    const withText = (from: string, to: string): Files => ({ ...files, [file]: text.replace(from, to) })
    assert.match(await refusalFrom(t, without('name')), /^\S+:\d+:\d+: the package has no name\. Write: "?name/)
    assert.match(await refusalFrom(t, without('description')), /^\S+:\d+:\d+: the package has no description\. Write: "?description/)
    if (file !== 'SKILL.md')
      assert.match(await refusalFrom(t, without('version')), /^\S+:\d+:\d+: the \w+ has no version\. Write: "?version"?/)
    assert.match(await refusalFrom(t, withText('1.2.3', '1.2.x')), /:\d+: "1\.2\.x" is no semantic version\. Write: "?version/)
    const named = await refusalFrom(t, withText('demo', 'Demo:Package!'))
    assert.match(named, /^\S+:\d+:\d+: "Demo:Package!" is no package name .*Write: "?name"?( =|:) "?demo-package/)
    const [, line, column] = /^[^:]+:(\d+):(\d+):/.exec(named) ?? []
    const at = text.split('\n')[Number(line) - 1]?.slice(Number(column) - 1)
    assert.match(at ?? '', /^"?name"?\s*[=:]/)
  })

  test(`S30: ${file} that is hostile is refused or read, quickly, and changes no prototype`, async (t) => {
    const text = String(files[file])
    const isJson = file.endsWith('.json')
    const bombs = isJson
      ? [
          `{"a":${'['.repeat(100_000)}`,
          `{"a":${'{"a":'.repeat(40_000)}`,
          text.replace('{', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},'),
        ]
      : file === 'SKILL.md'
        ? [
            `---\nname: demo\ndescription: d\nx: ${'{a: '.repeat(20_000)}\n---\n`,
            `---\n${'- '.repeat(60_000)}\n---\n`,
            text.replace('metadata:', '__proto__:\n  polluted: 1\nmetadata:'),
          ]
        : [
            `${text}\nx = ${'['.repeat(100_000)}`,
            `${text}\n[${'a.'.repeat(60_000)}a]\n`,
            `${text}\n${'a.'.repeat(60_000)}a = 1\n`,
            `${text}\n[__proto__]\npolluted = 1\n[constructor.prototype]\npolluted = 1\n`,
          ]
    for (const bomb of bombs)
      await readFrom(t, { ...files, [file]: bomb }).catch((error: unknown) => assert.ok(error instanceof Fault, String(error)))
    assert.equal(Reflect.get({}, 'polluted'), undefined)
  })

  test(`S29: ${file} costs no more than its length, whatever is in it`, async (t) => {
    const text = String(files[file])
    const fill = file === 'SKILL.md' ? 16_000 : 250_000
    const isJson = file.endsWith('.json')
    const padding = ['a', '\n', '"', '[', '- ', '"""', '*a ', 'a.', '>\n', '{'].map((unit) =>
      unit.repeat(Math.floor(fill / unit.length)).slice(0, fill),
    )
    const startedAt = process.cpuUsage()
    for (const pad of padding) {
      const hostile = isJson
        ? text.replace(/\}\s*$/, `, "x": "${pad}`)
        : file === 'SKILL.md'
          ? text.replace('---\nname', `---\nx: ${pad}\nname`)
          : `${text}x = ${pad}`
      await readFrom(t, { ...files, [file]: hostile }).catch((error: unknown) => assert.ok(error instanceof Fault, String(error)))
    }
    const spent = process.cpuUsage(startedAt)
    const spentMs = (spent.user + spent.system) / 1_000
    assert.ok(spentMs < 300 * padding.length, `${Math.round(spentMs)} ms for ${padding.length} files of ${fill} bytes`)
  })
}

test('package.toml: dependencies in a list or with their owner are ours; bare names in a table wait for the index; the rest is foreign', async (t) => {
  const { draft, candidates } = await readFrom(t, {
    'package.toml': tomlOf(
      'package',
      'dependencies = ["base", "core@1.0.0", "extra@^1.0", "@ada/more@~2", "not a name"]\n[dependencies]\nserde = "1.0"\n"@bob/own" = ">=1"\ntokio = { version = "1", features = ["full"] }\npath = "src/rust"\nfree = "some text"\nbase = "2"\n',
    ),
  })
  assert.deepEqual(
    draft.dependencies.map(({ name, range }) => `${name} ${range}`),
    ['@ada/more ~2', '@bob/own >=1', 'base *', 'core 1.0.0', 'extra ^1.0'],
  )
  assert.deepEqual(candidates, [{ name: 'serde', range: '1.0' }])
  assert.deepEqual(
    draft.foreign.map(({ name }) => name),
    ['free', 'not a name', 'path', 'tokio'],
  )
})

test('package.toml: more dependencies than a release holds are refused, not dropped', async (t) => {
  const rows = Array.from({ length: 129 }, (_, n) => `"p${n}"`).join(', ')
  assert.match(
    await refusalFrom(t, { 'package.toml': tomlOf('package', `dependencies = [${rows}]\n`) }),
    /:5:1: there are 129 dependencies, 128 are allowed/,
  )
})

test('package.toml: templates, features and metadata are kept as they are', async (t) => {
  const { details } = await readFrom(t, {
    'package.toml': tomlOf(
      'package',
      'features = ["fast", "small"]\n[package.metadata]\nproduction_ready = true\ntest_coverage = "92%"\nsince = 2025-01-02\n[templates.rust]\npath = "t/rust"\n[features]\ndefault = []\n[metadata]\nlines = 3\n',
    ),
  })
  assert.deepEqual(details.tables, [
    { name: 'features', json: '{"default":[]}' },
    { name: 'metadata', json: '{"lines":3}' },
    { name: 'package.features', json: '["fast","small"]' },
    { name: 'package.metadata', json: '{"production_ready":true,"since":"2025-01-02","test_coverage":"92%"}' },
    { name: 'templates', json: '{"rust":{"path":"t/rust"}}' },
  ])
})

test('package.toml: a table too long or too deep to be kept is left to the file, and that is said', async (t) => {
  const { details, warnings } = await readFrom(t, {
    'package.toml': tomlOf('package', `[metadata]\nlong = "${'x'.repeat(20_000)}"\n[features]\na = ${'['.repeat(20)}${']'.repeat(20)}\n`),
  })
  assert.deepEqual(details.tables, [])
  assert.deepEqual(warnings, [
    'package.toml:5:1: [metadata] is too long or nested too deep to be kept with the release; it stays in the file',
    'package.toml:7:1: [features] is too long or nested too deep to be kept with the release; it stays in the file',
  ])
})

test('package.toml: keys that are nearly right are warned of by what was meant; other unknown ones together', async (t) => {
  const { warnings } = await readFrom(t, {
    'package.toml': tomlOf(
      'package',
      'keyword = ["x"]\nmaturity = 1\nsector = 2\n[permission]\ncommands = ["git"]\n[permissions]\ncommand = ["git"]\n',
    ),
  })
  assert.deepEqual(warnings, [
    'package.toml:5:1: [package] has no key "keyword"; did you mean "keywords"?',
    'package.toml:6:1: [package] has keys that are not read: "maturity", "sector"',
    'package.toml:8:1: [permission] is not read; did you mean [permissions]?',
    'package.toml:11:1: [permissions] has no key "command"; did you mean "commands"?',
  ])
})

test('package.toml: [tool.mcp] is a server named as the package, and its command a permission', async (t) => {
  const { draft, details } = await readFrom(t, {
    'package.toml': tomlOf('package', '[tool.mcp]\ncommand = "node"\nargs = ["${package}/server.mjs", "--quiet"]\nenv = ["API_KEY"]\n'),
  })
  assert.equal(draft.kind, 'tool')
  assert.deepEqual(draft.permissions.commands, ['node ${package}/server.mjs --quiet'])
  assert.deepEqual(details.mcpServers, [
    { name: 'demo', command: 'node', args: ['${package}/server.mjs', '--quiet'], url: null, env: [{ name: 'API_KEY', value: null }] },
  ])
})

test('package.toml: an MCP server without a command, or whose parts are none, is refused', async (t) => {
  const told = async (table: string): Promise<string> => refusalFrom(t, { 'package.toml': tomlOf('package', `[tool.mcp]\n${table}\n`) })
  assert.match(await told('args = ["x"]'), /needs a command or a url/)
  assert.match(await told('command = "x"\nurl = "https://h"'), /one of both/)
  assert.match(await told('url = "file:///etc/passwd"'), /no web address/)
  assert.match(await told('command = "x"\nargs = [1]'), /"args" holds something that is no text/)
  assert.match(await told('command = "x"\nenv = ["A-B"]'), /"A-B" is no variable/)
  assert.match(await told(`command = "x"\nargs = ["${'y'.repeat(500)}", "${'y'.repeat(500)}"]`), /longer than 512/)
})

test('gpack.toml: the id is the name, ggen_compat what it works with, an empty list of patterns the convention', async (t) => {
  const { draft, candidates, details } = await readFrom(t, {
    'gpack.toml':
      '[gpack]\nid = "io.ggen.rust.cli"\nname = "Rust CLI"\nversion = "0.1.0"\ndescription = "d"\nlicense = "MIT"\nggen_compat = ">=0.1 <0.2"\n[dependencies]\n"io.ggen.macros.std" = "^0.1"\n[templates]\npatterns = []\n[queries]\npatterns = ["../queries/*.rq"]\n[preset]\nvars = { author = "Acme" }\n',
  })
  assert.equal(draft.name, 'io.ggen.rust.cli')
  assert.deepEqual(candidates, [{ name: 'io.ggen.macros.std', range: '^0.1' }])
  assert.equal(details.compatibility, 'ggen >=0.1 <0.2')
  const tables = new Map(details.tables.map(({ name, json: text }) => [name, text]))
  assert.equal(tables.get('templates'), '{"patterns":["templates/**/*.tmpl","templates/**/*.tera"]}')
  assert.equal(tables.get('queries'), '{"patterns":["../queries/*.rq"]}')
  assert.equal(tables.get('preset'), '{"vars":{"author":"Acme"}}')
})

test('gpack.toml: older packs without a [gpack] table are read; a range that is none is refused', async (t) => {
  const old = 'id = "demo"\nversion = "1.0.0"\ndescription = "d"\n'
  assert.equal((await readFrom(t, { 'gpack.toml': old })).draft.name, 'demo')
  assert.match(await refusalFrom(t, { 'gpack.toml': `${old}ggen_compat = "soon"\n` }), /gpack.toml:4:1: "soon" is no range of versions/)
})

test('pack.toml: build metadata and long descriptions of many lines are read; what the index cannot show is cut, and that is said', async (t) => {
  const text = `[pack]\nname = "demo"\nversion = "26.8.18+dfcm.1"\ndescription = """\nFirst line.\n\n${'word '.repeat(1_000)}"""\n[gates]\nall = true\n`
  const { draft, details, warnings } = await readFrom(t, { 'pack.toml': text, 'demo.ttl': '' })
  assert.equal(draft.version, '26.8.18+dfcm.1')
  assert.ok(draft.description.startsWith('First line.\n\nword word') && draft.description.length <= 4_096)
  assert.match(warnings.join(), /^pack.toml:4:1: "description" has 50\d\d characters; the index shows the first 4096$/)
  assert.deepEqual(details.tables, [{ name: 'gates', json: '{"all":true}' }])
})

test('pack.toml: the name is that of the folder, and an ontology is there', async (t) => {
  assert.match(
    await refusalFrom(t, { 'pack.toml': tomlOf('pack'), 'x.ttl': '' }, 'other'),
    /pack.toml:2:1: the pack is named "demo", its folder "other"/,
  )
  assert.match(
    await refusalFrom(t, { 'pack.toml': tomlOf('pack'), 'docs/x.ttl': '' }),
    /no Turtle file is in its folder or in ontology\/. Write: ontology\/demo.ttl/,
  )
})

test('SKILL.md: compatibility, allowed tools and metadata are read; the version may be a number', async (t) => {
  const { draft, details } = await readFrom(t, {
    'SKILL.md':
      '---\nname: demo\ndescription: d\nlicense: MIT\ncompatibility: Needs git and network\nallowed-tools: Read, Bash(git diff:*, git log) Bash(open\nmetadata:\n  version: 2\n  author: ada\n  keywords: a, b\n---\n',
  })
  assert.equal(draft.version, '2.0.0')
  assert.equal(details.compatibility, 'Needs git and network')
  assert.deepEqual(draft.permissions.tools, ['Read', 'Bash(git diff:*, git log)', 'Bash(open'])
  assert.deepEqual([draft.authors, draft.keywords], [['ada'], ['a', 'b']])
})

test('a manifest that is too long, a link or no text is refused in every format', async (t) => {
  for (const { file, files } of least) {
    const folder = join(await makeTemporary(t), 'demo')
    await writeFiles(folder, { ...files, [file]: '#'.repeat(262_145) })
    await assert.rejects(readManifest(folder, manifestOptions), { code: 'MANIFEST_INVALID', message: /262145 bytes, 262144 are allowed/ })
    await writeFiles(folder, { [file]: Uint8Array.of(0xff, 0xfe, 0x00) })
    await assert.rejects(readManifest(folder, manifestOptions), { code: 'MANIFEST_INVALID', message: /not UTF-8/ })
    const linked = join(await makeTemporary(t), 'demo')
    await writeFiles(linked, { '.claude-plugin/keep': '' })
    await symlink(join(folder, file), join(linked, file))
    await assert.rejects(readManifest(linked, manifestOptions), { code: 'MANIFEST_INVALID', message: /symbolic link/ })
  }
})
