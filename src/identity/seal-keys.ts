import { decodeText, encodeText } from '../lib/bytes.ts'
import type { Clock } from '../lib/clock.ts'
import { identityFaults } from './faults.ts'
import type { KeyFiles } from './key-files.ts'
import { createMemoryKeyFiles, openKeyFiles } from './key-files.ts'
import { isRecipientText, unsealBy, unsealedSize } from './sealing.ts'

/** A key that content is sealed to, as everybody may know it. */
export interface SealKey {
  /** 1 and up; of two keys of one node the higher is the one to seal to. */
  readonly epoch: number
  /** age's spelling of the public key, `age1…`. */
  readonly recipient: string
  /** When it was made, in milliseconds of wall time. */
  readonly at: number
}

/** The keys of a node for content that is sealed to it. The secret halves stay in here. */
export interface SealKeys {
  /** The newest key; made, and on disk, when there is none or the newest is not above an epoch. @throws Fault KEY_CORRUPT, KEY_EXPOSED, SEAL_KEYS_FULL */
  readonly ensure: (options: { readonly above: number }) => Promise<SealKey>
  /** Makes a key above all others; those before stay for what was sealed to them. @throws Fault as `ensure` */
  readonly rotate: () => Promise<SealKey>
  /** Every key, oldest first. @throws Fault KEY_CORRUPT, KEY_EXPOSED */
  readonly list: () => Promise<readonly SealKey[]>
  /** Opens content that was sealed to the key of an epoch; undefined when that key is not here. */
  readonly find: (epoch: number) => Promise<SealOpener | undefined>
  /** Called when a key was made. */
  readonly onMade: (listener: () => void) => () => void
}

/** What one secret key can do. */
export interface SealOpener {
  /** @throws Fault SEAL_DAMAGED */
  readonly open: (sealed: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>
  /** Length once opened, in bytes, by the beginning of what is sealed (`sealBeginningBytes`) and its length. @throws Fault SEAL_DAMAGED */
  readonly size: (beginning: Uint8Array, size: number) => Promise<number>
}

const sealFile = 'seal.key'
const sealTag = 'althing-seal-key-v1'
/** Keys that are kept; a file of them stays below what is read of a key file. */
const maxKeys = 64
/** Highest epoch that is taken. */
export const maxSealEpoch = 9_999

/** Opens the seal keys in the directory of the node's other keys. Nothing is read or made before it is needed. */
export async function openSealKeys({ clock }: { readonly clock: Clock }, { directory }: { readonly directory: string }): Promise<SealKeys> {
  return new KeptSealKeys(await openKeyFiles(directory), { clock, path: `${directory}/${sealFile}` })
}

/** The same without a disk, for tests and simulation. */
export function openMemorySealKeys({ clock }: { readonly clock: Clock }): SealKeys {
  return new KeptSealKeys(createMemoryKeyFiles(), { clock, path: 'memory' })
}

interface SecretKey extends SealKey {
  /** age's spelling, `AGE-SECRET-KEY-1…`. */
  readonly identity: string
}

class KeptSealKeys implements SealKeys {
  readonly #files: KeyFiles
  readonly #clock: Clock
  readonly #path: string
  readonly #listeners = new Set<() => void>()
  #keys: readonly SecretKey[] | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(files: KeyFiles, { clock, path }: { readonly clock: Clock; readonly path: string }) {
    this.#files = files
    this.#clock = clock
    this.#path = path
  }

  readonly ensure = ({ above }: { readonly above: number }): Promise<SealKey> =>
    this.#inTurn(async () => {
      const newest = (await this.#read()).at(-1)
      return toPublic(newest !== undefined && newest.epoch > above ? newest : await this.#make(above))
    })

  readonly rotate = (): Promise<SealKey> => this.#inTurn(async () => toPublic(await this.#make(0)))

  readonly list = (): Promise<readonly SealKey[]> => this.#inTurn(async () => (await this.#read()).map(toPublic))

  readonly find = (epoch: number): Promise<SealOpener | undefined> =>
    this.#inTurn(async () => {
      const identity = (await this.#read()).find((key) => key.epoch === epoch)?.identity
      if (identity === undefined) return undefined
      return {
        open: (sealed) => unsealBy(identity, sealed),
        size: (beginning, size) => unsealedSize(identity, beginning, size),
      }
    })

  readonly onMade = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #make(above: number): Promise<SecretKey> {
    const keys = await this.#read()
    const epoch = Math.max(above, keys.at(-1)?.epoch ?? 0) + 1
    if (keys.length >= maxKeys || epoch > maxSealEpoch) throw full(this.#path, keys.length)
    const { generateX25519Identity, identityToRecipient } = await import('age-encryption')
    // age's own randomness: a file key would be drawn from it too
    const identity = await generateX25519Identity()
    const made = { epoch, recipient: await identityToRecipient(identity), at: this.#clock.now(), identity }
    await this.#files.write(sealFile, encodeText([...keys, made].map(formatKey).join('')))
    this.#keys = [...keys, made]
    for (const listener of this.#listeners) listener()
    return made
  }

  async #read(): Promise<readonly SecretKey[]> {
    if (this.#keys !== undefined) return this.#keys
    const bytes = await this.#files.read(sealFile)
    const keys = bytes === undefined ? [] : await parseKeys(bytes)
    if (keys === undefined) throw corrupt(this.#path)
    this.#keys = keys
    return keys
  }

  /** Runs after what was begun before it. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}

function toPublic({ epoch, recipient, at }: SecretKey): SealKey {
  return { epoch, recipient, at }
}

/** Four lines for each key, so that the file is also one that `age -d -i` takes. */
function formatKey({ epoch, recipient, at, identity }: SecretKey): string {
  return `# ${sealTag} epoch ${epoch}\n# created: ${new Date(at).toISOString()}\n# public key: ${recipient}\n${identity}\n`
}

const keyPattern = new RegExp(
  `^# ${sealTag} epoch ([1-9][0-9]{0,3})\n# created: ([0-9TZ:.+-]{20,30})\n# public key: (age1[0-9a-z]{58})\n(AGE-SECRET-KEY-1[0-9A-Z]{58})\n`,
)

async function parseKeys(bytes: Uint8Array): Promise<readonly SecretKey[] | undefined> {
  const { identityToRecipient } = await import('age-encryption')
  const keys: SecretKey[] = []
  try {
    for (let rest = decodeText(bytes); rest !== '';) {
      const [block, epoch = '', created = '', recipient = '', identity = ''] = keyPattern.exec(rest) ?? []
      const at = Date.parse(created)
      if (block === undefined || Number.isNaN(at) || !isRecipientText(recipient) || Number(epoch) <= (keys.at(-1)?.epoch ?? 0))
        return undefined
      // the public half finds a damaged secret
      if ((await identityToRecipient(identity)) !== recipient) return undefined
      keys.push({ epoch: Number(epoch), recipient, at, identity })
      rest = rest.slice(block.length)
    }
  } catch {
    return undefined
  }
  return keys
}

function corrupt(path: string): Error {
  const message = `${path} is damaged; put it back from a backup of the keys, or move it away: a new one is made, and what was sealed to the old one stays closed here`
  return identityFaults.create('KEY_CORRUPT', { message, data: { path } })
}

function full(path: string, count: number): Error {
  const message = `${path} holds ${count} keys, and no more are made; move it away once nothing is read that was sealed to them`
  return identityFaults.create('SEAL_KEYS_FULL', { message, data: { path, count } })
}
