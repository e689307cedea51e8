import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../../lib/fault.ts'
import type { ManifestFormat, ParsedManifest } from './format.ts'
import { packageJson } from './package-json.ts'
import { packageToml } from './package-toml.ts'
import { skillMd } from './skill-md.ts'

function parse(format: ManifestFormat, text: string): ParsedManifest {
  return format.parse({ file: format.file, folder: 'demo', text, paths: new Set(), companions: new Map() })
}

function refusal(format: ManifestFormat, text: string): string {
  try {
    parse(format, text)
  } catch (error) {
    assert.ok(error instanceof Fault)
    assert.equal(error.code, 'MANIFEST_INVALID')
    return error.message
  }
  throw new assert.AssertionError({ message: 'it was taken' })
}

const toml = (more: string): string => `[package]\nname = "demo"\nversion = "1.0.0"\ndescription = "d"\n${more}`
const json = (althing: object): string => JSON.stringify({ name: 'demo', version: '1.0.0', description: 'd', althing })
const rows = (count: number, text = (n: number): string => `r${n}`): string[] => Array.from({ length: count }, (_, n) => text(n))

test('S13: front matter longer than a skill needs is refused before it is parsed', () => {
  const text = (length: number): string => `---\nname: demo\ndescription: d\n# ${'x'.repeat(length)}\n---\n`
  assert.equal(parse(skillMd, text(16_000)).draft.name, 'demo')
  assert.match(
    refusal(skillMd, text(16_400)),
    /^SKILL.md:1:1: the front matter has 164\d\d characters, 16384 are allowed\. Write: long texts below/,
  )
})

test('S13: more tools than a release holds, or longer ones, are refused, not dropped', () => {
  const text = (tools: string): string => `---\nname: demo\ndescription: d\nallowed-tools: ${tools}\n---\n`
  assert.equal(parse(skillMd, text(rows(64).join(' '))).draft.permissions.tools.length, 64)
  assert.match(refusal(skillMd, text(rows(65).join(' '))), /SKILL.md:4:1: "allowed-tools" holds more than 64 tools of up to 512/)
  assert.match(refusal(skillMd, text(`Bash(${'x'.repeat(600)})`)), /holds more than 64 tools of up to 512/)
})

test('S13: more servers, arguments or variables than a list of files holds are refused', () => {
  const servers = (count: number): object => Object.fromEntries(rows(count).map((name) => [name, { url: 'https://h' }]))
  assert.equal(parse(packageJson, json({ mcpServers: servers(16) })).details.mcpServers.length, 16)
  assert.match(refusal(packageJson, json({ mcpServers: servers(17) })), /there are 17 servers, 16 are allowed/)
  assert.match(refusal(packageJson, json({ mcpServers: { a: { command: 'x', args: rows(65) } } })), /"args" has 65 rows, 64 are allowed/)
  const env = Object.fromEntries(rows(65, (n) => `V${n}`).map((name) => [name, 'x']))
  assert.match(refusal(packageJson, json({ mcpServers: { a: { command: 'x', env } } })), /"env" has 65 rows, 64 are allowed/)
  assert.match(refusal(packageJson, json({ mcpServers: { 'a b': { command: 'x' } } })), /"a b" is no name of a server/)
})

test('S13: permissions that a server makes too many are refused, so that none is asked unseen', () => {
  const permissions = { commands: rows(64), hosts: rows(64) }
  const withServer = (server: object): string => json({ permissions, mcpServers: { a: server } })
  assert.match(refusal(packageJson, withServer({ command: 'x' })), /asks for more than 64 commands/)
  assert.match(refusal(packageJson, withServer({ url: 'https://h' })), /asks for more than 64 hosts/)
  assert.equal(parse(packageJson, withServer({ command: 'r1' })).draft.permissions.commands.length, 64)
})

test('a keyword longer than a release holds is refused', () => {
  assert.match(refusal(packageToml, toml(`keywords = ["${'k'.repeat(65)}"]\n`)), /package.toml:5:1: "k{64,}" is longer than 64 characters/)
})

test('a kept table with characters that are no text is left to the file', () => {
  const { details, warnings } = parse(packageToml, toml('[metadata]\nx = "\\u001b[2J"\n[features]\n"a\\u202e" = 1\n'))
  assert.deepEqual([details.tables, warnings.length], [[], 2])
})

test('a file full of slips of the pen is warned of in twenty lines at most', () => {
  const keys = rows(26, (n) => `keyword${String.fromCharCode(65 + n)}`)
  const { warnings } = parse(packageToml, toml(keys.map((key) => `${key} = 1\n`).join('')))
  assert.equal(warnings.length, 20)
})

test('S29: finding where each slip stands costs no more than the lines that are shown', () => {
  const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-')
  const keys = letters.flatMap((first) => letters.map((second) => `${first}${second}ywords`)).filter((key) => key !== 'keywords')
  const text = toml(keys.map((key) => `${key} = 1\n`).join(''))
  const startedAt = process.cpuUsage()
  assert.equal(parse(packageToml, text).warnings.length, 20)
  const { user, system } = process.cpuUsage(startedAt)
  assert.ok(user + system < 1_000_000, `${(user + system) / 1_000} ms`)
})

test("tables that only sound like one that is read are nobody's slip", () => {
  assert.deepEqual(parse(packageToml, toml('[dev-dependencies]\na = "1"\n[test_dependencies]\nb = "1"\n[tests]\nc = 1\n')).warnings, [])
})
