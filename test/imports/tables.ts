/** What a folder or file of `src/` may import: folders, single files, or everything. */
export interface ImportRow {
  readonly house: string
  readonly mayImport: readonly string[] | 'everything'
}

/** A package, or `process.env`, and the only files that may name it. `*` stands for any characters. */
export interface SdkRow {
  readonly name: string
  readonly onlyIn: string
}

export interface Tables {
  readonly imports: readonly ImportRow[]
  readonly sdks: readonly SdkRow[]
}

/** Reads both tables of ARCHITECTURE.md. @throws Error when one is not there */
export function readTables(markdown: string): Tables {
  const imports = readRows(markdown, '| folder | what it is | may import |').map(([house = '', , names = '']) => ({
    house: house.replaceAll('`', ''),
    mayImport:
      names === 'everything'
        ? ('everything' as const)
        : names
            .split(',')
            .map((name) => name.trim())
            .filter((name) => name !== ''),
  }))
  const sdks = readRows(markdown, '| what | only in |').flatMap(([names = '', onlyIn = '']) =>
    names.split(',').map((name) => ({ name: name.replaceAll('`', '').trim(), onlyIn: onlyIn.replaceAll('`', '') })),
  )
  return { imports, sdks }
}

function readRows(markdown: string, heading: string): readonly (readonly string[])[] {
  const lines = markdown.split('\n')
  const start = lines.findIndex((line) => line.startsWith(heading))
  if (start < 0) throw new Error(`ARCHITECTURE.md has no table "${heading}"`)
  const body = lines.slice(start + 2)
  const end = body.findIndex((line) => !line.startsWith('|'))
  return body.slice(0, end < 0 ? body.length : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}
