/** Edits within which names are found. */
const maxEdits = 2
/** Of this many pieces of a name one is whole after so many edits. */
const pieceCount = maxEdits + 1

/**
 * The pieces by which a name is kept: cut in three, each with its place and the length of the whole.
 *
 * Two names within two edits share a piece, since two edits touch no more than two of three.
 *
 * @see Li, Deng, Wang, Feng: Pass-Join, VLDB 2011
 */
export function piecesOf(name: string): readonly string[] {
  return cutsOf(name.length).map(({ start, end }, place) => spell(name.length, place, name.slice(start, end)))
}

/** The pieces that names within two edits of this one may be kept by. */
export function piecesNear(name: string): ReadonlySet<string> {
  const near = new Set<string>()
  for (let length = Math.max(1, name.length - maxEdits); length <= name.length + maxEdits; length += 1) {
    for (const [place, { start, end }] of cutsOf(length).entries()) {
      for (let from = Math.max(0, start - maxEdits); from <= start + maxEdits && from + end - start <= name.length; from += 1)
        near.add(spell(length, place, name.slice(from, from + end - start)))
    }
  }
  return near
}

function spell(length: number, place: number, piece: string): string {
  return `${length}.${place}.${piece}`
}

/** Where a text of some length is cut; of one shorter than three letters some pieces are empty. */
function cutsOf(length: number): readonly { readonly start: number; readonly end: number }[] {
  const at = (place: number): number => Math.floor((length * place) / pieceCount)
  return Array.from({ length: pieceCount }, (_, place) => ({ start: at(place), end: at(place + 1) }))
}
