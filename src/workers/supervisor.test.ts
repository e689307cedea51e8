import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { decodeText } from '../lib/bytes.ts'
import { Fault } from '../lib/fault.ts'
import { tryClaim } from '../tasks/claims/try-claim.ts'
import { tasksFaults } from '../tasks/faults.ts'
import { openNode, termsOf, testHolderOptions } from '../tasks/testing/claim-bench.ts'
import { makeFolder, runGit } from '../tasks/testing/git-server.ts'
import { testTask } from '../tasks/testing/test-names.ts'
import type { Work } from './testing/supervision-stand.ts'
import { branchOf, chainOf, done, openStand, signal, standOn, write } from './testing/supervision-stand.ts'
import { WorkerEnds } from './work-end.ts'

test('a task that is done is a commit on its branch, one pull request, and a claim in review', async (t) => {
  const stand = await openStand(t)
  const end = await stand.supervise(write('kept'))
  assert.deepEqual(end, { end: 'in-review', pull: '12', url: 'https://forge.example.org/pull/12', wasThere: false })
  assert.equal(await runGit(stand.bare, 'show', `${await branchOf(stand)}:cart.txt`), 'kept')
  assert.equal(
    await runGit(stand.bare, 'show', '--no-patch', '--format=%an%n%B', await branchOf(stand)),
    `ada:backend\nKeep the cart\n\nIt is kept.\n\nTask: #7\nAgent: ada:backend\nHolding: ${stand.holder.began}\nEpoch: 1\n`,
  )
  assert.deepEqual(await chainOf(stand), ['claim', 'renew', 'review'])
  const [pull] = stand.pulls
  assert.deepEqual([pull?.head, pull?.base, pull?.title], ['althing/issue-7', 'main', 'Keep the cart'])
  for (const word of [stand.holder.began, 'epoch 1', '100 tokens, $0.0000', 'ucxl://ada:backend@shop:issue-7/*~1/decision.md', 'Closes #7'])
    assert.ok(pull?.body.includes(word), word)
})

