import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { Fault } from '../../lib/fault.ts'
import { openStand } from '../testing/stand.ts'

const root = process.env['ALTHING_REAL_DATA'] ?? resolve(import.meta.dirname, '../../../../shared/data')
const packages = join(root, 'ggen-packages')
const skip = existsSync(packages) ? false : `there are no real packages in ${packages}`

test(
  'of 77 real packages 61 can be published as they are, 5 are refused for TOML that is none and 11 for want of a manifest',
  { skip },
  async () => {
    const folders = readdirSync(packages, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    await using ada = await openStand('ada', { options: { maxPackageFiles: 10_000 } })
    const refused = new Map<string, string[]>()
    const names = new Set<string>()
    for (const { name } of folders) {
      const input = { path: join(packages, name), dryRun: true, allowSecret: [] }
      const outcome = await ada.handlers['marketplace.publish'](input, ada.context).catch((error: unknown) => error)
      if (outcome instanceof Fault) refused.set(outcome.code, [...(refused.get(outcome.code) ?? []), `${name}: ${outcome.message}`])
      else names.add(String(Reflect.get(Object(outcome), 'name')))
    }
    assert.equal(folders.length, 77)
    const invalid = refused.get('MANIFEST_INVALID') ?? []
    assert.ok(
      invalid.every((message) => /package.toml:\d+:\d+: this is no valid TOML/.test(message)),
      invalid.join('\n'),
    )
    assert.deepEqual([...refused].map(([code, messages]) => `${code} ${messages.length}`).toSorted(), [
      'MANIFEST_INVALID 5',
      'MANIFEST_MISSING 11',
    ])
    assert.equal(names.size, 61)
  },
)
