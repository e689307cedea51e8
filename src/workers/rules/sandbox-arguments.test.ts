import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SandboxHost, SandboxPlan } from './sandbox-arguments.ts'
import { sandboxArguments } from './sandbox-arguments.ts'

const plan: SandboxPlan = {
  argv: ['npm', 'test', '--', '--bind', '/'],
  folder: '/trees/1/src',
  writable: ['/trees/1'],
  readable: ['/trees/1/.git', '/opt/node'],
  variables: { ALTHING_TASK: 'issue-1', HOME: '/root', PATH: '/evil' },
  searchPath: ['/usr/bin', '/bin'],
  network: 'none',
  limits: { memoryBytes: 2_147_483_648, cpus: 2, processes: 512 },
}
const host: SandboxHost = { hasScopes: false, cpus: [0, 1, 2, 3] }

const argumentsOf = (change: Partial<SandboxPlan> = {}, on: Partial<SandboxHost> = {}): readonly string[] =>
  sandboxArguments({ ...plan, ...change }, { ...host, ...on })
const bindsOf = (all: readonly string[], option: string): readonly string[] => all.filter((_, index) => all[index - 1] === option)

test('the command stands behind a separator, so that its arguments are none of the sandbox', () => {
  const all = argumentsOf()
  assert.deepEqual(all.slice(all.indexOf('--chdir')), ['--chdir', '/trees/1/src', '--', 'npm', 'test', '--', '--bind', '/'])
})

test('what is read-only within what is writable is mounted after it', () => {
  const all = argumentsOf()
  assert.deepEqual(bindsOf(all.slice(0, all.indexOf('--chdir')), '--bind'), ['/trees/1'])
  assert.ok(all.lastIndexOf('/trees/1/.git') > all.indexOf('--bind'))
  assert.ok(all.indexOf('/opt/node') < all.indexOf('--bind'))
})

test('S23: no home of a user and no folder of sockets is bound, and the environment is made from nothing', () => {
  const all = argumentsOf()
  assert.ok(all.includes('--clearenv'))
  const bound = bindsOf(all, '--ro-bind-try')
  for (const path of ['/', '/home', '/root', '/run', '/var', '/etc', '/tmp']) assert.ok(!bound.includes(path), path)
  assert.ok(bound.includes('/usr') && bound.includes('/etc/ssl'))
})

test('a variable of the task cannot take the place of one that every command has', () => {
  const all = argumentsOf()
  const valueOf = (name: string): string | undefined => all[all.indexOf(name) + 1]
  assert.deepEqual([valueOf('HOME'), valueOf('PATH'), valueOf('ALTHING_TASK')], ['/home/agent', '/usr/bin:/bin', 'issue-1'])
  assert.equal(all.filter((word) => word === 'HOME').length, 1)
})

test('the network is shared only when the policy says so', () => {
  assert.ok(!argumentsOf().includes('--share-net'))
  assert.ok(argumentsOf({ network: 'full' }).includes('--share-net'))
})

test('memory is limited for each process, and with control groups for all together', () => {
  assert.deepEqual(argumentsOf({}, { cpus: [0, 1] }).slice(0, 4), ['prlimit', '--data=2147483648', '--core=0', '--'])
  const scoped = argumentsOf({}, { hasScopes: true, cpus: [0] })
  assert.deepEqual(scoped.slice(0, scoped.indexOf('prlimit')), [
    ...['systemd-run', '--user', '--scope', '--quiet', '--collect', '-p', 'MemoryMax=2147483648', '-p', 'MemorySwapMax=0'],
    ...['-p', 'CPUQuota=200%', '-p', 'TasksMax=512', '--'],
  ])
})

test('a machine of more CPUs than a command may use lends it as many', () => {
  assert.deepEqual(argumentsOf({}, { cpus: [4, 5, 6] }).slice(0, 3), ['taskset', '-c', '4,5'])
})
