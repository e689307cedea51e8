import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Running } from './command.ts'
import { launcher, root, startProgram } from './command.ts'

/** A terminal on one of the machines of a page. */
export interface Shell {
  readonly home: string
  readonly project: string
}

export interface Page {
  readonly first: Shell
  readonly second: Shell
  readonly third: Shell
  readonly run: (shell: Shell, line: string) => Promise<string>
  /** Starts a node in the foreground, as a second terminal does. */
  readonly runNode: (shell: Shell, line: string) => Promise<void>
}

/** Machines with a copy of the examples in their project, and a shell in which `althing` and `npx althing` are this one. */
export function openPage(t: TestContext): Page {
  const folder = mkdtempSync(join(tmpdir(), 'althing-guide-'))
  const nodes: Running[] = []
  t.after(async () => {
    for (const node of nodes) node.kill('SIGKILL')
    await Promise.all(nodes.map(async (node) => node.ended))
    rmSync(folder, { recursive: true, force: true })
  })
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'althing'), `#!/bin/sh\nexec "${process.execPath}" "${launcher}" "$@"\n`, { mode: 0o755 })
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nexec "$@"\n`, { mode: 0o755 })
  const shellOf = (name: string): Shell => {
    const project = join(folder, `${name}-project`)
    cpSync(join(root, 'examples', 'packages'), join(project, 'examples', 'packages'), { recursive: true })
    writeFileSync(join(project, 'althing.toml'), '')
    const home = join(folder, name)
    mkdirSync(home)
    return { home, project }
  }
  const begin = ({ home, project }: Shell, line: string): Running =>
    startProgram(['/bin/sh', '-c', line], {
      home,
      cwd: project,
      env: {
        PATH: `${bin}:${process.env['PATH'] ?? ''}`,
        ALTHING_HOME: join(home, '.althing'),
        ALTHING_NETWORK_LISTEN: '/ip4/127.0.0.1/tcp/0',
        ALTHING_NETWORK_MDNS: 'false',
        ALTHING_HTTP_PORT: '0',
        // a page is read slower than it is run: keys for sealed content are said at once
        ALTHING_CONTEXT_RESEAL_DELAY_MS: '200',
      },
    })
  return {
    first: shellOf('first'),
    second: shellOf('second'),
    third: shellOf('third'),
    run: async (shell, line) => {
      const { code, stdout, stderr } = await begin(shell, line).ended
      assert.equal(code, 0, `${line}: ${stdout}${stderr}`)
      return stdout
    },
    runNode: async (shell, line) => {
      const node = begin(shell, `exec ${line}`)
      nodes.push(node)
      await node.until(/node started on /)
    },
  }
}

/** The code of an invite, as it is printed. */
export function codeIn(output: string): string {
  return /althing-[1-9A-HJ-NP-Za-km-z]{40,}/.exec(output)?.[0] ?? ''
}

/** Commands in the fenced blocks of a page: whole lines of `sh`, and those behind a `$` elsewhere, without remarks. */
export function commandsIn(page: string, languages: readonly string[]): readonly string[] {
  return blocksIn(page, languages)
    .flatMap((block) => block.split('\n'))
    .filter((line) => languages.includes('sh') || line.startsWith('$ '))
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/\s+#.*$/, '')
        .trim(),
    )
    .filter((line) => line !== '' && line !== 'althing publish ./my-package')
}

/** The contents of the fenced blocks of a page in some languages. */
export function blocksIn(page: string, languages: readonly string[]): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```([a-z]*)\n([\s\S]*?)^```$/gm)]
    .filter(([, language]) => languages.includes(language ?? ''))
    .map(([, , block]) => block ?? '')
}
