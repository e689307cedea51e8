import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry } from '../../journal/entry.ts'
import { keyOf, nodeOf, signChain, testHive } from '../../journal/testing/bench-of-peers.ts'
import { formatBody, signEntry } from '../../journal/codec.ts'
import type { Release } from '../release.ts'
import { formatRelease, releaseKind } from '../release.ts'
import { openMarket } from '../testing/open-market.ts'
import type { MarketMember, OpenMarket } from '../testing/open-market.ts'
import { releaseOf } from '../testing/records.ts'
import { searchFor } from '../testing/search-for.ts'
import { ownerOf } from '../testing/stand.ts'
import type { RemoteAnswer } from './protocol.ts'
import { formatAnswer, maxQuestionBytes, parseQuestion, searchProtocol } from './protocol.ts'
import type { RemoteReport } from './remote-search.ts'

const question = { query: 'rust web', kind: undefined, category: undefined, keyword: [], author: undefined, license: undefined, limit: 20 }

function of(name: string, packageName: string, version = '1.0.0'): Release {
  return releaseOf(packageName, version, { owner: ownerOf(name) })
}

async function ask(market: OpenMarket, member: MarketMember, query = question.query): Promise<RemoteReport> {
  const { signal } = new AbortController()
  return market.clock.run(member.remote.ask({ ...question, query }, { signal, peers: member.remote.members() }))
}

async function find(market: OpenMarket, member: MarketMember, query: string, more = {}): Promise<readonly string[]> {
  const answer = await market.clock.run(member.handlers['marketplace.search'](searchFor(query, more), member.context))
  return answer.packages.map((row) => row.package)
}

/** A release that `author` signs, at a place of its journal that nobody has. */
function signed(author: string, release: Release, more: { readonly hive?: typeof testHive; readonly kind?: string } = {}): Entry {
  const body = formatBody(formatRelease(release))
  const header = { incarnation: 1, seq: 9, prev: body.cid, kind: releaseKind, at: 1_790_000_000_000, hive: testHive, ...more }
  return signEntry(keyOf(author), { ...header, bodyCid: body.cid, bodySize: body.bytes.byteLength }, body.bytes)
}

/** Has a member answer every question with this. */
function answerWith(member: MarketMember, make: (id: number) => Uint8Array, hear: (question: unknown) => void = () => {}): void {
  member.host.handle(
    searchProtocol(testHive),
    async (channel, { signal }) => {
      for (;;) {
        const bytes = await channel.receive({ signal })
        if (bytes === undefined) return
        const asked = parseQuestion(bytes)
        hear(asked)
        await channel.send(make(asked?.id ?? 0))
      }
    },
    { maxMessageBytes: maxQuestionBytes, maxPerPeer: 4 },
  )
}

function found(id: number, releases: readonly Entry[]): RemoteAnswer {
  return { type: 'found', id, releases, introductions: [], statistics: { packages: 0, counts: [] } }
}

test('what members have is found with what is here, each package once, in the order of the index', async () => {
  await using market = openMarket()
  const [ada, bob, cy] = [await market.open('ada'), await market.open('bob'), await market.open('cy')]
  await market.connect(ada, bob, cy)
  await ada.publish(of('ada', 'rust-web-kit'))
  await bob.publish(of('bob', 'rust-web'), of('bob', 'gardening'))
  await cy.publish(of('cy', 'rust-cli'))
  assert.deepEqual(await find(market, ada, 'rust web'), ['@ada/rust-web-kit'])
  const all = await find(market, ada, 'rust web', { remote: true, accept: ['remote'] })
  assert.deepEqual(all, ['@bob/rust-web', '@ada/rust-web-kit', '@cy/rust-cli'])
  assert.deepEqual(await find(market, ada, 'rust web'), all, 'what came is in the index')
})

