import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { writeCommands } from './docs/commands.ts'
import { writeConfiguration } from './docs/configuration.ts'
import { writeFaults } from './docs/faults.ts'

/** `npm run docs` writes the pages that are made from the code; `--check` only says which of them are behind it. */
const root = new URL('..', import.meta.url).pathname
const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/reference/configuration.md': writeConfiguration,
  'docs/reference/commands.md': writeCommands,
  'docs/reference/faults.md': async () => writeFaults(root),
}

const isCheck = process.argv.includes('--check')
for (const [path, write] of Object.entries(pages)) {
  const text = `<!-- Made by npm run docs. Change the code, not this page. -->\n\n${await write()}`
  if (!isCheck) {
    mkdirSync(dirname(root + path), { recursive: true })
    writeFileSync(root + path, text)
  } else if (readPage(root + path) !== text) {
    console.error(`${path} is behind the code. Run: npm run docs`)
    process.exitCode = 1
  }
}

function readPage(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
