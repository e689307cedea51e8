/** The parts of a JSON schema that zod writes for our answers. */
interface Schema {
  readonly type?: string | readonly string[] | undefined
  readonly description?: string | undefined
  readonly properties?: Readonly<Record<string, Schema>> | undefined
  readonly required?: readonly string[] | undefined
  readonly items?: Schema | undefined
  readonly anyOf?: readonly Schema[] | undefined
  readonly oneOf?: readonly Schema[] | undefined
  readonly enum?: readonly unknown[] | undefined
  readonly const?: unknown
  readonly additionalProperties?: Schema | boolean | undefined
}

/** A JSON schema as zod writes it, shown as the type a TypeScript reader knows, with descriptions as comments. */
export function formatShape(schema: unknown): string {
  return format(schema as Schema, '')
}

function format(schema: Schema, indent: string): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const union = schema.anyOf ?? schema.oneOf
  if (union !== undefined) return union.map((part) => format(part, indent)).join(' | ')
  if (schema.properties !== undefined) return formatObject(schema, indent)
  if (schema.type === 'array') return `Array<${format(schema.items ?? {}, indent)}>`
  if (schema.type === 'object') {
    const value = typeof schema.additionalProperties === 'object' ? format(schema.additionalProperties, indent) : 'unknown'
    return `Record<string, ${value}>`
  }
  if (schema.type === 'integer') return 'number'
  if (typeof schema.type === 'string') return schema.type
  return schema.type?.join(' | ') ?? 'unknown'
}

function formatObject({ properties = {}, required = [] }: Schema, indent: string): string {
  const inner = `${indent}  `
  const lines = Object.entries(properties).map(([name, schema]) => {
    const mark = required.includes(name) ? '' : '?'
    const comment = schema.description === undefined ? '' : ` // ${schema.description}`
    return `${inner}${name}${mark}: ${format(schema, inner)}${comment}`
  })
  return `{\n${lines.join('\n')}\n${indent}}`
}
