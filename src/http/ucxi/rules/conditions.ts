import type { Cid } from '../../../lib/cid.ts'
import { parseCid } from '../../../lib/cid.ts'
import type { UcxiCondition } from '../ucxi.ts'

/** `ETag` of a content. */
export function formatEtag(cid: Cid): string {
  return `"${cid}"`
}

/** Whether `If-None-Match` names a content, or any: then a reader has it. @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
export function hasContent(header: string | undefined, cid: Cid): boolean {
  if (header === undefined) return false
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === formatEtag(cid))
}

/** What `If-Match` and `If-None-Match` of a write ask for; a text says why they cannot be understood. */
export function readCondition(ifMatch: string | undefined, ifNoneMatch: string | undefined): UcxiCondition | string | undefined {
  if (ifMatch !== undefined && ifNoneMatch !== undefined) return 'If-Match and If-None-Match cannot both hold; send one of them'
  if (ifNoneMatch !== undefined) return ifNoneMatch.trim() === '*' ? { is: 'absent' } : 'If-None-Match of a write is * alone'
  if (ifMatch === undefined) return undefined
  const cid = parseCid(/^"([a-z0-9]{1,80})"$/.exec(ifMatch.trim())?.[1] ?? '')
  return cid === undefined ? 'If-Match is the ETag of the version that is replaced, a CID in double quotes' : { is: 'content', cid }
}
