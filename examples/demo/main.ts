import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeLargePackage } from './large-package.ts'
import { createMachine } from './machine.ts'
import { playScenes } from './scenes.ts'
import { tellStory } from './story.ts'

/** Plays the whole demo under a folder of its own and leaves nothing behind. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { packages: { type: 'string' } } })
  const packages = resolve(values.packages ?? fileURLToPath(new URL('../packages', import.meta.url)))
  const root = await mkdtemp(join(tmpdir(), 'althing-demo-'))
  const startedAt = performance.now()
  // Two copies, so that what is published while two nodes are up lies on exactly these two; 24 MiB/s each, so that a kill half-way is half-way.
  const settings = { ALTHING_CONTENT_REPLICAS: '2', ALTHING_CONTENT_UPLOAD_BYTES_PER_SECOND: String(24 * 1_048_576) }
  const machines = {
    ada: createMachine('ada', root, settings),
    bob: createMachine('bob', root, settings),
    cy: createMachine('cy', root, settings),
    dee: createMachine('dee', root, settings),
  }
  const everyone = Object.values(machines)
  const clear = (): Promise<void> => rm(root, { recursive: true, force: true })
  const leave = (): void =>
    void Promise.all(everyone.map((machine) => machine.kill()))
      .then(clear)
      .finally(() => process.exit(130))
  process.once('SIGINT', leave)
  process.once('SIGTERM', leave)
  try {
    const large = join(root, 'packages', 'large-data')
    await writeLargePackage(large, 'large-data')
    const folders = (await readdir(packages, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(packages, entry.name))
    console.log('Althing demo: four machines of their own on loopback, nothing installed, nothing left behind.')
    await playScenes(tellStory({ machines, folders: folders.toSorted(), large, root }), console.log)
    console.log(`\nThat took ${((performance.now() - startedAt) / 1000).toFixed(1)} s. Now yours:\n`)
    console.log('   npx althing p2p start --detach\n   npx althing p2p publish examples/packages/code-review\n   npx althing hive invite')
  } finally {
    await Promise.all(everyone.map((machine) => machine.stop()))
    await clear()
  }
}

await main()
