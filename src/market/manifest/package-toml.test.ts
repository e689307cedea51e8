import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../../lib/fault.ts'
import { leastManifest } from '../testing/records.ts'
import { packageToml } from './package-toml.ts'
import type { ParsedManifest } from './format.ts'
import type { ManifestDraft } from './manifest.ts'

function parse(text: string, more: { readonly folder?: string; readonly files?: readonly string[] } = {}): ManifestDraft {
  return parseWhole(text, more).draft
}

function parseWhole(text: string, more: { readonly folder?: string; readonly files?: readonly string[] } = {}): ParsedManifest {
  const source = { file: 'package.toml', folder: more.folder ?? 'demo', text, paths: new Set(more.files), companions: new Map() }
  return packageToml.parse(source)
}

function refusal(text: string): { message: string; line: unknown; column: unknown; write: unknown } {
  try {
    parse(text)
  } catch (error) {
    assert.ok(error instanceof Fault)
    assert.equal(error.code, 'MANIFEST_INVALID')
    return { message: error.message, line: error.data['line'], column: error.data['column'], write: error.data['write'] }
  }
  throw new assert.AssertionError({ message: 'it was taken' })
}

const least = '[package]\nname = "demo"\nversion = "1.0.0"\ndescription = "What it is for"\n'

test('the least manifest is name, version and description', () => {
  assert.deepEqual(parse(least), leastManifest('demo', { description: 'What it is for' }))
})

test('every field is read', () => {
  const draft =
    parse(`${least}kind = "tool"\nauthors = ["ada", "bob"]\nlicense = "MIT"\ncategory = "Web"\nkeywords = ["a", "b"]\ntags = ["b", "c"]
homepage = "https://example.org"\nrepository = "https://example.org/x"\nfiles = ["src/**"]\nentry = "src/main.ts"
dependencies = ["base", "core@^1.2", "@ada/extra@1.0.0"]
[permissions]\ntools = ["Read"]\ncommands = ["git log"]\nhosts = ["example.org"]\npaths = ["."]\n`)
  assert.equal(draft.kind, 'tool')
  assert.deepEqual(draft.authors, ['ada', 'bob'])
  assert.equal(draft.licence, 'MIT')
  assert.equal(draft.category, 'web')
  assert.deepEqual(draft.keywords, ['a', 'b', 'c'])
  assert.equal(draft.entry, 'src/main.ts')
  assert.deepEqual(draft.dependencies, [
    { name: '@ada/extra', range: '1.0.0' },
    { name: 'base', range: '*' },
    { name: 'core', range: '^1.2' },
  ])
  assert.deepEqual(draft.permissions, { tools: ['Read'], commands: ['git log'], hosts: ['example.org'], paths: ['.'] })
})

test('dependencies that are crates, paths or free text are kept as foreign', () => {
  const { draft, candidates } = parseWhole(
    `${least}[dependencies]\nbase = "1.0"\nrust_impl = "src/rust/"\ntokio = { version = "1", features = ["full"] }\n"No Name" = "1.0"\n"ada/base" = "1.0"\n`,
  )
  assert.deepEqual(draft.dependencies, [])
  assert.deepEqual(candidates, [{ name: 'base', range: '1.0' }])
  assert.deepEqual(draft.foreign, [
    { name: 'No Name', value: '1.0' },
    { name: 'ada/base', value: '1.0' },
    { name: 'rust_impl', value: 'src/rust/' },
    { name: 'tokio', value: 'version = 1, features = …' },
  ])
})

test('tags and keywords in tables of their own, categories in metadata, one author: all as found in the wild', () => {
  const draft = parse(
    `${least}author = "ada"\n[package.tags]\ntags = ["x"]\n[package.keywords]\nkeywords = ["y"]\n[metadata]\ncategories = ["Dev"]\nhomepage = "https://h"\n`,
  )
  assert.deepEqual(draft.keywords, ['y', 'x'])
  assert.deepEqual(draft.authors, ['ada'])
  assert.equal(draft.category, 'dev')
  assert.equal(draft.homepage, 'https://h')
})

