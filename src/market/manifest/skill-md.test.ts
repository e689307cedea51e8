import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../../lib/fault.ts'
import type { ManifestDraft } from './manifest.ts'
import { skillMd } from './skill-md.ts'

function parse(text: string, folder = 'review'): ManifestDraft {
  return skillMd.parse({ file: 'SKILL.md', folder, text, paths: new Set(), companions: new Map() }).draft
}

function refusal(text: string, folder?: string): string {
  try {
    parse(text, folder)
  } catch (error) {
    assert.ok(error instanceof Fault)
    assert.equal(error.code, 'MANIFEST_INVALID')
    return error.message
  }
  throw new assert.AssertionError({ message: 'it was taken' })
}

test('name and description make a skill, whose version follows from its bytes', () => {
  const draft = parse('---\nname: review\ndescription: Reviews a change.\n---\n\n# Review\n')
  assert.equal(draft.name, 'review')
  assert.equal(draft.version, undefined)
  assert.equal(draft.kind, 'skill')
  assert.equal(draft.entry, 'SKILL.md')
})

test('metadata gives version, keywords, author and category; allowed-tools are permissions', () => {
  const draft = parse(`---\r
name: review\r
description: |\r
  Reviews a change.\r
license: MIT\r
allowed-tools: Read Bash(git diff:*, git log:*) Grep\r
metadata:\r
  version: 1.2\r
  author: ada\r
  category: Quality\r
  keywords: git, review\r
---\r
text\r
`)
  assert.equal(draft.version, '1.2.0')
  assert.equal(draft.description, 'Reviews a change.')
  assert.deepEqual(draft.keywords, ['git', 'review'])
  assert.deepEqual(draft.authors, ['ada'])
  assert.equal(draft.category, 'quality')
  assert.equal(draft.licence, 'MIT')
  assert.deepEqual(draft.permissions.tools, ['Read', 'Bash(git diff:*, git log:*)', 'Grep'])
})

test('what is wrong is said with its place', () => {
  assert.match(refusal('# no front matter\n'), /^SKILL.md:1:1: there is no front matter/)
  assert.match(refusal('---\nname: review\n'), /there is no front matter/)
  assert.match(refusal('---\nname: review\n---\n'), /no description/)
  assert.match(refusal('---\nname: other\ndescription: d\n---\n'), /^SKILL.md:2:1: the skill is named "other", its folder "review"/)
  assert.match(refusal('---\nname: a.b\ndescription: d\n---\n', 'a.b'), /Write: name: a-b$/)
  assert.match(refusal('---\nname: [\ndescription: d\n---\n'), /no plain YAML/)
  assert.match(refusal('---\nname: review\nname: review\ndescription: d\n---\n'), /^SKILL.md:3:1: this is no plain YAML/)
  assert.match(refusal(`---\nname: review\ndescription: ${'d'.repeat(1_025)}\n---\n`), /1025 characters, 1024/)
  assert.match(refusal('---\nname: review\ndescription: d\nmetadata:\n  version: soon\n---\n'), /no semantic version/)
})

test('S30: aliases are refused, so that nothing grows', () => {
  const laughs = Array.from({ length: 9 }, (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`).join('\n')
  assert.match(refusal(`---\nname: review\ndescription: d\na0: &a0 [lol]\n${laughs}\n---\n`), /no plain YAML/)
})

test('S30: a key __proto__ and nesting without end change nothing', () => {
  parse('---\nname: review\ndescription: d\n__proto__:\n  polluted: yes\nmetadata:\n  __proto__: {polluted: 1}\n---\n')
  assert.equal(Reflect.get({}, 'polluted'), undefined)
  assert.match(refusal(`---\nname: review\ndescription: d\nx: ${'['.repeat(16_000)}\n---\n`), /no plain YAML/)
})
