import { parseDocument } from 'yaml'

/** Kinds of dependencies a task may name. @see docs/guide/tasks.md */
const kinds = ['api_contract', 'database_schema', 'config', 'security', 'integration', 'order'] as const

/** Something of another task that must be there first. */
export interface Dependency {
  /** Project, by the end of its name; undefined: the same. */
  readonly repository: string | undefined
  /** Number of an issue, or name of a task. */
  readonly task: string
  readonly type: (typeof kinds)[number]
}

/** What the text of a task says of itself, and the text without that. */
export interface SplitText {
  readonly text: string
  readonly scopes: readonly string[]
  readonly dependencies: readonly Dependency[]
}

/** Longest front matter, in characters: readers of YAML take their time with more of what is none. */
const maxLength = 8_192
/** Most items of a list in it. */
const maxItems = 50

/** Takes the front matter off a text: YAML between two lines of `---` at its top. What is none of ours, or no YAML, says nothing. */
export function splitFrontMatter(body: string): SplitText {
  const match = /^---\r?\n([\s\S]*?)\r?\n---(?:\r?\n|$)/.exec(body.slice(0, maxLength))
  const fields = match === null ? undefined : readYaml(match[1] ?? '')
  if (match === null || fields === undefined) return { text: body, scopes: [], dependencies: [] }
  return {
    text: body.slice(match[0].length),
    scopes: readScopes(fields.get('scope')),
    dependencies: listOf(fields.get('dependencies')).flatMap(readDependency),
  }
}

/** Maps, so that `__proto__` is a key like any other; no aliases, so that nothing grows. */
function readYaml(text: string): ReadonlyMap<unknown, unknown> | undefined {
  try {
    const document = parseDocument(text, { schema: 'core', uniqueKeys: true, merge: false, prettyErrors: false, logLevel: 'silent' })
    const value: unknown = document.errors.length > 0 ? undefined : document.toJS({ mapAsMap: true, maxAliasCount: 0 })
    return value instanceof Map ? value : undefined
  } catch {
    // nested too deep, or an alias
    return undefined
  }
}

function readScopes(value: unknown): readonly string[] {
  const said = typeof value === 'string' ? [value] : listOf(value)
  return said.filter((path) => typeof path === 'string' && path.length <= 400 && path.trim() !== '').map(String)
}

function readDependency(value: unknown): readonly Dependency[] {
  if (!(value instanceof Map)) return []
  const [repository, said]: readonly unknown[] = [value.get('repository'), value.get('task')]
  const task = typeof said === 'number' || typeof said === 'string' ? String(said).replace(/^#/, '') : ''
  const type = kinds.find((kind) => kind === (value.get('type') ?? 'order'))
  const isName = /^(?:issue-)?[1-9]\d{0,14}$|^t-[0-9a-f]{12}$/.test(task)
  const isProject =
    repository === undefined || repository === null || (typeof repository === 'string' && /^[\w./:-]{1,300}$/.test(repository))
  if (!isName || !isProject || type === undefined) return []
  return [{ repository: typeof repository === 'string' ? repository : undefined, task, type }]
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, maxItems) : []
}