test('a name for people gives way to the id, else to the name of the folder', () => {
  const text = '[package]\nname = "My Nice Thing"\nversion = "1.0.0"\ndescription = "d"\n'
  assert.equal(parse(`${text}id = "io.example.nice"\n`).name, 'io.example.nice')
  assert.equal(parse(text, { folder: 'nice-thing' }).name, 'nice-thing')
})

test('a SKILL.md beside makes it a skill, a table of templates a template', () => {
  assert.equal(parse(least, { files: ['SKILL.md'] }).kind, 'skill')
  assert.equal(parse(`${least}[templates]\npath = "x"\n`).kind, 'template')
})

test('what is wrong is said with its place and what to write', () => {
  assert.deepEqual(refusal('[package]\nversion = "1.0.0"\nname = "Not_A_Name!"\ndescription = "d"\n'), {
    message:
      'package.toml:3:1: "Not_A_Name!" is no package name (1 to 64 of a-z, 0-9, ".", "_", "-", a letter or digit first). Write: name = "not_a_name"',
    line: 3,
    column: 1,
    write: 'name = "not_a_name"',
  })
  assert.match(refusal('x = 1\n').message, /^package.toml:1:1: there is no \[package\] table/)
  assert.match(refusal('[package]\nname = "a"\ndescription = "d"\n').message, /no version/)
  assert.match(refusal('[package]\nname = "a"\nversion = "1.0"\ndescription = "d"\n').message, /:3:1: "1.0" is no semantic version/)
  assert.match(refusal('[package]\nname = "a"\nversion = "1.0.0"\n').message, /no description/)
  assert.match(refusal('[package]\nname = "a"\nversion = "1.0.0"\ndescription = 3\n').message, /:4:1: "description" is no text/)
  assert.match(refusal(`${least}kind = "plugin"\n`).message, /no kind of package/)
  assert.match(refusal(`${least}entry = "../x"\n`).message, /climbs out/)
  assert.match(refusal(`${least}keywords = [1]\n`).message, /"keywords" holds something that is no text/)
})

test('TOML that is none is refused with line and column', () => {
  const { message, line, column } = refusal('[package]\nname = "demo\n')
  assert.match(message, /no valid TOML/)
  assert.equal(line, 2)
  assert.equal(typeof column, 'number')
})

test('tables in braces over several lines, of TOML 1.1, are read', () => {
  assert.equal(parse(`${least}[x]\ny = {\n  a = 1,\n}\n`).name, 'demo')
})

test('S30: a key __proto__ is a key like any other', () => {
  const { candidates } = parseWhole(
    `${least}[dependencies]\n__proto__ = "1.0.0"\nconstructor = "^1"\n[package.__proto__]\npolluted = "yes"\n`,
  )
  assert.deepEqual(candidates, [{ name: 'constructor', range: '^1' }])
  assert.equal(Reflect.get({}, 'polluted'), undefined)
})

test('S30: nesting without end is refused, not followed', () => {
  assert.match(refusal(`[package]\nx = ${'['.repeat(60_000)}`).message, /no valid TOML|too deep/)
})

test('texts that would play tricks on a terminal are refused', () => {
  assert.match(refusal('[package]\nname = "a"\nversion = "1.0.0"\ndescription = "\\u001b[2J"\n').message, /characters that are no text/)
  assert.match(refusal(`${least}keywords = ["\\u202e"]\n`).message, /no text/)
  assert.equal(parse('[package]\nname = "a"\nversion = "1.0.0"\ndescription = """one\r\ntwo"""\n').description, 'one\ntwo')
  assert.deepEqual(parse(`${least}[dependencies]\nx = "\\u001b[2J"\n`).foreign, [{ name: 'x', value: '"\\u001b[2J"' }])
})

test('long lists and texts are refused', () => {
  assert.match(refusal(`${least}keywords = [${'"k",'.repeat(65)}]\n`).message, /65 rows, 64 are allowed/)
  assert.match(refusal(`[package]\nname = "a"\nversion = "1.0.0"\ndescription = "${'d'.repeat(4_097)}"\n`).message, /4097 characters, 4096/)
})
