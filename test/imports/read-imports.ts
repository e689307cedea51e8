import { readFileSync } from 'node:fs'
import { Visitor, parseSync } from 'rolldown/utils'

/** What one source file names. */
export interface FileImports {
  /** Every module it imports, re-exports or borrows a type from: static, dynamic and in types. */
  readonly modules: readonly string[]
  /** Whether it names `process.env`. */
  readonly readsEnvironment: boolean
}

/**
 * Reads a TypeScript file with a real parser, so that comments and strings count for nothing.
 *
 * @throws Error when it does not parse, or imports something whose name is computed
 */
export function readImports(path: string): FileImports {
  const { program, errors } = parseSync(path, readFileSync(path, 'utf8'))
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message ?? ''}`)
  const modules = new Set<string>()
  let readsEnvironment = false
  const take = (source: unknown): void => {
    const value = typeof source === 'object' && source !== null && 'value' in source ? source.value : undefined
    if (typeof value !== 'string') throw new Error(`${path} imports something whose name is computed: it cannot be checked`)
    modules.add(value)
  }
  new Visitor({
    ImportDeclaration: (node) => take(node.source),
    ExportAllDeclaration: (node) => take(node.source),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) take(node.source)
    },
    ImportExpression: (node) => take(node.source),
    TSImportType: (node) => take(node.source),
    CallExpression: (node) => {
      if (node.callee.type === 'Identifier' && node.callee.name === 'require') take(node.arguments[0])
    },
    MemberExpression: (node) => {
      if (isNamed(node.object, 'process') && (isNamed(node.property, 'env') || isText(node.property, 'env'))) readsEnvironment = true
    },
    VariableDeclarator: (node) => {
      if (!isNamed(node.init, 'process') || node.id.type !== 'ObjectPattern') return
      readsEnvironment ||= node.id.properties.some((property) => property.type === 'RestElement' || isNamed(property.key, 'env'))
    },
  }).visit(program)
  return { modules: [...modules], readsEnvironment }
}

function isNamed(node: { readonly type: string } | null, name: string): boolean {
  return node !== null && node.type === 'Identifier' && 'name' in node && node.name === name
}

function isText(node: { readonly type: string } | null, text: string): boolean {
  return node !== null && node.type === 'Literal' && 'value' in node && node.value === text
}
