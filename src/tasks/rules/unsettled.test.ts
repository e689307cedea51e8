import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClaimKind } from '../claims/claim-document.ts'
import { listUnsettled } from './unsettled.ts'

const chains: readonly (readonly [why: string, links: readonly string[], unsettled: readonly string[]])[] = [
  ['nobody held it', [], []],
  ['its holder is gone', ['claim', 'renew'], ['0']],
  ['each after it is gone too', ['claim', 'takeover expired', 'renew', 'takeover expired'], ['0', '1', '3']],
  ['its pull request waits for people, and its checks are red', ['claim', 'review', 'takeover ci-failed'], ['0', '2']],
  ['its holder gave it back for no fault of the task', ['claim', 'release shutdown: the node ends', 'takeover free'], ['0', '2']],
  ['a person paused it', ['claim', 'pause by-person: wait', 'takeover expired'], ['0', '2']],
  ['it was merged, and a person wants it again', ['claim', 'review', 'done merged', 'break by-person', 'takeover by-person'], ['4']],
  ['the same, and that one is gone', ['claim', 'done merged', 'break by-person', 'takeover by-person', 'takeover expired'], ['3', '4']],
  ['a person took it away from those before', ['claim', 'takeover expired', 'break by-person: again', 'takeover by-person: again'], ['3']],
  ['it was done, and somebody took it again all the same', ['claim', 'done closed', 'takeover free'], ['2']],
  ['its issue was closed and is open again', ['claim', 'release not-eligible: the task is closed', 'takeover free'], ['2']],
]

for (const [why, links, unsettled] of chains)
  test(`of ${links.join(', ') || 'no link'} the work of ${unsettled.length} holdings may be merged unsaid: ${why}`, () => {
    const parsed = links.map((link, index) => {
      // ids are handed through, and the kinds stand in the table above
      const [kind = '', ...reason] = link.split(' ')
      return { id: String(index) as never, kind: kind as ClaimKind, reason: reason.join(' ') || undefined }
    })
    assert.deepEqual(listUnsettled(parsed), unsettled)
  })