test('nothing is sent before a person was told what goes to whom, and that is asked once for a hive', async () => {
  await using market = openMarket()
  const [ada, bob] = [await market.open('ada'), await market.open('bob')]
  await market.connect(ada, bob)
  await bob.publish(of('bob', 'rust-web'))
  await assert.rejects(find(market, ada, 'rust web', { remote: true, category: 'net' }), {
    code: 'CONFIRMATION_NEEDED',
    message: /the words "rust web", category net, for up to 20 packages, to 1 member of "workbench".*--accept remote/,
  })
  assert.deepEqual(await find(market, ada, 'rust web'), [])
  assert.deepEqual(await find(market, ada, 'rust web', { remote: true, accept: ['remote'] }), ['@bob/rust-web'])
  assert.deepEqual(await find(market, ada, 'gardening', { remote: true }), [])
})

test('what --remote says that it sends is what goes over the wire, before and after, and nothing else', async () => {
  await using market = openMarket()
  const [ada, eve] = [await market.open('ada'), await market.open('eve', { isSilent: true })]
  await market.connect(ada, eve)
  const heard: unknown[] = []
  answerWith(
    eve,
    () => formatAnswer(found(1, [])),
    (asked) => heard.push(asked),
  )
  const filters = { kind: 'skill', category: 'net', keyword: ['http', 'async'], author: '@eve', license: 'MIT', limit: 3 } as const
  const search = (more: object) =>
    market.clock.run(
      ada.handlers['marketplace.search'](
        searchFor('Rust web', { remote: true, yanked: true, detailed: true, ...filters, ...more }),
        ada.context,
      ),
    )
  const said = `the words "Rust web", kind skill, category net, keyword http, async, author ${ownerOf('eve')}, license MIT, for up to 13 packages, to 1 member of "workbench"`
  await assert.rejects(search({}), (error: Error) => {
    assert.ok(
      error.message.startsWith(`nothing was sent: --remote sends ${said}, who see this node's peer id and address with it.`),
      error.message,
    )
    return true
  })
  assert.deepEqual(heard, [])
  assert.equal((await search({ accept: ['remote'] })).remote?.note, `sent ${said}`)
  assert.deepEqual(heard, [{ id: 1, query: 'Rust web', ...filters, author: ownerOf('eve'), limit: 13 }])
})

test('in a closed hive nobody is asked, and that is said', async () => {
  await using market = openMarket()
  const [ada, bob] = [await market.open('ada', { stand: { policy: 'closed' } }), await market.open('bob')]
  await market.connect(ada, bob)
  await bob.publish(of('bob', 'rust-web'))
  const answer = await ada.handlers['marketplace.search'](searchFor('rust', { remote: true }), ada.context)
  assert.deepEqual(answer.remote, {
    asked: 0,
    answered: 0,
    added: 0,
    dropped: 0,
    note: 'every member of "workbench" has its whole index: nobody was asked, and nothing was sent',
  })
})

test('S2: of an answer only releases count that their owner signed for this hive and that were asked for; the rest is counted', async () => {
  await using market = openMarket()
  const [ada, eve] = [await market.open('ada'), await market.open('eve', { isSilent: true })]
  await market.connect(ada, eve)
  const good = signed('bob', of('bob', 'rust-web'))
  const bad: readonly Entry[] = [
    signed('eve', of('bob', 'rust-web-a')),
    { ...signed('bob', of('bob', 'rust-web-b')), signature: new Uint8Array(64) },
    signed('bob', of('bob', 'rust-web-c'), { kind: 'yank' }),
    signed('bob', of('bob', 'gardening')),
    signed('mallory', of('mallory', 'rust-web-d')),
    ...signChain('bob', ['no release'], { kind: releaseKind }),
  ]
  await market.open('bob')
  answerWith(eve, (id) => formatAnswer(found(id, [good, ...bad])))
  const { statistics: _, ...report } = await ask(market, ada)
  assert.deepEqual(report, { asked: 1, answered: 1, added: 1, dropped: 6 })
  assert.equal(ada.remote.dropped(), 6)
  assert.deepEqual(await find(market, ada, 'rust'), ['@bob/rust-web'])
})

test('a member that answers nonsense three times is asked no more', async () => {
  await using market = openMarket()
  const [ada, eve] = [await market.open('ada'), await market.open('eve', { isSilent: true })]
  await market.connect(ada, eve)
  answerWith(eve, () => new Uint8Array([1, 2, 3]))
  for (const answered of [0, 0, 0]) assert.equal((await ask(market, ada)).answered, answered)
  assert.deepEqual(ada.remote.members(), [])
})

