import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createSeededChance } from '../../src/lib/chance.ts'
import { storePaths } from '../../src/store/store-paths.ts'
import type { Answer } from '../e2e/machine.ts'
import { list, text } from '../e2e/machine.ts'
import type { Member } from './member.ts'
import { untilAll } from './member.ts'
import type { TcpProxy } from './tcp-proxy.ts'

/** Everything some member can read: each version of each resource, and what it says. */
async function versionsOf(member: Member): Promise<readonly string[]> {
  const { items } = await member.call('context.discover', { pattern: 'ucxl://any:any@shop:any' })
  const said: string[] = []
  for (const { resource } of items as readonly { readonly resource: string }[]) {
    const address = resource.replace('cart/', 'cart/*^/')
    for (const version of list(await member.call('context.versions', { address }), 'items'))
      said.push(`${text(version, 'address')} ${text(version, 'cid')}`)
  }
  return said.toSorted()
}

async function put(member: Member, path: string, said: string): Promise<Answer> {
  return member.call('context.put', { address: `ucxl://${member.name}-claude:dev@shop:cart/*^/${path}`, text: said, meta: [], for: [] })
}

async function read(member: Member, address: string): Promise<string> {
  return text(await member.call('context.get', { address }), 'content')
}

/** What nodes are set to so that these scenes end in seconds. */
export const contextImpatience: Readonly<Record<string, string>> = {
  ALTHING_CONTEXT_COPIES_TIMEOUT_MS: '1500',
  ALTHING_CONTEXT_STEWARD_INTERVAL_MS: '1000',
  ALTHING_CONTEXT_STEWARD_SETTLE_MS: '50',
  ALTHING_CONTEXT_COPY_CHECK_MS: '500',
}

export interface ContextScenes {
  readonly proxy: TcpProxy
  /** Connected; each has its name as handle. */
  readonly three: readonly [ada: Member, bob: Member, cy: Member]
}

/** Scenes with context among three members whose links fail. */
export async function playContext(t: TestContext, { proxy, three }: ContextScenes): Promise<void> {
  const [ada, bob, cy] = three
  for (const member of three) await member.call('node.certify', { agent: [`${member.name}-claude`] })

  await t.test('F10: context, 2/1: both sides write; each version is read everywhere after healing, and says what it said', async () => {
    const seen = new Map<string, string>()
    const note = async (members: readonly Member[]): Promise<void> => {
      for (const said of (await Promise.all(members.map(versionsOf))).flat()) {
        const [address = '', cid = ''] = said.split(' ')
        assert.equal(seen.get(address) ?? cid, cid)
        seen.set(address, cid)
      }
    }
    await put(ada, 'before', 'one')
    proxy.partition(['ada', 'bob'], ['cy'])
    await Promise.all([put(ada, 'before', 'two'), put(bob, 'mine', 'of bob'), put(cy, 'mine', 'of cy')])
    await note(three)
    proxy.heal()
    await untilAll(three, versionsOf, (said) => said.length === 4)
    await note(three)
    for (const member of three) {
      assert.equal(await read(member, 'ucxl://ada-claude:dev@shop:cart/*~1/before'), 'one')
      assert.equal(await read(member, 'ucxl://ada-claude:dev@shop:cart/*^/before'), 'two')
      assert.equal(await read(member, 'ucxl://cy-claude:dev@shop:cart/*^/mine'), 'of cy')
    }
    await untilAll(
      three,
      async (member) => (await member.call('context.status'))['copies'] as Answer,
      (copies) => copies['below'] === 0 && copies['isChecking'] === false,
    )
  })

  await t.test('F8: a byte flipped in a block is never read, and the steward mends it from a member', async () => {
    // long, and as it is when it is compressed: the largest block there is
    const said = Buffer.from(createSeededChance(8).bytes(45_000)).toString('base64')
    await put(ada, 'precious', said)
    const address = 'ucxl://ada-claude:dev@shop:cart/*^/precious'
    assert.equal(await read(bob, address), said)
    const block = largestBlock(bob)
    const good = readFileSync(block)
    const bad = Buffer.from(good)
    bad[bad.length >> 1] = (bad[bad.length >> 1] ?? 0) ^ 1
    writeFileSync(block, bad)
    await untilAll(
      [bob],
      () => {
        try {
          return readFileSync(block).equals(good)
        } catch {
          return false
        }
      },
      (isMended) => isMended,
    )
    assert.equal(await read(bob, address), said)
  })

  await t.test('a member announces, the others are told and list it once as provider', async () => {
    const address = 'ucxl://ada-claude:dev@shop:cart/*^/precious'
    const watching = cy.call('context.watch', { pattern: 'ucxl://any:any@shop:any', wait: 60 })
    assert.equal(text(await bob.call('context.announce', { address }), 'status'), 'announced')
    const [told] = list(await watching, 'items')
    assert.deepEqual([told?.['event'], told?.['provider']], ['announced', bob.peer])
    const [found] = list(await cy.call('context.discover', { pattern: 'ucxl://any:any@shop:any/*~/precious' }), 'items')
    const nodes = list(found ?? {}, 'providers').map(({ node }) => node)
    assert.ok(nodes.includes(bob.peer) && new Set(nodes).size === nodes.length)
  })
}

function largestBlock({ home }: Member): string {
  const folder = storePaths(home).blobs
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name))
  return paths.toSorted((a, b) => readFileSync(b).length - readFileSync(a).length)[0] ?? assert.fail('no block')
}
