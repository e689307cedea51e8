import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'

/** Why network namespaces cannot be made here, or false. */
export const isUnable = findTrouble()

/** A machine's place in the network: what its processes run under, and its address. */
export interface Place {
  readonly name: string
  readonly host: string
  readonly under: readonly string[]
}

/** Namespaces on one switch, whose packets the kernel drops as it is told. Gone with the test. */
export interface Network {
  readonly places: readonly Place[]
  /** Each packet is lost by this chance, in percent, on its way in. */
  readonly lose: (percent: number) => void
  /** Packets of one place do not come to another. */
  readonly cut: (from: string, to: string) => void
  /** Ends all loss and every cut. */
  readonly heal: () => void
}

/** Builds the network: a bridge in a namespace of its own, and for each name a namespace with one end of a veth pair on it. */
export function openNetwork(t: TestContext, names: readonly string[]): Network {
  const prefix = `althing-${randomBytes(3).toString('hex')}`
  const hub = `${prefix}-hub`
  // A namespace takes its end of every pair along when it goes.
  t.after(() => [hub, ...names.map((name) => `${prefix}-${name}`)].forEach((space) => void spawnSync('ip', ['netns', 'del', space])))
  run('ip', 'netns', 'add', hub)
  run('ip', '-n', hub, 'link', 'add', 'bridge', 'type', 'bridge')
  run('ip', '-n', hub, 'link', 'set', 'bridge', 'up')
  const places = names.map((name, index) => addPlace({ name, prefix, hub, host: `10.77.0.${index + 1}` }))
  const spaceOf = (name: string): string => `${prefix}-${name}`
  const drop = (name: string, ...rule: readonly string[]): void =>
    inside(spaceOf(name), 'nft', 'add', 'rule', 'inet', 'fault', 'incoming', ...rule, 'drop')
  return {
    places,
    lose: (percent) => names.forEach((name) => drop(name, 'iifname', 'eth0', 'numgen', 'random', 'mod', '100', '<', String(percent))),
    cut: (from, to) => drop(to, 'ip', 'saddr', places.find(({ name }) => name === from)?.host ?? ''),
    heal: () => names.forEach((name) => inside(spaceOf(name), 'nft', 'flush', 'chain', 'inet', 'fault', 'incoming')),
  }
}

function addPlace(plot: { readonly name: string; readonly prefix: string; readonly hub: string; readonly host: string }): Place {
  const { name, prefix, hub, host } = plot
  const space = `${prefix}-${name}`
  run('ip', 'netns', 'add', space)
  run('ip', '-n', hub, 'link', 'add', `to-${name}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
  run('ip', '-n', hub, 'link', 'set', `to-${name}`, 'master', 'bridge', 'up')
  run('ip', '-n', space, 'addr', 'add', `${host}/24`, 'dev', 'eth0')
  for (const device of ['lo', 'eth0']) run('ip', '-n', space, 'link', 'set', device, 'up')
  inside(space, 'nft', 'add', 'table', 'inet', 'fault')
  inside(space, 'nft', 'add', 'chain', 'inet', 'fault', 'incoming', '{ type filter hook input priority 0 ; }')
  return { name, host, under: ['ip', 'netns', 'exec', space] }
}

function inside(space: string, ...words: readonly string[]): void {
  run('ip', 'netns', 'exec', space, ...words)
}

function run(program: string, ...words: readonly string[]): void {
  const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr}`)
}

function findTrouble(): string | false {
  if (process.getuid?.() !== 0) return 'needs root, for network namespaces'
  for (const [program, ...words] of [
    ['ip', 'netns', 'list'],
    ['nft', '--version'],
  ]) {
    if (spawnSync(program ?? '', words).status !== 0) return `needs ${program} (iproute2 and nftables)`
  }
  return false
}