test('what was said and decided is kept, and what it cost', async (t) => {
  const stand = await openStand(t)
  await stand.supervise(write('kept'))
  const [record] = stand.records
  assert.deepEqual([record?.outcome, record?.cost, record?.epoch], [done, { tokens: 100, microUsd: 42 }, 1])
  assert.match(record?.decision ?? '', /## Why\n\nit is there/)
  assert.match(decodeText(record?.transcript ?? new Uint8Array()), /"I begin"/)
})

test('S28: a secret that an agent tells is in no commit, no pull request, no decision and no claim', async (t) => {
  const secret = 'forge-token-4711'
  const told = { what: secret, why: secret, alternatives: [secret] }
  const stand = await openStand(t)
  await stand.supervise(write('kept', { ...done, title: `Use ${secret}`, summary: secret, decision: told }))
  const message = await runGit(stand.bare, 'log', '-1', '--format=%B', `althing/${testTask}`)
  const [record] = stand.records
  const said = [message, JSON.stringify(stand.pulls), record?.decision ?? '', JSON.stringify(record?.outcome)]
  for (const text of said) assert.match(text, /a secret of this node/)
  assert.ok(!said.join('').includes(secret))
  const other = await openStand(t)
  assert.deepEqual(await other.supervise(write('half', { outcome: 'failed', reason: `no right with ${secret}` })), {
    end: 'released',
    reason: 'failed: no right with [a secret of this node]',
  })
})

const failures: readonly { readonly what: string; readonly work: Work; readonly reason: string }[] = [
  { what: 'gives up', work: write('half', { outcome: 'failed', reason: 'no tests run here' }), reason: 'failed: no tests run here' },
  {
    what: 'writes a secret of this node into a file',
    work: write('KEY=forge-token-4711\n'),
    reason: 'failed: the work is not pushed: a secret of this node stands in cart.txt',
  },
  { what: 'changes nothing', work: async () => done, reason: 'failed: the agent changed nothing' },
  {
    what: 'leaves a repository within the repository',
    work: async (worktree, tools) => {
      mkdirSync(join(worktree, 'inner'))
      const script = 'git init -q && git -c user.name=x -c user.email=x commit -q --allow-empty -m x'
      await tools.run({ argv: ['sh', '-c', script], folder: 'inner', timeoutMs: 5_000 }, { signal })
      return done
    },
    reason: 'failed: what the agent left cannot be a commit: it made a repository within the repository: inner',
  },
]

for (const { what, work, reason } of failures)
  test(`an agent that ${what} opens no pull request, and gives the task back with the reason`, async (t) => {
    const stand = await openStand(t)
    assert.deepEqual(await stand.supervise(work), { end: 'released', reason })
    assert.deepEqual(stand.pulls, [])
    await assert.rejects(branchOf(stand))
    assert.deepEqual(await chainOf(stand), ['claim', `release ${reason}`])
  })

test('F27: an agent that comes to no end is ended, and the task given back', async (t) => {
  const stand = await openStand(t)
  const hang: Work = (_worktree, _tools, late) => new Promise((_, reject) => late.addEventListener('abort', () => reject(late.reason)))
  assert.deepEqual(await stand.supervise(hang, { timeoutMs: 100 }), { end: 'released', reason: 'failed: it came to no end within 100 ms' })
})

test('an agent that asks for a person gives the task back, and the person is told', async (t) => {
  const stand = await openStand(t)
  const end = await stand.supervise(write('half', { outcome: 'needs-human', reason: 'which database?' }))
  assert.deepEqual(end, { end: 'needs-human', reason: 'which database?' })
  assert.deepEqual(await chainOf(stand), ['claim', 'release failed: needs a person: which database?'])
})

test('S28: work that is broken off with a secret in it is not pushed either', async (t) => {
  const stand = await openStand(t)
  const end = await stand.supervise(write('KEY=forge-token-4711\n', { outcome: 'hindered', reason: 'lab does not answer' }))
  assert.deepEqual([end.end, 'reason' in end && end.reason], ['released', 'model-down: lab does not answer; what was done is lost'])
  await assert.rejects(branchOf(stand))
})

test('S28: a question to other nodes goes without secrets, and stands in the transcript', async (t) => {
  const stand = await openStand(t)
  await stand.supervise(async (_worktree, tools, late) => {
    await tools.askForHelp('Is forge-token-4711 right?', { signal: late })
    return { outcome: 'failed', reason: 'nobody knows' }
  })
  const [question] = stand.questions
  assert.ok(question !== undefined && !question.includes('forge-token-4711'))
  const lines = decodeText(stand.records[0]?.transcript ?? new Uint8Array()).split('\n')
  assert.ok(lines.some((line) => line.includes('"coordination"') && line.includes('right?')))
})

test('rule 15: a model that is gone in the middle gives the task back uncounted, with what was done on the branch', async (t) => {
  const stand = await openStand(t)
  const end = await stand.supervise(write('half', { outcome: 'hindered', reason: 'lab does not answer' }))
  const reason = 'model-down: lab does not answer; what was done is on the branch'
  assert.deepEqual(end, { end: 'released', reason, hindrance: 'lab does not answer' })
  assert.equal(await runGit(stand.bare, 'show', `${await branchOf(stand)}:cart.txt`), 'half')
  assert.deepEqual(await chainOf(stand), ['claim', 'renew', `release ${reason}`])
  const other = await openStand(t)
  assert.deepEqual(await other.supervise(async () => ({ outcome: 'hindered', reason: 'no key' })), {
    end: 'released',
    reason: 'model-down: no key',
    hindrance: 'no key',
  })
})

test('rule 15: what the system refuses the node is no failure of the task', async (t) => {
  const stand = await openStand(t)
  const end = await stand.supervise(async () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { syscall: 'mkdir' })))
  assert.deepEqual(end, { end: 'released', reason: 'node-failed: ENOSPC: no space left', hindrance: 'ENOSPC: no space left' })
})

