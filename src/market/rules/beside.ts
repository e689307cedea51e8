/** Something in a folder of packages, by its path there, with `/` between the parts. */
export interface Standing {
  readonly path: string
  readonly isFolder: boolean
}

/** What is to happen to what stands in the folder of a package that is placed anew. */
export interface Sorted {
  /** None of the package's, and not in its way, folders before what is in them: it stays. */
  readonly kept: readonly Standing[]
  /** None of the package's, where the package is about to have something: files only. */
  readonly inTheWay: readonly string[]
}

export interface BesideQuestion {
  /** All that stands there now, folders before what is in them. */
  readonly standing: readonly Standing[]
  /** Files of what was installed there. Undefined when nobody knows any more: then only what is about to be placed counts as the package's. */
  readonly installed: ReadonlySet<string> | undefined
  /** Files that are about to be placed. */
  readonly placed: ReadonlySet<string>
}

/** Tells what of a folder is the package's, changed or not, from what somebody put beside. */
export function sortBeside({ standing, installed, placed }: BesideQuestion): Sorted {
  const own = installed ?? placed
  const [ownFolders, placedFolders] = [foldersOf(own), foldersOf(placed)]
  const foreign = standing.filter(({ path, isFolder }) => (isFolder ? !ownFolders.has(path) : !own.has(path)))
  const isInTheWay = ({ path, isFolder }: Standing): boolean =>
    placed.has(path) || (!isFolder && placedFolders.has(path)) || foldersAbove(path).some((folder) => placed.has(folder))
  return {
    kept: foreign.filter((each) => !isInTheWay(each)),
    // a folder is in the way by what is in it
    inTheWay: foreign.filter((each) => !each.isFolder && isInTheWay(each)).map(({ path }) => path),
  }
}

function foldersOf(paths: Iterable<string>): ReadonlySet<string> {
  return new Set([...paths].flatMap(foldersAbove))
}

function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
}
