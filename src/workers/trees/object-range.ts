import type { ObjectId } from '../../tasks/git/objects.ts'

/** New objects of some commits. */
export interface ObjectRange {
  readonly want: ObjectId
  readonly have: readonly ObjectId[]
}

/** A range as git reads it from its standard input. @see git-rev-list(1), --stdin */
export function formatRange({ want, have }: ObjectRange): string {
  return `${want}\n${have.map((id) => `^${id}\n`).join('')}`
}

/** What a program is given to read. */
export async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
