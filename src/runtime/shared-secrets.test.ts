import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createSecrets } from '../config/secrets.ts'
import { createSeededChance } from '../lib/chance.ts'
import { createSharedSecrets } from './shared-secrets.ts'

test('a secret that is wanted is made once, for its owner alone to read, and one that is handed in takes its place', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'althing-shared-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const secrets = createSecrets(home, { secrets: new Map() })
  const shared = createSharedSecrets({ secrets, chance: createSeededChance(1), folder: join(home, 'secrets') })
  const { path, isNew } = await shared.keep('hook-1', undefined)
  assert.deepEqual([isNew, statSync(path).mode & 0o777], [true, 0o600])
  const made = await shared.read('hook-1')
  assert.match(made, /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.equal((await shared.keep('hook-1', undefined)).isNew, false)
  assert.equal(await shared.read('hook-1'), made)
  assert.notEqual(await shared.read('escalation'), made)
  writeFileSync(join(home, 'mine'), 'of-ada\n')
  await shared.keep('hook-1', join(home, 'mine'))
  assert.equal(await shared.read('hook-1'), 'of-ada')
  assert.deepEqual([await shared.remove('hook-1'), await shared.remove('hook-1')], [true, false])
})