test('F3: work that was taken over meanwhile is not pushed, and nothing is said of the claim', async (t) => {
  const stand = await openStand(t)
  const bob = openNode(stand.bare)
  const end = await stand.supervise(async (worktree) => {
    writeFileSync(join(worktree, 'cart.txt'), 'too late')
    const { value } = await bob.ledger.lookAt(testTask, { signal })
    const taken = await tryClaim(bob, { terms: termsOf(2), value, reason: 'expired' }, { ...testHolderOptions, signal })
    assert.equal(taken.result, 'held')
    return done
  })
  assert.equal(end.end, 'lost')
  assert.deepEqual(stand.pulls, [])
  await assert.rejects(branchOf(stand))
  assert.deepEqual(await chainOf(stand), ['claim', 'takeover expired'])
})

test('F28: a node that ends pushes what is there under the claim, and gives the task back with a note', async (t) => {
  const stand = await openStand(t)
  const ending = new AbortController()
  const end = await stand.supervise(
    async (worktree, _tools, off) => {
      writeFileSync(join(worktree, 'cart.txt'), 'half')
      setImmediate(() => ending.abort(new Error('SIGTERM')))
      return new Promise((_, reject) => off.addEventListener('abort', () => reject(off.reason)))
    },
    { signal: ending.signal },
  )
  assert.deepEqual(end, { end: 'released', reason: 'shutdown: the node ends; what was done is on the branch' })
  assert.equal(await runGit(stand.bare, 'show', `${await branchOf(stand)}:cart.txt`), 'half')
  assert.deepEqual(await chainOf(stand), ['claim', 'renew', 'release shutdown: the node ends; what was done is on the branch'])
  const [record] = stand.records
  const reason = 'shutdown: the node ends; what was done is on the branch'
  assert.deepEqual([stand.records.length, record?.outcome], [1, { outcome: 'hindered', reason }])
  assert.match(decodeText(record?.transcript ?? new Uint8Array()), /"I begin"[^]*"hindered"/)
})

for (const driver of ['acp', 'command'] as const)
  test(`rule 15: an agent of ${driver} that cannot work now is told of as an agent, and no model`, async (t) => {
    const stand = await openStand(t)
    const end = await stand.supervise(async () => ({ outcome: 'hindered', reason: 'log in first' }), { driver })
    assert.deepEqual(end, { end: 'released', reason: 'agent-down: log in first', hindrance: 'log in first' })
  })

test('F28: a worker that ends says that it does, and nothing of its node', async (t) => {
  const stand = await openStand(t)
  const ending = new AbortController()
  const end = await stand.supervise(
    async (_worktree, _tools, off) => {
      setImmediate(() => ending.abort(new WorkerEnds('the worker was stopped')))
      return new Promise((_, reject) => off.addEventListener('abort', () => reject(off.reason)))
    },
    { signal: ending.signal },
  )
  assert.deepEqual(end, { end: 'released', reason: 'shutdown: the worker ends' })
})

/** Work is in review, its checks are red, and another node has taken it up. */
async function succeed(t: TestContext) {
  const stand = await openStand(t)
  await stand.supervise(write('first'))
  const bob = openNode(stand.bare)
  const { value } = await bob.ledger.lookAt(testTask, { signal })
  const attempt = await tryClaim(bob, { terms: termsOf(2), value, reason: 'ci-failed' }, { ...testHolderOptions, signal })
  const holder = attempt.result === 'held' ? attempt.holder : assert.fail(attempt.result)
  const second = await standOn({ bare: stand.bare, folder: await makeFolder(t), node: bob, holder })
  second.pulls.push(...stand.pulls)
  return { second, first: await branchOf(stand) }
}

