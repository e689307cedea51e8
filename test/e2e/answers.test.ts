import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { catalog } from '../../src/catalog.ts'
import { althing, root, startNode, temporaryHome } from './command.ts'

/** Commands that are right on a node alone, in an order in which each finds what it needs. */
const commands: Readonly<Record<string, readonly string[]>> = {
  'p2p.status': ['p2p', 'status'],
  'p2p.peers': ['p2p', 'peers'],
  'marketplace.search': ['search', 'review'],
  'marketplace.init': ['init', 'my-skill'],
  'p2p.publish': ['p2p', 'publish', join(root, 'examples/packages/code-review')],
  'marketplace.publish': ['publish', join(root, 'examples/packages/code-review')],
  'p2p.search': ['p2p', 'search', 'review'],
  'marketplace.info': ['info', 'code-review'],
  'marketplace.install': ['install', 'code-review'],
  'marketplace.list': ['list', '-d'],
  'marketplace.update': ['update', '--dry-run'],
  'marketplace.outdated': ['outdated'],
  'marketplace.why': ['why', 'code-review'],
  'marketplace.verify': ['verify'],
  'marketplace.clean': ['clean', '--dry-run'],
  'marketplace.remove': ['rm', 'code-review'],
  'hive.create': ['hive', 'create', 'workshop'],
  'hive.list': ['hive', 'list'],
  'hive.use': ['hive', 'use', 'workshop'],
  'hive.members': ['hive', 'members'],
  'hive.invite': ['hive', 'invite'],
  'owner.show': ['owner', 'show'],
  'node.show': ['node', 'show'],
  'store.stats': ['store', 'stats'],
  'store.verify': ['store', 'verify'],
  'store.optimize': ['store', 'optimize'],
  'store.gc': ['store', 'gc', '--dry-run'],
  'p2p.stop': ['p2p', 'stop'],
}

test('answers of a real node have exactly the shape that docs/reference/commands.md describes, and read well', async (t) => {
  const home = temporaryHome(t)
  const project = join(home, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'althing.toml'), '')
  await startNode(t, { home })
  for (const [name, words] of Object.entries(commands)) {
    const operation = catalog.find((candidate) => candidate.name === name)
    assert.ok(operation !== undefined, name)
    const isAskedTwice = operation.isReadOnly
    const { code, stdout, stderr } = await althing([...words, '--json'], { home, cwd: project })
    assert.deepEqual([code, stderr], [0, ''], name)
    assert.deepEqual(strict(operation.output(z)).safeParse(JSON.parse(stdout)).error?.issues ?? [], [], name)
    if (!isAskedTwice) continue
    const person = await althing(words, { home, cwd: project })
    assert.equal(person.code, 0, name)
    assert.ok(person.stdout.trim().length > 0 && !person.stdout.includes('[object'), `${name}: ${person.stdout}`)
  }
})

/** The same shape without leave for further fields, one level deep: an answer that says more than its page is found. */
function strict(shape: z.ZodType): z.ZodType {
  return shape instanceof z.ZodObject ? shape.strict() : shape
}
