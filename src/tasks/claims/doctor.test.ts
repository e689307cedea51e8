import assert from 'node:assert/strict'
import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Fault } from '../../lib/fault.ts'
import { tasksFaults } from '../faults.ts'
import type { GitRemote } from '../git/remote.ts'
import { openNode, testSignal as signal } from '../testing/claim-bench.ts'
import { makeRepository, runGit } from '../testing/git-server.ts'
import type { DoctorReport } from './doctor.ts'
import { examineForge } from './doctor.ts'

/** A hook that refuses every push of a ref that matches a shell pattern. */
async function refuse(bare: string, pattern: string): Promise<void> {
  const hook = join(bare, 'hooks', 'update')
  await writeFile(hook, `#!/bin/sh\ncase "$1" in ${pattern}) exit 1;; esac\n`)
  await chmod(hook, 0o755)
}

function examine(bare: string): Promise<DoctorReport> {
  return examineForge(openNode(bare), { signal })
}

function bad({ lines }: DoctorReport): readonly string[] {
  return lines.flatMap(({ property, isGood }) => (isGood ? [] : [property]))
}

test('a bare repository has every property, and nothing of the examination is left', async (t) => {
  const bare = await makeRepository(t)
  const report = await examine(bare)
  assert.deepEqual(bad(report), [])
  assert.deepEqual([report.form, report.lines.length, report.answered], ['native', 10, 'all'])
  assert.equal(await runGit(bare, 'for-each-ref', '--format=%(refname)'), 'refs/heads/main')
})

test('where only branches may be pushed claims are branches', async (t) => {
  const bare = await makeRepository(t)
  await refuse(bare, 'refs/althing/*')
  const report = await examine(bare)
  assert.deepEqual(bad(report), ['refs can be made under refs/althing/doctor/'])
  assert.equal(report.form, 'heads')
})

test('a forge that takes no claims, has no atomic push, or has a branch in the way is found out', async (t) => {
  const [closed, plain, blocked] = [await makeRepository(t), await makeRepository(t), await makeRepository(t)]
  await refuse(closed, '*')
  await runGit(plain, 'config', 'receive.advertiseAtomic', 'false')
  await runGit(blocked, 'update-ref', 'refs/heads/althing', 'refs/heads/main')
  const reports = [await examine(closed), await examine(plain), await examine(blocked)]
  assert.deepEqual(
    reports.map(({ form }) => form),
    [undefined, undefined, undefined],
  )
  assert.deepEqual(
    reports.map((report) => bad(report).at(-1)),
    [
      'refs can be made under refs/heads/althing-doctor/',
      'the server answers and can push several refs as one',
      'branches may be called althing/…',
    ],
  )
})

test('a repository whose objects are named by sha256 is refused in words', async (t) => {
  const report = await examine(await makeRepository(t, { format: 'sha256', isEmpty: true }))
  assert.equal(report.form, undefined)
  assert.match(report.lines[0]?.detail ?? '', /names its objects by sha256; claims need one made with --object-format=sha1/)
})

test('of a repository that is gone nothing is learned, also where it was spoken to before', async (t) => {
  const bare = await makeRepository(t)
  const node = openNode(bare)
  assert.equal((await node.remote.capabilities({ signal })).isAtomic, true)
  await rm(bare, { recursive: true })
  const report = await examineForge(node, { signal })
  assert.deepEqual([report.form, report.answered, report.lines.length], [undefined, 'none', 1])
  assert.deepEqual(bad(report), ['the server answers and can push several refs as one'])
  assert.match(report.lines[0]?.detail ?? '', /repository/)
})

test('a server that breaks off in the middle is no reason to look for claims in another place', async (t) => {
  const node = openNode(await makeRepository(t))
  for (const broken of [1, 4]) {
    let pushes = 0
    const remote: GitRemote = {
      ...node.remote,
      push: (request, waiting) => {
        pushes += 1
        if (pushes === broken) throw new Fault('REMOTE_TIMEOUT', 'timeout', { message: 'no answer' })
        return node.remote.push(request, waiting)
      },
    }
    const report = await examineForge({ ...node, remote }, { signal })
    assert.deepEqual([report.form, report.answered], [undefined, 'some'])
    assert.ok(!report.lines.some(({ property }) => property.includes('refs/heads/')))
  }
})

test('where claims are already ours go, whatever else the server takes by now', async (t) => {
  const [branches, native] = [await makeRepository(t), await makeRepository(t)]
  await runGit(branches, 'update-ref', 'refs/heads/althing-claims/issue-7', 'refs/heads/main')
  assert.equal((await examine(branches)).form, 'heads')
  await runGit(native, 'update-ref', 'refs/althing/claims/issue-7', 'refs/heads/main')
  await refuse(native, 'refs/althing/*')
  assert.equal((await examine(native)).form, undefined)
})

test('where what answers is no git server nothing is learned of claims', async () => {
  const answerPage = (): never => {
    throw tasksFaults.create('REMOTE_PROTOCOL', { message: 'it answers 200 with text/html, which is no answer of a git server' })
  }
  const node = openNode('/nowhere')
  const remote: GitRemote = { ...node.remote, capabilities: async () => answerPage(), listRefs: async () => answerPage() }
  const report = await examineForge({ ...node, remote }, { signal })
  assert.deepEqual([report.form, report.answered, report.lines.length], [undefined, 'none', 1])
  assert.match(report.lines[0]?.detail ?? '', /is no answer of a git server/)
})