test('the successor begins with what was pushed, on the same branch, and adopts the pull request', async (t) => {
  const { second, first } = await succeed(t)
  const { bare } = second
  const end = await second.supervise(
    async (worktree, tools) => {
      const { stdout } = await tools.run({ argv: ['cat', 'cart.txt'], folder: '.', timeoutMs: 5_000 }, { signal })
      writeFileSync(join(worktree, 'cart.txt'), `${decodeText(stdout)} and second`)
      return done
    },
    { resumed: 'the checks are red', reason: 'ci-failed' },
  )
  assert.deepEqual(end, { end: 'in-review', pull: '12', url: 'https://forge.example.org/pull/12', wasThere: true })
  assert.equal(await runGit(bare, 'show', 'althing/issue-7:cart.txt'), 'first and second')
  assert.equal(await runGit(bare, 'rev-parse', 'althing/issue-7^'), first)
  assert.equal(second.pulls.length, 1)
})

test('an agent that takes a pull request up again is told what was said of it, and one that begins is not', async (t) => {
  const { second } = await succeed(t)
  const author = { name: 'bob', isTrusted: true }
  second.feedback = {
    remarks: [{ author, place: 'cart.txt:1', text: 'Say it in German.', at: 0 }],
    failures: [{ name: 'spelling', words: 'cart.txt has a mistake' }],
  }
  await second.supervise(write('zweitens'), { reason: 'changes-requested' })
  const transcript = decodeText(second.records[0]?.transcript ?? new Uint8Array())
  for (const words of ['bob at cart.txt:1 says:', 'Say it in German.', 'The check spelling failed:', 'has a mistake'])
    assert.ok(transcript.includes(words), words)
  const stand = await openStand(t)
  stand.feedback = second.feedback
  await stand.supervise(write('first'))
  assert.ok(!decodeText(stand.records[0]?.transcript ?? new Uint8Array()).includes('German'))
})

test('an agent that changes nothing of what was asked for has failed, so that it is not asked for ever', async (t) => {
  const { second, first } = await succeed(t)
  const end = await second.supervise(async () => done, { reason: 'ci-failed' })
  assert.deepEqual(end, { end: 'released', reason: 'failed: the agent changed nothing' })
  assert.equal(await branchOf(second), first)
})

test('F19: a forge that is down gives the task back with the work on the branch, and not as failed work', async (t) => {
  const stand = await openStand(t)
  const end = await stand.supervise(async (worktree) => {
    writeFileSync(join(worktree, 'cart.txt'), 'kept')
    stand.pulls.push = () => {
      throw new Fault('FORGE_FAILED', 'unavailable', { message: 'the forge is down' })
    }
    return done
  })
  assert.deepEqual(end, { end: 'released', reason: 'forge-down: the forge is down' })
  assert.equal(await runGit(stand.bare, 'show', `${await branchOf(stand)}:cart.txt`), 'kept')
})

test('F19: work that is done is not thrown away for a connection that broke', async (t) => {
  const stand = await openStand(t)
  let tries = 0
  const push = stand.pulls.push.bind(stand.pulls)
  stand.pulls.push = (...drafts) => {
    tries += 1
    if (tries === 1) throw tasksFaults.create('FORGE_FAILED', { message: 'the connection broke', data: { status: 0 } })
    return push(...drafts)
  }
  const end = await stand.supervise(write('kept'), { forgePatienceMs: 60_000 })
  assert.deepEqual([end.end, stand.pulls.length, tries], ['in-review', 1, 2])
})

test('a policy of the forge that refuses the branch is named, and nothing is shown', async (t) => {
  const stand = await openStand(t)
  const hook = join(stand.bare, 'hooks', 'update')
  mkdirSync(join(stand.bare, 'hooks'), { recursive: true })
  writeFileSync(hook, '#!/bin/sh\ncase "$1" in refs/heads/althing/*) echo "protected branch" >&2; exit 1;; esac\n')
  chmodSync(hook, 0o755)
  const end = await stand.supervise(write('kept'))
  assert.equal(end.end, 'released')
  assert.match(end.end === 'released' ? end.reason : '', /^refused-by-forge: /)
  assert.deepEqual(stand.pulls, [])
})
