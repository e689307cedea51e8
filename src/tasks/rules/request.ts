import type { ObjectId } from '../git/objects.ts'

/** What one node knows of a claim ref that it moves: one request at a time. */
export interface Line {
  /** The newest value of ours that the forge confirmed; undefined before a first claim was. */
  readonly known: ObjectId | undefined
  /** The request whose outcome is not known yet: the ref from `old` to `next`. */
  readonly pending: { readonly old: ObjectId | undefined; readonly next: ObjectId } | undefined
  /** Every value of our own chain that may be under the ref, oldest first: what was confirmed, ours or what ours stands upon, and what was sent since. */
  readonly own: readonly ObjectId[]
}

/** A line before anything was sent. */
export const emptyLine: Line = { known: undefined, pending: undefined, own: [] }

/** A request goes out. Another one may not before its outcome is known. */
export function sendRequest(line: Line, request: { readonly old: ObjectId | undefined; readonly next: ObjectId }): Line {
  return { ...line, pending: request, own: line.own.includes(request.next) ? line.own : [...line.own, request.next] }
}

/** What a forge's answer, and after anything but `ok` a look at the ref, says of a request. */
export type Outcome =
  /** The forge took it: `line.known` is the new value. */
  | { readonly outcome: 'accepted'; readonly line: Line }
  /** The forge refused for another reason: name it, then try again from `line.known`. Another one than before is an earlier request that was taken after all. */
  | { readonly outcome: 'refused'; readonly line: Line }
  /** Nobody knows: send the same bytes again until the forge answers. */
  | { readonly outcome: 'unknown'; readonly line: Line }
  /** Somebody else moved the ref: the claim is not ours, or no longer. */
  | { readonly outcome: 'lost'; readonly line: Line }
  /** The forge has less than it confirmed: restored from a backup, or a ref was deleted. */
  | { readonly outcome: 'regressed'; readonly line: Line }

/** The forge said that it took the request. */
export function confirmRequest(line: Line): Line {
  return line.pending === undefined ? line : { ...line, known: line.pending.next, pending: undefined }
}

/**
 * What stands under the ref after a refusal, an unpack error or no answer, and what that means.
 *
 * Lost only if the value is not in our own chain. An absent ref proves nothing about a first claim: the request may still be on its way.
 * A value that stands before the request may still become the request's, while `mayBeOnItsWay`. What was sent since the last value that was confirmed
 * stands upon that value, whatever was said of it.
 *
 * @see docs/protocols/claims.md §9 rule 5
 */
export function judgeOutcome(line: Line, value: ObjectId | undefined, { mayBeOnItsWay }: { readonly mayBeOnItsWay: boolean }): Outcome {
  const { pending, known, own } = line
  if (pending !== undefined && value === pending.next) return { outcome: 'accepted', line: confirmRequest(line) }
  if (pending !== undefined && value === pending.old) {
    if (mayBeOnItsWay) return { outcome: 'unknown', line }
    return { outcome: 'refused', line: { ...line, pending: undefined } }
  }
  if (known !== undefined && value === known) return { outcome: 'refused', line: { ...line, pending: undefined } }
  if (value === undefined && known === undefined) return { outcome: 'unknown', line }
  const isAhead = value !== undefined && known !== undefined && own.indexOf(value) > own.indexOf(known)
  if (isAhead) return { outcome: 'refused', line: { ...line, known: value, pending: undefined } }
  // an older value of ours, or none: what was confirmed is gone
  if (value === undefined || own.includes(value)) return { outcome: 'regressed', line }
  return { outcome: 'lost', line: { ...line, pending: undefined } }
}
