import type { PackageKind } from '../../manifest/manifest.ts'
import type { Facet, Filter } from './match.ts'
import { authorTerms, categoryTerm, keywordTerm, kindTerm, licenceTerms, ownerTerm, yankedTerm } from './terms.ts'

/** What packages must be, beside having the words. */
export interface Wanted {
  readonly kind?: PackageKind | undefined
  readonly category?: string | undefined
  /** All of them. */
  readonly keyword: readonly string[]
  /** Words of an author's name; or, as `owner`, the id of the owner they name. */
  readonly author?: string | undefined
  readonly owner?: string | undefined
  readonly license?: string | undefined
  /** Whether what was taken back is found too. */
  readonly yanked: boolean
}

/** What was asked for as conditions on terms. */
export function createFilter({ kind, category, keyword, author, owner, license, yanked }: Wanted): Filter {
  const facets: Facet[] = [
    ...(kind === undefined ? [] : [[[kindTerm(kind)]]]),
    ...(category === undefined ? [] : [[[categoryTerm(category)]]]),
    ...keyword.map((each) => [[keywordTerm(each)]]),
    ...(author === undefined
      ? []
      : [[authorTerms(author), ...(owner === undefined ? [] : [[ownerTerm(owner)]])].filter((all) => all.length > 0)]),
    ...(license === undefined ? [] : [[licenceTerms(license)].filter((all) => all.length > 0)]),
  ]
  return { facets, barred: yanked ? [] : [yankedTerm] }
}
