/** Edits within which names are found. */
const maxEdits = 2
/** Of this many pieces of a name one is whole after so many edits that touch one letter. */
const pieceCount = maxEdits + 1

/**
 * The pieces by which a name is kept: cut in three, each with its place and the length of the whole.
 *
 * @see Li, Deng, Wang, Feng: Pass-Join, VLDB 2011
 */
export function piecesOf(name: string): readonly string[] {
  return cutsOf(name.length).map(({ start, end }, place) => spell(name.length, place, name.slice(start, end)))
}

/**
 * The pieces of which a name within two edits of this one has one.
 *
 * A letter that comes, goes or changes touches one of three pieces; a swap may touch two, so each swap is also taken back beforehand.
 */
export function piecesNear(name: string): ReadonlySet<string> {
  const near = new Set<string>()
  addNear(name, near)
  for (let at = 0; at + 1 < name.length; at += 1) addNear(swapped(name, at), near)
  return near
}

function swapped(name: string, at: number): string {
  return name.slice(0, at) + name.charAt(at + 1) + name.charAt(at) + name.slice(at + 2)
}

function addNear(name: string, near: Set<string>): void {
  for (let length = Math.max(1, name.length - maxEdits); length <= name.length + maxEdits; length += 1) {
    for (const [place, { start, end }] of cutsOf(length).entries()) {
      for (let from = Math.max(0, start - maxEdits); from <= start + maxEdits && from + end - start <= name.length; from += 1)
        near.add(spell(length, place, name.slice(from, from + end - start)))
    }
  }
}

function spell(length: number, place: number, piece: string): string {
  return `${length}.${place}.${piece}`
}

/** Where a text of some length is cut; of one shorter than three letters some pieces are empty. */
function cutsOf(length: number): readonly { readonly start: number; readonly end: number }[] {
  const at = (place: number): number => Math.floor((length * place) / pieceCount)
  return Array.from({ length: pieceCount }, (_, place) => ({ start: at(place), end: at(place + 1) }))
}
