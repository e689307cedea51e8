import type { CallContext } from '../../operations/define-operation.ts'
import { readFolder } from '../archive/pack.ts'
import { marketFaults } from '../faults.ts'
import { findSecrets, maxSecretSpan } from '../rules/secrets.ts'
import type { PackageSource } from './source.ts'

/** Where something looks like a secret. */
interface Found {
  readonly path: string
  readonly line: number
  readonly secret: string
}

export interface RefuseSecrets {
  /** Paths in the package that were looked at by a person. */
  readonly allowed: readonly string[]
  readonly context: CallContext
}

/** Places that are said; one is enough to refuse. */
const maxShown = 20

/** Looks through every file before anything is stored. A release cannot be taken back. @throws Fault SECRETS_FOUND, SOURCE_REFUSED */
export async function refuseSecrets(source: PackageSource, { allowed, context }: RefuseSecrets): Promise<void> {
  const total = source.files.reduce((sum, { size }) => sum + size, 0)
  const ignored = new Set(allowed.map((path) => path.replace(/^\.\//, '')))
  const found: Found[] = []
  let done = 0
  for await (const { path, body } of readFolder(source.folder, source.files, { signal: context.signal })) {
    if (ignored.has(path)) continue
    for await (const { size, secrets } of scanFile(path, body)) {
      done += size
      context.report({ stage: 'looking for secrets', done, total, unit: 'bytes' })
      found.push(...secrets.map((secret) => ({ path, ...secret })))
    }
    if (found.length >= maxShown) break
  }
  if (found.length > 0) throw refuse(found.slice(0, maxShown))
}

/** Reads a file part by part, each with the end of the one before; what begins like no text is looked at no further. */
async function* scanFile(
  path: string,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly size: number; readonly secrets: readonly { readonly line: number; readonly secret: string }[] }> {
  let before = ''
  let lines = 0
  let isText: boolean | undefined
  for await (const chunk of body) {
    isText ??= !chunk.subarray(0, 8_192).includes(0)
    if (!isText) return
    // One byte, one character: all shapes are ASCII, and no chunk ends within one.
    const text = before + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
    const secrets = findSecrets(path, text).map(({ line, secret }) => ({ line: line + lines, secret }))
    yield { size: chunk.byteLength, secrets }
    const cut = Math.max(0, text.length - maxSecretSpan)
    lines += countLines(text, cut)
    before = text.slice(cut)
  }
}

function countLines(text: string, end: number): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count += 1
  return count
}

function refuse(found: readonly Found[]): Error {
  const places = found.map(({ path, line, secret }) => `${path}:${line}: ${secret}`)
  const [first] = found
  return marketFaults.create('SECRETS_FOUND', {
    message: `nothing was published, for a release cannot be taken back and these look like secrets:\n  ${places.join('\n  ')}\nTake them out, or leave the files out with lines in .althingignore. If one is no secret: \`althing publish … --allow-secret ${JSON.stringify(first?.path ?? '')}\``,
    data: { found: found.map((place) => ({ ...place })) },
  })
}
