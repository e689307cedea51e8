import { createHash } from 'node:crypto'

/**
 * What a claim pins of a task's text: sha-256, in hex, over title, body and the trusted comments, each with its length before it, so that no text
 * can be moved from one to the other.
 */
export function issueHashOf(text: { readonly title: string; readonly body: string; readonly comments: readonly string[] }): string {
  const hash = createHash('sha256').update('althing-issue-v1')
  for (const part of [text.title, text.body, ...text.comments]) {
    const bytes = Buffer.from(part.replaceAll('\r\n', '\n'))
    hash.update(`\n${bytes.length}:`).update(bytes)
  }
  return hash.digest('hex')
}
