import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SandboxHost, SandboxPlan } from './sandbox-arguments.ts'
import { sandboxCommand, sandboxOptions } from './sandbox-arguments.ts'

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
const host: SandboxHost = { hasScopes: false, hasSizes: true, cpus: [0, 1, 2, 3] }

const argumentsOf = (change: Partial<SandboxPlan> = {}, on: Partial<SandboxHost> = {}): readonly string[] =>
  sandboxOptions({ ...plan, ...change }, { ...host, ...on })
const lineOf = (on: Partial<SandboxHost> = {}): readonly string[] => sandboxCommand(plan, { ...host, ...on }).argv
const bindsOf = (all: readonly string[], option: string): readonly string[] => all.filter((_, index) => all[index - 1] === option)

test('the command stands behind a separator, so that its arguments are none of the sandbox', () => {
  const all = lineOf()
  assert.deepEqual(all.slice(all.indexOf('bwrap')), ['bwrap', '--args', '3', '--', 'npm', 'test', '--', '--bind', '/'])
})

test('S28: no variable stands in the command line, which everybody on the machine can read; all go over the pipe', () => {
  const { argv, options } = sandboxCommand({ ...plan, variables: { API_KEY: 'canary-4711' } }, { ...host, hasScopes: true })
  assert.ok(!argv.join(' ').includes('canary-4711'))
  assert.match(Buffer.from(options).toString(), /\0--setenv\0API_KEY\0canary-4711\0/)
})

test('a variable cannot end where it wants, and go on as an option', () => {
  const variables = { API_KEY: 'x\0--bind\0/\0/' }
  assert.throws(() => sandboxCommand({ ...plan, variables }, host), TypeError)
})

test('folders in memory have a size, all together that of the memory of a command; and nothing else in memory can be written to', () => {
  const all = argumentsOf()
  assert.deepEqual(bindsOf(all, '--size'), ['1073741824', '536870912', '268435456', '268435456'])
  assert.deepEqual(bindsOf(all, '--tmpfs'), ['/tmp', '/home/agent', '/dev/shm', '/run'])
  for (const [index, word] of all.entries()) if (word === '--tmpfs') assert.equal(all[index - 2], '--size')
  assert.deepEqual(bindsOf(all, '--remount-ro'), ['/dev', '/'])
  assert.ok(all.indexOf('--remount-ro') > all.lastIndexOf('--bind') && all.indexOf('--remount-ro') > all.lastIndexOf('--ro-bind-try'))
  assert.ok(!argumentsOf({}, { hasSizes: false }).includes('--size'))
})

test('what is read-only within what is writable is mounted after it', () => {
  const all = argumentsOf()
  assert.deepEqual(bindsOf(all, '--bind'), ['/trees/1'])
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
  assert.deepEqual(lineOf({ cpus: [0, 1] }).slice(0, 4), ['prlimit', '--data=2147483648', '--core=0', '--'])
  const scoped = lineOf({ hasScopes: true, cpus: [0] })
  assert.deepEqual(scoped.slice(0, scoped.indexOf('prlimit')), [
    ...['systemd-run', '--user', '--scope', '--quiet', '--collect', '--description', 'a command of an agent'],
    ...['-p', 'MemoryMax=2147483648', '-p', 'MemorySwapMax=0', '-p', 'CPUQuota=200%', '-p', 'TasksMax=512', '--'],
  ])
})

test('a machine of more CPUs than a command may use lends it as many', () => {
  assert.deepEqual(lineOf({ cpus: [4, 5, 6] }).slice(0, 3), ['taskset', '-c', '4,5'])
})
