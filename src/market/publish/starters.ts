import type { PackageKind } from '../manifest/manifest.ts'
import type { PackageName } from '../rules/names.ts'

/** Files of a package to start from, by path; each publishes as it is. */
export type Starter = Readonly<Record<string, string>>

/** What a new package of a kind holds. */
export function createStarter(kind: PackageKind, name: PackageName): Starter {
  return starters[kind](name)
}

const starters: Readonly<Record<PackageKind, (name: PackageName) => Starter>> = {
  skill: (name) => ({ 'SKILL.md': skillText(name) }),
  template: (name) => ({
    'package.toml': manifestText(
      { name, kind: 'template', entry: 'README.md' },
      '\n[templates]\npath = "templates"\nvariables = ["name"]\n',
    ),
    'README.md': readmeText(
      name,
      'Copy `templates/` into your project and put your own words for `{{ name }}`, or hand it to your generator.',
    ),
    'templates/README.md.tmpl': '# {{ name }}\n\nWhat it is for.\n',
  }),
  tool: (name) => ({
    'package.toml': manifestText({ name, kind: 'tool', entry: 'README.md' }, toolText),
    'README.md': readmeText(name, `\`althing info ${name} --mcp\` prints what goes into your agent's configuration.`),
    'server.mjs': serverText(name),
  }),
  role: (name) => ({
    'package.toml': manifestText({ name, kind: 'role', entry: 'ROLE.md' }, '\n[permissions]\ntools = ["Read", "Grep"]\n'),
    'ROLE.md': roleText(name),
  }),
  bundle: (name) => ({
    'package.toml': manifestText(
      { name, kind: 'bundle', entry: 'README.md' },
      '\n# Packages that come with it, each with a range of versions.\n# [dependencies]\n# "@ada/code-review" = "^1.0"\n',
    ),
    'README.md': readmeText(name, 'What is in it, and where to begin.'),
  }),
}

interface Header {
  readonly name: PackageName
  readonly kind: PackageKind
  readonly entry: string
}

function manifestText({ name, kind, entry }: Header, more: string): string {
  return `[package]
name = "${name}"
version = "0.1.0"
kind = "${kind}"
description = "${describe(kind)}"
keywords = []
entry = "${entry}"
# license = "MIT"
${more}`
}

function describe(kind: PackageKind): string {
  return `A ${kind}: say here in one sentence what it is for, and when to use it`
}

function readmeText(name: PackageName, next: string): string {
  return `# ${name}\n\nSay what it is for.\n\n${next}\n`
}

function skillText(name: PackageName): string {
  return `---
name: ${name}
description: ${describe('skill').replace(': ', ', ')}. An agent reads this line to decide.
metadata:
  version: "0.1.0"
  keywords: ""
---

# ${name}

Write what an agent should do, step by step.

1. Look at what is there.
2. Do the work.
3. Check it, and say what was checked.
`
}

function roleText(name: PackageName): string {
  return `# ${name}

Who this agent is, in one sentence.

## What it does

- The work it takes on.

## What it does not do

- The work it hands on, and to whom.
`
}

const toolText = `
# An MCP server: \${package} is the folder the package is installed in. Names of variables only, never their values.
[tool.mcp]
command = "node"
args = ["\${package}/server.mjs"]
# env = ["API_KEY"]
`

/** A server that answers over stdin and stdout, one JSON-RPC message a line. @see https://modelcontextprotocol.io/specification/2025-06-18/basic/transports */
function serverText(name: PackageName): string {
  return `// An MCP server without dependencies: one JSON-RPC message a line, in on stdin, out on stdout.
import { createInterface } from 'node:readline'

const tools = [
  {
    name: 'greet',
    description: 'Says hello to somebody. Replace it with what your tool does.',
    inputSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  },
]

const methods = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion: protocolVersion ?? '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: '${name}', version: '0.1.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools }),
  'tools/call': ({ name, arguments: given = {} }) =>
    name === 'greet'
      ? { content: [{ type: 'text', text: \`Hello, \${given.name ?? 'you'}\` }] }
      : { content: [{ type: 'text', text: \`there is no tool \${name}\` }], isError: true },
}

function answer({ id, method, params = {} }) {
  // What has no id is a notification and gets no answer.
  if (id === undefined || method === undefined) return
  const run = Object.hasOwn(methods, method) ? methods[method] : undefined
  const outcome = run ? { result: run(params) } : { error: { code: -32601, message: \`there is no method \${method}\` } }
  process.stdout.write(\`\${JSON.stringify({ jsonrpc: '2.0', id, ...outcome })}\\n\`)
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    answer(JSON.parse(line))
  } catch {
    process.stdout.write('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"this is no JSON"}}\\n')
  }
}
`
}
