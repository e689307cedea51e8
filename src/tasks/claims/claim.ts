import { formatCanonicalJson } from '../../lib/canonical-json.ts'
import { encodeText } from '../../lib/bytes.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { SigningKey } from '../../identity/keys.ts'
import { isSignedBy, keyOfPeerId } from '../../identity/keys.ts'
import { tasksFaults } from '../faults.ts'
import { formatCommit, maxCommitBytes, parseCommit } from '../git/commit.ts'
import type { ObjectId } from '../git/objects.ts'
import { objectIdOf } from '../git/objects.ts'
import type { ClaimDocument } from './claim-document.ts'
import { readClaimDocument } from './claim-document.ts'

/** A link whose signature holds. Whether its place in the chain is right is for `rules/chain.ts`. */
export interface Claim {
  /** Name of the commit. */
  readonly id: ObjectId
  readonly document: ClaimDocument
  /** The commit, as git hashes it. */
  readonly bytes: Uint8Array
}

/** What a commit under a claim ref turned out to be. */
export type ParsedClaim =
  | { readonly isClaim: true; readonly claim: Claim }
  | { readonly isClaim: false; readonly id: ObjectId; readonly parents: readonly ObjectId[]; readonly why: string }

const domain = 'althing-claim-v1'

/**
 * The commit that says a document under a node's key. The same document gives the same commit.
 *
 * @throws Fault CLAIM_INVALID when it could not be read back
 */
export function signClaim(document: ClaimDocument, key: Pick<SigningKey, 'sign'>): Claim {
  const text = formatCanonicalJson(toJson(document))
  const signature = Buffer.from(key.sign(domain, encodeText(text))).toString('base64url')
  const bytes = formatCommit({
    parents: document.previous === null ? [] : [document.previous],
    author: { name: 'althing', email: `${document.holder}@althing`, seconds: Math.floor(Date.parse(document.at) / 1000) },
    message: `${text}\n\nsignature: ${signature}\n`,
  })
  const parsed = parseClaim(bytes)
  if (parsed.isClaim) return parsed.claim
  throw tasksFaults.create('CLAIM_INVALID', { message: `a claim of ${document.task} cannot be made: ${parsed.why}` })
}

/** What was read of the very bytes that a store keeps: they are asked for at every look, and a signature costs more than all else. */
const parsedBefore = new WeakMap<Uint8Array, ParsedClaim>()

/**
 * Reads a commit: a claim whose document is canonical and signed by the holder it names, or what is wrong with it. Never throws.
 *
 * The same array is read once; nobody may change it.
 */
export function parseClaim(bytes: Uint8Array): ParsedClaim {
  const parsed = parsedBefore.get(bytes) ?? readClaim(bytes)
  parsedBefore.set(bytes, parsed)
  return parsed
}

function readClaim(bytes: Uint8Array): ParsedClaim {
  const id = objectIdOf({ type: 'commit', bytes })
  const commit = bytes.byteLength <= maxCommitBytes ? parseCommit(bytes) : undefined
  if (commit === undefined) return { isClaim: false, id, parents: [], why: 'it is no commit of a claim, or longer than one' }
  const no = (why: string): ParsedClaim => ({ isClaim: false, id, parents: commit.parents, why })
  if (!commit.hasEmptyTree) return no('its tree is not empty')
  const match = /^([^\n]+)\n\nsignature: ([\w-]{86})\n?$/.exec(commit.message)
  if (match === null) return no('its message is not a document and a signature')
  const [, text = '', signature = ''] = match
  const document = readClaimDocument(text)
  if (document === undefined) return no('its document is not one')
  if (commit.parents.length > 1 || (commit.parents[0] ?? null) !== document.previous) return no('its parent is not what its document says')
  const isSigned = isSignedBy(keyOfPeerId(document.holder), domain, encodeText(text), Buffer.from(signature, 'base64url'))
  return isSigned ? { isClaim: true, claim: { id, document, bytes } } : no("its signature is not the holder's")
}

/** Fields that are absent are left out: JSON knows no undefined. */
function toJson(document: ClaimDocument): JsonObject {
  const { cost, ...rest } = document
  return { ...rest, ...(cost === undefined ? {} : { cost: { ...cost } }) }
}
