import { isPlainText } from '../shape.ts'
import type { Refuse, Table } from './fields.ts'
import { tableOf } from './fields.ts'
import type { ManifestSource } from './source.ts'
import { findKey, placeOf, refuseManifest } from './source.ts'

/** A manifest in JSON, with what a reader of it needs to complain. */
export interface JsonManifest {
  readonly root: Table
  readonly refuse: Refuse
}

/** Parses a manifest whose top is an object. @throws Fault MANIFEST_INVALID with line and column */
export function openJson(source: ManifestSource): JsonManifest {
  const refuse: Refuse = (key, problem, write) =>
    refuseManifest(source, { problem, write: write.replace(/^([\w-]+) = /, '"$1": '), at: findKey(source.text, key) })
  return { root: tableOf(parseJson(source)), refuse }
}

function parseJson(source: ManifestSource): unknown {
  const text = source.text.replace(/^\uFEFF/, '')
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch (error) {
    const at = placeOf(text, findJsonError(text))
    throw refuseManifest(
      source,
      { problem: 'this is no valid JSON', write: '{"name": "…", "version": "…"}, no comma before a bracket', at },
      error,
    )
  }
  throw refuseManifest(source, { problem: 'this is no JSON object', write: '{"name": "…"}', at: { line: 1, column: 1 } })
}

const token =
  /[\s]*(?:(?<open>[[{])|(?<close>[\]}])|(?<comma>,)|(?<colon>:)|(?<string>"(?:[^"\\\p{Cc}]|\\.)*")|(?<value>-?\d[\d.eE+-]*|true|false|null))/uy

/** Where a text stops being JSON, for a person to look at: the engine does not always say. One pass, whatever the text. */
export function findJsonError(text: string): number {
  const open: string[] = []
  let before = ''
  token.lastIndex = 0
  for (let at = 0; at < text.length; at = token.lastIndex) {
    const groups = token.exec(text)?.groups
    const kind = groups === undefined ? undefined : Object.keys(groups).find((name) => groups[name] !== undefined)
    if (kind === undefined || groups === undefined) return skipSpace(text, at)
    if (!mayFollow(before, kind, open.at(-1))) return skipSpace(text, at)
    if (kind === 'open') open.push(groups['open'] ?? '')
    if (kind === 'close' && open.pop() !== (groups['close'] === '}' ? '{' : '[')) return skipSpace(text, at)
    before = kind
  }
  return text.length
}

function mayFollow(before: string, kind: string, within: string | undefined): boolean {
  const isEnd = before === 'close' || before === 'string' || before === 'value'
  if (kind === 'comma') return isEnd && within !== undefined
  if (kind === 'colon') return before === 'string' && within === '{'
  if (kind === 'close') return isEnd || before === 'open'
  return !isEnd
}

function skipSpace(text: string, at: number): number {
  const rest = text.slice(at)
  return Math.min(text.length, at + rest.length - rest.trimStart().length)
}

/** A text of an object's key, as a URL or a name may be said: `"url"` or `{"url": "url"}`. */
export function readNamed(value: unknown, inner: string): string | undefined {
  const said = typeof value === 'string' ? value : tableOf(value).get(inner)
  return typeof said === 'string' && said.trim() !== '' && isPlainText(said.trim()) ? said.trim() : undefined
}
