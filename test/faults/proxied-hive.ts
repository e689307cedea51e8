import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { Machine, Village } from '../e2e/machine.ts'
import { list, openVillage, text } from '../e2e/machine.ts'
import type { Member } from './member.ts'
import { openMember } from './member.ts'
import { TcpProxy } from './tcp-proxy.ts'

/** Why tests of this kind cannot run here, or false. */
export const isUnable = process.platform === 'linux' ? false : 'needs every address of 127.0.0.0/8 on loopback, which Linux has'

export interface ProxiedHive {
  readonly village: Village
  readonly proxy: TcpProxy
  /** A machine that others reach by the proxy alone. Its node does not run. */
  readonly settle: (name: string) => Promise<Machine>
  /** Has it found a hive, or join that of `root`, and starts its node. */
  readonly admit: (machine: Machine, root?: Member) => Promise<Member>
}

/** Connections are given up and made again in parts of a second, and nobody waits for copies. */
const impatience = {
  ALTHING_NETWORK_DIAL_TIMEOUT_MS: '4000',
  ALTHING_NETWORK_REDIAL_BASE_MS: '200',
  ALTHING_NETWORK_REDIAL_MAX_MS: '1000',
  ALTHING_MARKET_COPIES_TIMEOUT_MS: '200',
  ALTHING_MARKET_ANNOUNCE_TIMEOUT_MS: '200',
  ALTHING_JOURNAL_OWN_HEAD_TIMEOUT_MS: '500',
  ALTHING_JOURNAL_HEADS_INTERVAL_MS: '2000',
}
const preload = new URL('preload/bind-source.ts', import.meta.url).href
/** Not the port of a node that a person runs here: one that listens on every address would be met in place of ours. */
const port = 14_001

/** Lays out machines that know each other by proxied addresses only: nobody is told where a node listens. */
export async function openProxiedHive(t: TestContext, settings: Readonly<Record<string, string>> = {}): Promise<ProxiedHive> {
  const proxy = new TcpProxy()
  const village = openVillage(t, { ...impatience, ...settings })
  t.after(() => proxy[Symbol.asyncDispose]())
  // A corner of loopback for each test, so that every machine has an address, and its port, to itself.
  const corner = `127.${randomInt(1, 255)}.${randomInt(255)}`
  let count = 0
  return {
    village,
    proxy,
    settle: async (name) => {
      count += 1
      const host = `${corner}.${count}`
      const front = await proxy.stand({ name, host, port })
      return village.settle(name, {
        ALTHING_NETWORK_LISTEN: `/ip4/${host}/tcp/${port}`,
        ALTHING_NETWORK_ANNOUNCE: `/ip4/127.0.0.1/tcp/${front}`,
        NODE_OPTIONS: `--import ${preload}`,
        FAULT_SOURCE: host,
      })
    },
    admit: async (machine, root) => {
      if (root !== undefined) {
        const code = text(await root.call('hive.invite'), 'code')
        // the one dial that nothing repeats: on a machine that is busy with other things it may take long
        const joined = await machine.run(['hive', 'join', code, '--handle', machine.name], { ALTHING_NETWORK_DIAL_TIMEOUT_MS: '60000' })
        assert.equal(joined.code, 0, joined.stderr)
      }
      return openMember(village, machine, await machine.start())
    },
  }
}

/** Holds that nobody knows an address that leads around the proxy. */
export async function assertProxied(members: readonly Member[]): Promise<void> {
  for (const member of members) {
    for (const peer of list(await member.call('p2p.peers'), 'peers')) assert.match(text(peer, 'address'), /^\/ip4\/127\.0\.0\.1\//)
  }
}
