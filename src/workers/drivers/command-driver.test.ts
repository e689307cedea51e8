import assert from 'node:assert/strict'
import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import type { Driver } from '../driver.ts'
import type { Behaviour, DriverStand } from '../suite/driver-suite.ts'
import { openDriverStand, testDriver } from '../suite/driver-suite.ts'
import { createCommandDriver } from './command-driver.ts'
import type { ExternalDeps } from './external.ts'
import { openOutcomeFile } from './outcome-file.ts'

const scripts: Readonly<Partial<Record<Behaviour, string>>> = {
  done: `echo hello > hello.txt; cat > "$ALTHING_OUTCOME" <<'X'
{"outcome":"done","title":"Say hello","summary":"It says hello.","decision":"a file","why":"asked for"}
X`,
  'gives-up': `echo '{"outcome":"failed","reason":"there is nothing to do"}' > "$ALTHING_OUTCOME"`,
  'asks-person': `echo '{"outcome":"needs-human","reason":"which database?"}' > "$ALTHING_OUTCOME"`,
  hangs: 'sleep 100',
  endless: 'yes and on',
  crashes: 'echo broken >&2; exit 7',
  'writes-garbage': `echo hello > hello.txt; echo 'not json' > "$ALTHING_OUTCOME"`,
  'is-unavailable': `echo '{"outcome":"unavailable","reason":"the model is overloaded"}' > "$ALTHING_OUTCOME"; exit 1`,
  'ends-with-75': 'echo trying >&2; echo the quota is spent >&2; exit 75',
  'odd-bytes': String.raw`printf 'caf\351 \377\n'; printf '\377' >&2`,
}

const commandOf = (
  stand: DriverStand,
  command: readonly string[],
  deps: Pick<ExternalDeps, 'sandbox' | 'clock'> = { sandbox: stand.sandbox, clock: systemClock },
): Driver =>
  createCommandDriver(
    { ...deps, readSecrets: async () => ({ AGENT_KEY: 'sk-agent' }) },
    { command, scratchFolder: stand.scratchFolder, mayFetch: false },
  )

testDriver('command', {
  open: async (behaviour, stand) => commandOf(stand, ['sh', '-c', scripts[behaviour] ?? assert.fail()]),
  openOn: async (behaviour, stand, deps) => commandOf(stand, ['sh', '-c', `sleep 0.2; ${scripts[behaviour] ?? assert.fail()}`], deps),
  failures: [
    { behaviour: 'hangs', reason: /longer than 300 ms/ },
    { behaviour: 'endless', reason: /more than 200000 bytes/ },
    { behaviour: 'crashes', reason: /ended with 7: broken/ },
    { behaviour: 'writes-garbage', reason: /^the outcome file could not be read: it is no JSON object$/ },
  ],
  hindrances: [
    { behaviour: 'is-unavailable', reason: /^the model is overloaded$/ },
    { behaviour: 'ends-with-75', reason: /ended with 75: the quota is spent$/ },
  ],
})

test('the task comes on standard input where the command has no place for it, and its own key in a variable', async () => {
  await using stand = await openDriverStand()
  const driver = commandOf(stand, ['sh', '-c', 'grep -c "There shall be" && echo "$ALTHING_TASK $AGENT_KEY"'])
  const last = (await Array.fromAsync(driver.run(stand.assignment, stand.tools, { signal: new AbortController().signal }))).at(-1)
  assert.deepEqual(last, {
    type: 'outcome',
    outcome: { outcome: 'done', title: 'Say hello', summary: '1\nissue-7 sk-agent', decision: undefined },
  })
})

test('rule 15: an agent whose own key is gone does not run, and says nothing of the task', async () => {
  await using stand = await openDriverStand()
  const readSecrets = (): Promise<never> =>
    Promise.reject(new Fault('WORKER_CONFIG_INVALID', 'usage', { message: 'there is no secret model-lab' }))
  const driver = createCommandDriver(
    { sandbox: stand.sandbox, clock: systemClock, readSecrets },
    { command: ['sh', '-c', 'touch ran'], scratchFolder: stand.scratchFolder, mayFetch: false },
  )
  const events = await Array.fromAsync(driver.run(stand.assignment, stand.tools, { signal: new AbortController().signal }))
  assert.deepEqual(events.at(-1), { type: 'outcome', outcome: { outcome: 'hindered', reason: 'there is no secret model-lab' } })
  assert.equal(existsSync(join(stand.worktree, 'ran')), false)
})

test('S24: what an agent leaves in place of its outcome is not followed, and not waited for, nor taken for none', async () => {
  await using stand = await openDriverStand()
  writeFileSync(join(stand.worktree, 'key'), '{"outcome":"failed","reason":"read through a link"}')
  await using linked = await openOutcomeFile(stand.scratchFolder)
  symlinkSync(join(stand.worktree, 'key'), linked.path)
  await using pipe = await openOutcomeFile(stand.scratchFolder)
  await stand.tools.run({ argv: ['mkfifo', pipe.path], folder: '.', timeoutMs: 5_000 }, { signal: new AbortController().signal })
  await using long = await openOutcomeFile(stand.scratchFolder)
  writeFileSync(long.path, `{"outcome":"failed","reason":"${'a'.repeat(300_000)}"}`)
  const failed = (why: string) => ({ outcome: 'unreadable', why })
  assert.deepEqual(
    [await linked.read(), await pipe.read(), await long.read()],
    [failed('it is no plain file'), failed('it is no plain file'), failed('it is longer than 262144 bytes')],
  )
})

test('F27: a task that is too long for a word of a command fails with what is to be done, and not with the machine', async () => {
  await using stand = await openDriverStand()
  const task = { ...stand.assignment.task, body: '語'.repeat(50_000) }
  const run = commandOf(stand, ['echo', '{prompt}']).run({ ...stand.assignment, task }, stand.tools, {
    signal: new AbortController().signal,
  })
  const last = (await Array.fromAsync(run)).at(-1)
  assert.ok(last?.type === 'outcome' && last.outcome.outcome === 'failed')
  assert.match(last.outcome.reason, /^the task has \d+ bytes, and a word of a command at most 131071: leave \{prompt\} out/)
})