test('a member that says nothing, or without end, holds a search up no longer than the knob says', async () => {
  await using market = openMarket()
  const [ada, eve] = [await market.open('ada', { search: { remoteTimeoutMs: 300 } }), await market.open('eve', { isSilent: true })]
  const [bob, cy] = [await market.open('bob'), await market.open('cy', { isSilent: true })]
  await market.connect(ada, bob, cy, eve)
  await bob.publish(of('bob', 'rust-web'))
  const silent = Promise.withResolvers<void>()
  eve.host.handle(searchProtocol(testHive), () => silent.promise, { maxMessageBytes: maxQuestionBytes, maxPerPeer: 4 })
  answerWith(cy, () => new Uint8Array(2_000_000))
  const before = market.clock.monotonic()
  const report = await ask(market, ada)
  assert.deepEqual([report.asked, report.answered, report.added], [3, 1, 1])
  assert.ok(market.clock.monotonic() - before <= 301)
  silent.resolve()
})

test('one member is answered only so often, whatever the others ask', async () => {
  await using market = openMarket()
  const [ada, bob, cy] = [
    await market.open('ada'),
    await market.open('bob', { search: { questionsPerSecond: 1 } }),
    await market.open('cy'),
  ]
  await market.connect(ada, bob)
  await market.connect(cy, bob)
  let answered = 0
  for (let time = 0; time < 15; time++) answered += (await ask(market, ada)).answered
  assert.ok(answered >= 10 && answered <= 11, `${answered} answers`)
  assert.equal((await ask(market, cy)).answered, 1)
  await market.clock.advance(1_000)
  assert.equal((await ask(market, ada)).answered, 1)
})

test('a question on a channel that is open costs one round trip', async () => {
  await using market = openMarket({ latencyMs: 50 })
  const [ada, bob] = [await market.open('ada'), await market.open('bob')]
  await market.connect(ada, bob)
  await ask(market, ada)
  const before = market.clock.monotonic()
  await ask(market, ada)
  assert.ok(market.clock.monotonic() - before <= 101, `${market.clock.monotonic() - before} ms`)
})

test('a channel that the other side closed is opened again', async () => {
  await using market = openMarket()
  const [ada, bob] = [await market.open('ada'), await market.open('bob', { search: { remoteIdleTimeoutMs: 1_000 } })]
  await market.connect(ada, bob)
  assert.equal((await ask(market, ada)).answered, 1)
  await market.clock.advance(5_000)
  assert.equal((await ask(market, ada)).answered, 1)
})

test('of what came without its journal the entry gives way when the journal comes, whatever it says first', async () => {
  await using market = openMarket()
  const [ada, bob] = [await market.open('ada'), await market.open('bob')]
  await market.connect(ada, bob)
  await bob.publish(of('bob', 'rust-web', '1.0.0'), of('bob', 'rust-web', '1.1.0'))
  await ask(market, ada)
  const versions = async (): Promise<readonly string[]> =>
    (await ada.handlers['marketplace.versions']({ package: '@bob/rust-web' }, ada.context)).versions.map(({ version }) => version)
  assert.deepEqual(await versions(), ['1.1.0'])
  await ada.journal.receive([...bob.journal.range(nodeOf('bob'), 1, 1, 2)], bob.node)
  assert.deepEqual(await versions(), ['1.1.0', '1.0.0'])
  assert.equal(ada.database.get<{ n: number }>('select count(*) as n from loose_entry')?.n, 0)
})

test('a misspelt word is understood by a member who has it in a text only, because elsewhere it may be a name', async () => {
  await using market = openMarket()
  const [ada, bob, cy] = [await market.open('ada'), await market.open('bob'), await market.open('cy')]
  await market.connect(ada, bob, cy)
  await bob.publish(of('bob', 'terraform'))
  await cy.publish(releaseOf('cloud-kit', '1.0.0', { owner: ownerOf('cy'), manifest: { description: 'Plans for terraform' } }))
  assert.deepEqual(await find(market, ada, 'teraform', { remote: true, accept: ['remote'] }), ['@bob/terraform', '@cy/cloud-kit'])
})
