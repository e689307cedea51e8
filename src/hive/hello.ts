import type { SignedCertificate } from '../identity/certificate.ts'
import { isInForce, parseCertificate } from '../identity/certificate.ts'
import type { KeyStore } from '../identity/key-store.ts'
import type { PeerId } from '../identity/keys.ts'
import type { AdmissionVerdict } from '../journal/journal.ts'
import type { Clock } from '../lib/clock.ts'
import type { Channel } from '../network/host.ts'
import type { GrantExchangeDeps } from './grant-exchange.ts'
import { isRootPosition, missingRanges, rootsOf, takeFrom, takePage } from './grant-exchange.ts'
import { expectMessage, receiveMessage, sendMessage } from './messages.ts'
import type { JoinMessage, Roots } from './protocol.ts'

export interface HelloDeps extends GrantExchangeDeps {
  readonly keys: Pick<KeyStore, 'certificate'>
  readonly clock: Clock
  /** Called as soon as the peer proved itself a member. */
  readonly admit: (peer: PeerId) => void
}

/** How an introduction ended: on what the other said of us, and we of it. */
export type HelloOutcome = 'admitted' | 'unknown' | 'denied'

type Hello = Extract<JoinMessage, { t: 'hello' }>
type Verdict = AdmissionVerdict['verdict']

/** Pages one introduction may hand over in one direction; more come by replication, once it is through. */
const maxPages = 512

/**
 * Introduces us to a node we dialled, hands it grants it lacks to know us, and takes those we lack to know it.
 *
 * @see docs/protocols/hive.md §5.1
 */
export async function sayHello(deps: HelloDeps, channel: Channel, options: { readonly signal: AbortSignal }): Promise<HelloOutcome> {
  await sendMessage(channel, { t: 'hello', certificates: ourCertificates(deps), roots: rootsOf(deps) })
  let welcome = await expectMessage(channel, ['welcome'], options)
  if (welcome.verdict === 'unknown' && (await handOver(deps, channel, welcome.roots))) {
    welcome = await expectMessage(channel, ['welcome'], options)
  }
  if (welcome.verdict !== 'admitted') return welcome.verdict
  const shown = readShown(deps, channel.peer, welcome.certificates)
  let verdict = judgeShown(deps, channel.peer, shown)
  if (verdict === 'unknown') {
    await fetchGrants(deps, channel, { roots: welcome.roots, signal: options.signal })
    verdict = judgeShown(deps, channel.peer, shown)
  }
  if (verdict === 'admitted') deps.admit(channel.peer)
  return outcomeOf(verdict)
}

/** Answers the introduction of a node that dialled us. We show ourselves only to whom we admit. */
export async function answerHello(
  deps: HelloDeps,
  channel: Channel,
  { hello, signal }: { readonly hello: Hello; readonly signal: AbortSignal },
): Promise<HelloOutcome> {
  const shown = readShown(deps, channel.peer, hello.certificates)
  let verdict = judgeShown(deps, channel.peer, shown)
  // a stranger learns nothing of roots it could not name itself
  const named = (): Roots => rootsOf(deps).filter(({ node }) => verdict === 'admitted' || hello.roots.some((root) => root.node === node))
  await sendWelcome(deps, channel, { verdict, roots: named() })
  for (let pages = 0; pages < maxPages && verdict !== 'cut'; pages++) {
    const message = await receiveMessage(channel, { signal })
    if (message === undefined) break
    if (message.t === 'grants') {
      await takePage(deps, message, channel.peer)
      if (message.more) continue
      verdict = judgeShown(deps, channel.peer, shown)
      await sendWelcome(deps, channel, { verdict, roots: named() })
    } else if (message.t === 'want' && verdict === 'admitted') await answerWant(deps, channel, message)
    else break
  }
  // time to read that it was denied, until it hangs up in whatever way
  if (verdict === 'cut') await channel.receive({ signal }).catch(() => undefined)
  return outcomeOf(verdict)
}

