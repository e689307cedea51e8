import type { PeerId } from '../../identity/keys.ts'
import { maxSealEpoch } from '../../identity/seal-keys.ts'
import type { Metadata } from '../context.ts'
import { isMediaType } from '../version.ts'

/** Media type of content that is sealed. @see https://www.iana.org/assignments/media-types/application/vnd.age */
export const sealedType = 'application/vnd.age'

/** Most nodes that one version is sealed to: as many as one value of metadata can name. */
export const maxSealRecipients = 256
/** Most roles and owners that one version is sealed for. */
export const maxSealTargets = 32

/** A key that a version is sealed to: whose, and which. */
export interface RecipientMark {
  /** The end of the node's peer id: 58 bits of its key. */
  readonly node: string
  /** Of the key, among those of the node. */
  readonly epoch: number
}

/** What a sealed version says of itself, in its metadata, for everybody to read. @see docs/protocols/sealing.md §3 */
export interface SealMarks {
  /** `role:NAME`, `@HANDLE` or an owner id. */
  readonly targets: readonly string[]
  readonly recipients: readonly RecipientMark[]
  /** How often this content was sealed: 1 as it was written, one more with each re-sealing. */
  readonly epoch: number
  /** Media type of what is inside. */
  readonly mediaType: string
}

/** What all names of such metadata begin with; nobody else may write them. */
const prefix = 'sealed-'
/** Characters of a peer id that tell it from others. */
const markLength = 10

/** Whether a name of metadata is one of a seal. */
export function isSealName(name: string): boolean {
  return name.startsWith(prefix)
}

/** How marks name a node. */
export function markOf(node: PeerId): string {
  return node.slice(-markLength)
}

/** Marks as metadata, in one order. */
export function formatSealMarks({ targets, recipients, epoch, mediaType }: SealMarks): Metadata {
  const to = recipients.map((recipient) => `${recipient.node}:${recipient.epoch}`).toSorted()
  return { 'sealed-epoch': String(epoch), 'sealed-for': targets.join(' '), 'sealed-to': to.join(' '), 'sealed-type': mediaType }
}

/** Metadata without the marks of a seal. */
export function withoutSealMarks(metadata: Metadata): Metadata {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !isSealName(name)))
}

/** The marks of a version; undefined where it is not sealed, or says so in another way. */
export function readSealMarks({ mediaType, metadata }: { readonly mediaType: string; readonly metadata: Metadata }): SealMarks | undefined {
  if (mediaType !== sealedType) return undefined
  const { 'sealed-epoch': epoch = '', 'sealed-for': targets = '', 'sealed-to': to = '', 'sealed-type': inner = '' } = metadata
  const recipients = to.split(' ').map(readMark)
  const wanted = targets.split(' ')
  const isWhole = /^[1-9][0-9]{0,8}$/.test(epoch) && isMediaType(inner) && wanted.length <= maxSealTargets && !wanted.includes('')
  if (!isWhole || recipients.length > maxSealRecipients || !recipients.every((mark) => mark !== undefined)) return undefined
  return { targets: wanted, recipients, epoch: Number(epoch), mediaType: inner }
}

function readMark(text: string): RecipientMark | undefined {
  const [, node = '', epoch = ''] = /^([1-9A-HJ-NP-Za-km-z]{10}):([1-9][0-9]{0,3})$/.exec(text) ?? []
  return node === '' || Number(epoch) > maxSealEpoch ? undefined : { node, epoch: Number(epoch) }
}
