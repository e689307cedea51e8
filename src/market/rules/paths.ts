/** Longest path inside a package, in UTF-8 bytes. */
export const maxPathBytes = 240
/** Deepest nesting of folders inside a package. */
export const maxPathDepth = 32

/** Names that Windows keeps for devices, whatever the extension. @see https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const deviceNames = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i
/** Folders in which files act by being there (git runs hooks), and our own. */
const ownedNames = new Set(['.git', '.althing', 'git~1'])
/** Code points that are not shown, so that two names can look alike, and control characters. HFS+ ignores some of them: `.g‍it` is `.git` there. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
/** Characters that are separators, streams or wildcards somewhere. */
const special = /[\\:*?"<>|]/

/** Why a path may not be in a package; undefined when it may. Paths are relative, with `/`. */
export function judgePath(path: string): string | undefined {
  if (path === '') return 'it is empty'
  if (!path.isWellFormed() || path.includes('\uFFFD')) return 'it is not UTF-8'
  if (Buffer.byteLength(path) > maxPathBytes) return `it is longer than ${maxPathBytes} bytes`
  if (path.includes('\0')) return 'it holds a NUL'
  if (path.startsWith('/')) return 'it is absolute'
  if (path.includes('\\')) return 'it holds a backslash'
  if (path !== path.normalize('NFC')) return 'it is not in Unicode normal form C'
  const segments = path.split('/')
  if (segments.length > maxPathDepth) return `it is nested deeper than ${maxPathDepth} folders`
  for (const segment of segments) {
    const reason = judgeSegment(segment)
    if (reason !== undefined) return reason
  }
  return undefined
}

function judgeSegment(segment: string): string | undefined {
  if (segment === '' || segment === '.') return 'it has an empty part'
  if (segment === '..') return 'it climbs out with ..'
  if (invisible.test(segment)) return 'it holds characters that are not shown'
  if (special.test(segment)) return 'it holds one of \\ : * ? " < > |'
  if (segment.endsWith('.') || segment.endsWith(' ')) return 'a part of it ends in a dot or a space'
  return isReservedSegment(segment) ? `${segment} is a reserved name` : undefined
}

/** Whether a name is kept for something else on some system. */
export function isReservedSegment(segment: string): boolean {
  return deviceNames.test(segment) || ownedNames.has(foldCase(segment))
}

/** Names that some file system takes for the same fold to the same text. */
export function foldCase(path: string): string {
  return path.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
}

/** Finds paths that are one file, or one folder spelled in two ways, where case does not count. */
export class PathSet {
  readonly #files = new Set<string>()
  readonly #folders = new Map<string, string>()

  /** Takes a path in; gives the reason when it cannot stand beside those taken before. */
  add(path: string): string | undefined {
    const folded = foldCase(path)
    if (this.#files.has(folded)) return 'it is there twice (where case does not count)'
    if (this.#folders.has(folded)) return 'it is a file and a folder'
    const segments = path.split('/')
    for (let depth = 1; depth < segments.length; depth++) {
      const folder = segments.slice(0, depth).join('/')
      const foldedFolder = foldCase(folder)
      if (this.#files.has(foldedFolder)) return 'it lies in a folder that is also a file'
      const known = this.#folders.get(foldedFolder)
      if (known !== undefined && known !== folder) return `its folder is also spelled ${known}`
      this.#folders.set(foldedFolder, folder)
    }
    this.#files.add(folded)
    return undefined
  }
}
