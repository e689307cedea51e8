import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMachine } from '../demo/machine.ts'
import { playScenes } from '../demo/scenes.ts'
import { openDemoModel } from './model.ts'
import { makeRepository } from './repository.ts'
import { tellStory } from './story.ts'

/** Plays the whole demo under a folder of its own and leaves nothing behind. Fails when a task was done twice, or not at all. */
async function main(): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'althing-demo-'))
  const startedAt = performance.now()
  await using models = await openDemoModel()
  const settings = {
    ALTHING_TASKS_TTL_SECONDS: '10',
    ALTHING_WORKERS_POLL_MS: '200',
    ALTHING_WORKERS_MAX_TASKS: '1',
    // the agent is a script of ours, and not every machine has a sandbox
    ALTHING_WORKERS_SANDBOX: 'none',
    ALTHING_WORKERS_MODEL: 'lab/scripted',
    ALTHING_MODELS_ENDPOINTS: `lab=${models.url}/v1`,
  }
  const [ada, bob] = [createMachine('ada', root, settings), createMachine('bob', root, settings)]
  const clear = (): Promise<void> => rm(root, { recursive: true, force: true, maxRetries: 5 })
  const leave = (): void =>
    void Promise.all([ada.kill(), bob.kill()])
      .then(clear)
      .finally(() => process.exit(130))
  process.once('SIGINT', leave)
  process.once('SIGTERM', leave)
  try {
    const repository = await makeRepository(root)
    console.log(
      'Althing demo: two machines of their own on loopback do five tasks of a bare repository, and one dies. Nothing is left behind.',
    )
    await playScenes(tellStory({ ada, bob, repository, models }), console.log)
    console.log(`\nThat took ${((performance.now() - startedAt) / 1000).toFixed(1)} s. Now yours:\n`)
    console.log('   npx althing project add URL\n   npx althing worker start --model ollama/qwen3-coder')
  } finally {
    await Promise.all([ada.stop(), bob.stop()])
    await clear()
  }
}

await main()
