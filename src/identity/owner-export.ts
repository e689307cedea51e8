import { decodeText } from '../lib/bytes.ts'
import { identityFaults } from './faults.ts'
import { formatKeyLine, parseKeyLine } from './key-files.ts'
import type { SigningKey } from './keys.ts'
import { openSigningKey, ownerIdOfKey } from './keys.ts'

/** Shortest passphrase taken. The file is meant to lie around offline, where guessing is free. */
const minPassphraseLength = 12
/** Longest passphrase or export that is looked at. */
const maxPassphraseLength = 1024
const maxExportLength = 8192
/** First word of the plain text inside. */
const exportTag = 'althing-owner-export-v1'

export interface ExportOptions {
  /** log2 of scrypt's N: each step doubles what a guess costs. 18 takes about a second. */
  readonly scryptLogN: number
}

/**
 * The owner key in age's passphrase format, armored text; `age -d` opens it too.
 *
 * @throws Fault PASSPHRASE_WEAK
 * @see https://age-encryption.org/v1
 */
export async function exportOwnerKey(owner: SigningKey, passphrase: string, options: ExportOptions): Promise<string> {
  if (passphrase.length < minPassphraseLength || passphrase.length > maxPassphraseLength) {
    const message = `the passphrase has ${passphrase.length} characters; use ${minPassphraseLength} to ${maxPassphraseLength}, a few random words for example`
    throw identityFaults.create('PASSPHRASE_WEAK', { message, data: { length: passphrase.length, min: minPassphraseLength } })
  }
  const { Encrypter, armor } = await import('age-encryption')
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase)
  encrypter.setScryptWorkFactor(options.scryptLogN)
  const plain = formatKeyLine(exportTag, owner.seed, ownerIdOfKey(owner.publicKey))
  return armor.encode(await encrypter.encrypt(plain))
}

/** The owner key inside an export. @throws Fault OWNER_EXPORT_INVALID, without saying whether file or passphrase is wrong */
export async function openOwnerExport(exported: string, passphrase: string): Promise<SigningKey> {
  if (exported.length > maxExportLength || passphrase.length > maxPassphraseLength) throw invalidExport()
  const { Decrypter, armor } = await import('age-encryption')
  const decrypter = new Decrypter()
  decrypter.addPassphrase(passphrase)
  const plain = await decrypt()
  const line = parseKeyLine(exportTag, plain)
  if (line === undefined) throw invalidExport()
  const key = openSigningKey(line.seed)
  if (ownerIdOfKey(key.publicKey) !== line.name) throw invalidExport()
  return key

  async function decrypt(): Promise<string> {
    try {
      return decodeText(await decrypter.decrypt(armor.decode(exported)))
    } catch {
      // the library's words may quote its input, so they are not kept as a cause
      throw invalidExport()
    }
  }
}

/** Length in bytes an export has at most, for whoever reads one from a file. */
export const maxExportBytes = maxExportLength

function invalidExport(): Error {
  const message =
    'this file and passphrase do not give an owner key: check the passphrase, and that the file was made by `althing owner export`'
  return identityFaults.create('OWNER_EXPORT_INVALID', { message })
}