async function sendWelcome(
  deps: HelloDeps,
  channel: Channel,
  { verdict, roots }: { readonly verdict: Verdict; readonly roots: Roots },
): Promise<void> {
  // before the answer, so that whoever is told "admitted" finds it true
  if (verdict === 'admitted') deps.admit(channel.peer)
  const certificates = verdict === 'admitted' ? ourCertificates(deps) : []
  await sendMessage(channel, { t: 'welcome', verdict: outcomeOf(verdict), certificates, roots: verdict === 'cut' ? [] : roots })
}

/** Hands over what the other lacks of the root journals. False when that is nothing. */
async function handOver(deps: HelloDeps, channel: Channel, theirs: Roots): Promise<boolean> {
  const ranges = missingRanges(rootsOf(deps), theirs)
  if (ranges.length === 0) return false
  let pages = 0
  for (const range of ranges) {
    for (let from = range.from; pages < maxPages; pages++) {
      const taken = takeFrom(deps.journal, { ...range, from })
      if (taken === undefined) break
      from = taken.next
      await sendMessage(channel, { t: 'grants', more: true, ...taken.page })
    }
  }
  await sendMessage(channel, { t: 'grants', more: false, entries: [], evidence: [] })
  return true
}

/** Asks for what we lack of the journals that the other says carry grants, in their order: each names the next. */
async function fetchGrants(
  deps: HelloDeps,
  channel: Channel,
  offer: { readonly roots: Roots; readonly signal: AbortSignal },
): Promise<void> {
  let pages = 0
  for (const { node, incarnation, seq } of offer.roots) {
    for (let more = true; more && pages < maxPages; pages++) {
      const held = deps.journal.headOf(node, incarnation)?.seq ?? 0
      if (held >= seq) break
      await sendMessage(channel, { t: 'want', node, incarnation, seq: held + 1 })
      const page = await expectMessage(channel, ['grants'], { signal: offer.signal })
      await takePage(deps, page, channel.peer)
      // a page that got us nowhere would be asked for again without end
      more = page.more && (deps.journal.headOf(node, incarnation)?.seq ?? 0) > held
    }
  }
}

async function answerWant(deps: HelloDeps, channel: Channel, want: Extract<JoinMessage, { t: 'want' }>): Promise<void> {
  const end = isRootPosition(deps.membership, want) ? (deps.journal.headOf(want.node, want.incarnation)?.seq ?? 0) : 0
  const taken = takeFrom(deps.journal, { node: want.node, incarnation: want.incarnation, from: Math.max(1, want.seq), to: end })
  const page = taken?.page ?? { entries: [], evidence: [] }
  await sendMessage(channel, { t: 'grants', more: taken !== undefined && taken.next <= end, ...page })
}

/** Our certificates: the newest first, then by what owner others may still know us. */
function ourCertificates({ keys, membership }: HelloDeps): readonly Uint8Array[] {
  const own = keys.certificate()
  const others = membership.certificatesOf(own.certificate.node).filter(({ certificate }) => certificate.owner !== own.certificate.owner)
  const newest = others.toSorted((one, other) => other.certificate.serial - one.certificate.serial)
  return [own, ...newest].slice(0, 4).map(({ bytes }) => bytes)
}

/** The certificates a peer shows that are for the key its connection has, and in force. */
function readShown(deps: HelloDeps, peer: PeerId, certificates: readonly Uint8Array[]): readonly SignedCertificate[] {
  return certificates
    .flatMap((bytes) => parseCertificate(bytes) ?? [])
    .filter(({ certificate }) => certificate.node === peer && isInForce(certificate, deps.clock.now()))
}

function judgeShown({ membership }: HelloDeps, peer: PeerId, shown: readonly SignedCertificate[]): Verdict {
  for (const signed of shown) membership.meet(signed)
  // a peer that shows nothing in force is nobody, whatever its journal says
  return shown.length === 0 ? 'unknown' : membership.judge(peer).verdict
}

function outcomeOf(verdict: Verdict): HelloOutcome {
  return verdict === 'cut' ? 'denied' : verdict
}
