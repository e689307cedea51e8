import type { Decrypter } from 'age-encryption'
import type { Fault } from '../lib/fault.ts'
import { identityFaults } from './faults.ts'

/** Longest header of sealed content that is read, in bytes: six hundred recipients. Without a bound it could be the whole content. */
export const maxSealHeaderBytes = 65_536
/** Behind the header: the nonce of the payload. @see https://age-encryption.org/v1 */
const nonceBytes = 16
/** Recipients known to be good or not; the oldest goes first. */
const maxJudged = 4_096

/** A recipient as age writes it: 32 bytes of X25519 key in bech32. Whether its checksum holds is for `isSealable` to say. */
export function isRecipientText(text: string): boolean {
  return /^age1[02-9ac-hj-np-z]{58}$/.test(text)
}

const judged = new Map<string, boolean>()

/** Whether content can be sealed to a recipient: its checksum holds, and its key is a point that a secret can be agreed with. */
export async function isSealable(recipient: string): Promise<boolean> {
  const known = judged.get(recipient)
  if (known !== undefined) return known
  const isGood = isRecipientText(recipient) && (await canSealTo(recipient))
  const oldest = judged.keys().next().value
  if (judged.size >= maxJudged && oldest !== undefined) judged.delete(oldest)
  judged.set(recipient, isGood)
  return isGood
}

async function canSealTo(recipient: string): Promise<boolean> {
  const { Encrypter } = await import('age-encryption')
  try {
    const encrypter = new Encrypter()
    encrypter.addRecipient(recipient)
    await encrypter.encrypt(new Uint8Array())
    return true
  } catch {
    return false
  }
}

/** Content as age encrypts it to recipients, chunk by chunk; nothing of it is held whole. @see https://age-encryption.org/v1 */
export async function* sealTo(
  recipients: readonly string[],
  plain: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { Encrypter } = await import('age-encryption')
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  yield* await encrypter.encrypt(ReadableStream.from(plain))
}

/** Content that `sealTo` made, opened by a secret key of age, chunk by chunk, each authentic. @throws Fault SEAL_DAMAGED */
export async function* unsealBy(identity: string, sealed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decrypter = await createDecrypter(identity)
  const source: { failure?: unknown } = {}
  try {
    yield* await decrypter.decrypt(ReadableStream.from(withBoundedHeader(watch(sealed, source))))
  } catch {
    throw source.failure ?? damaged('it was changed, cut short, or sealed to another key')
  }
}

/**
 * How long sealed content is once opened, in bytes, by its beginning (`sealBeginningBytes`, or all) and its whole length.
 *
 * @throws Fault SEAL_DAMAGED, also where it is sealed to another key
 */
export async function unsealedSize(identity: string, beginning: Uint8Array, size: number): Promise<number> {
  const decrypter = await createDecrypter(identity)
  try {
    const opened = await decrypter.decrypt(ReadableStream.from(withBoundedHeader([beginning])))
    await opened.cancel()
    return opened.size(size)
  } catch {
    // the library's words may quote its input, so they are not kept as a cause
    throw damaged('it was changed, cut short, or sealed to another key')
  }
}

/** As many bytes from the beginning as `unsealedSize` asks for. */
export const sealBeginningBytes = maxSealHeaderBytes + nonceBytes

async function createDecrypter(identity: string): Promise<Decrypter> {
  const age = await import('age-encryption')
  const decrypter = new age.Decrypter()
  decrypter.addIdentity(identity)
  return decrypter
}

/** Passes sealed content on once the end of its header was seen: the library collects a header whatever its length. */
async function* withBoundedHeader(sealed: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let beginning = new Uint8Array(0)
  let isHeaderSeen = false
  for await (const chunk of sealed) {
    if (isHeaderSeen) {
      yield chunk
      continue
    }
    beginning = new Uint8Array(Buffer.concat([beginning, chunk]))
    const end = Buffer.from(beginning.buffer).indexOf('\n--- ')
    if (end < 0 && beginning.byteLength > maxSealHeaderBytes) break
    if (end < 0) continue
    isHeaderSeen = true
    yield beginning
  }
  if (!isHeaderSeen) throw damaged('it has no header of age')
}

/** Passes bytes on, and remembers what their own source threw: the library's words are not told, its source's are. */
async function* watch(bytes: AsyncIterable<Uint8Array>, source: { failure?: unknown }): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    source.failure = error
    throw error
  }
}

function damaged(reason: string): Fault {
  return identityFaults.create('SEAL_DAMAGED', {
    message: `the sealed content cannot be opened: ${reason}; ask its writer to write it again`,
    data: { reason },
  })
}
