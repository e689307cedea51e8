import { setTimeout as pause } from 'node:timers/promises'
import type { ScriptedModels } from '../../src/models/testing/scripted-models.ts'
import type { Answer, Machine } from '../demo/machine.ts'
import type { Scene } from '../demo/scenes.ts'
import { timed } from '../demo/scenes.ts'
import { contested, isAbout } from './model.ts'
import type { Repository } from './repository.ts'

export interface Cast {
  readonly ada: Machine
  readonly bob: Machine
  readonly repository: Repository
  readonly models: ScriptedModels
}

const titles = [contested, 'Welcome people', 'Mend the cart', 'Say what it costs'] as const
const dependent = 'Tell of the welcome'

/** The scenes in their order; each leaves behind what the next one needs. */
export function tellStory(cast: Cast): readonly Scene[] {
  const keys = new Map<string, string>()
  return [meet(cast), ask(cast, keys), work(cast), kill(cast), merge(cast, keys), takeOver(cast, keys), prove(cast, keys)]
}

function meet({ ada, bob, repository }: Cast): Scene {
  return {
    title: 'Two machines of one hive add a bare repository, and prove that it can hold claims',
    commands: ['althing project add /srv/git/shop.git   # on both', 'althing doctor'],
    play: async () => {
      await ada.start()
      await bob.ask('hive', 'join', text(await ada.ask('hive', 'invite'), 'code'), '--handle', 'bob')
      await bob.start()
      for (const machine of [ada, bob]) await machine.ask('project', 'add', repository.path)
      const { value, ms } = await timed(() => ada.ask('doctor'))
      const lines = list(value, 'lines')
      need(
        lines.every((line) => line['isGood'] === true),
        'a property of the repository does not hold',
      )
      return { happened: 'Every property that claims rest on holds.', figure: `${lines.length} properties tried in ${ms} ms` }
    },
  }
}

function ask({ ada, bob }: Cast, keys: Map<string, string>): Scene {
  return {
    title: 'Five tasks, of which one depends on another',
    commands: ['althing task add "Welcome people"', 'althing task add "Tell of the welcome" --text "depends on t-…"'],
    play: async () => {
      for (const title of titles) {
        const labels = title === contested ? ['--label', 'priority-1'] : []
        keys.set(title, text(await ada.ask('task', 'add', title, '--text', 'As it says.', ...labels), 'key'))
      }
      const text5 = `As it says. It depends on ${keys.get('Welcome people')}.`
      keys.set(dependent, text(await ada.ask('task', 'add', dependent, '--text', text5), 'key'))
      const { ms } = await timed(() => untilTrue(async () => list(await bob.ask('task', 'list'), 'tasks').length === 5))
      return { happened: 'They are records of the hive, and the other machine has them.', figure: `there within ${ms} ms` }
    },
  }
}

function work({ ada, bob, models }: Cast): Scene {
  return {
    title: 'Both machines work; on the second, the model thinks and thinks',
    commands: ['althing worker start   # on both'],
    play: async () => {
      begin(bob)
      await untilTrue(async () => models.questions.some((question) => isAbout(question, contested)))
      begin(ada)
      const { ms } = await timed(() => untilTrue(async () => (await countOf(ada, 'in-review')) === 3))
      need((await countOf(ada, 'held')) === 1, 'the contested task is not held')
      return { happened: 'Three are in review, one is held by the second machine, one waits for another.', figure: `three in ${ms} ms` }
    },
  }
}

function kill({ bob }: Cast): Scene {
  return {
    title: 'The second machine dies in the middle of its task',
    commands: ['kill -9 PID   # on the second'],
    play: async () => {
      await bob.kill()
      return { happened: 'Nobody is told. Its lease runs out.', figure: '10 s of lease, and 3 s of margin' }
    },
  }
}

function merge({ ada, repository }: Cast, keys: ReadonlyMap<string, string>): Scene {
  return {
    title: 'A person merges the branch that another task depends on',
    commands: ['git merge origin/althing/t-…', 'git push'],
    play: async () => {
      await repository.merge(`althing/${keys.get('Welcome people')}`)
      const { ms } = await timed(() => untilTrue(async () => (await claimOf(ada, keys.get(dependent))) === 'in-review'))
      return {
        happened: 'The worker sees it in main, closes the task, and does the one that waited.',
        figure: `done ${ms} ms after the merge`,
      }
    },
  }
}

function takeOver({ ada }: Cast, keys: ReadonlyMap<string, string>): Scene {
  return {
    title: 'The first machine takes over what the dead one left',
    commands: ['althing task history t-…'],
    play: async () => {
      const { ms } = await timed(() => untilTrue(async () => (await claimOf(ada, keys.get(contested))) === 'in-review'))
      const links = list(await ada.ask('task', 'history', keys.get(contested) ?? ''), 'links')
      const lines = links.map(
        (link) => `${text(link, 'at')}  epoch ${text(link, 'epoch')}  ${text(link, 'kind')}  ${text(link, 'holder').slice(0, 14)}`,
      )
      const kinds = links.map((link) => text(link, 'kind')).filter((kind) => kind !== 'renew')
      need(kinds.join(' ') === 'claim takeover review', `the history is ${kinds.join(', ')}`)
      return { happened: `Who held it:\n     ${lines.join('\n     ')}`, figure: `${ms} ms more, and one holder at a time` }
    },
  }
}

function prove({ ada, repository }: Cast, keys: ReadonlyMap<string, string>): Scene {
  return {
    title: 'Five branches, none twice',
    commands: ['git branch --list "althing/*"   # in the repository', 'althing task list --all'],
    play: async () => {
      const branches = await repository.branches()
      const wanted = [...keys.values()].map((key) => `althing/${key}`).toSorted()
      need(branches.join() === wanted.join(), `the branches are ${branches.join(', ')}`)
      for (const [title, key] of keys) {
        const commits = await repository.countCommits(`althing/${key}`)
        need(commits === (title === 'Welcome people' ? 0 : 1), `althing/${key} has ${commits} commits`)
        const links = list(await ada.ask('task', 'history', key), 'links').filter((link) => text(link, 'kind') === 'review')
        need(links.length === 1, `${key} was brought to review ${links.length} times`)
      }
      return { happened: `${branches.join(', ')}.`, figure: `${branches.length} tasks, one commit and one review each` }
    },
  }
}

/** A worker that goes on until its machine ends, and with it the command that waits for its answer. */
function begin(machine: Machine): void {
  void machine.ask('worker', 'start').catch(() => undefined)
}

async function claimOf(machine: Machine, key: string | undefined): Promise<string> {
  return text(list(await machine.ask('task', 'list', '--all'), 'tasks').find((task) => task['key'] === key) ?? {}, 'claim')
}

async function countOf(machine: Machine, claim: string): Promise<number> {
  return list(await machine.ask('task', 'list'), 'tasks').filter((task) => task['claim'] === claim).length
}

/** Asks again until it is so, at most for 40 s: a lease, its margin, and a busy machine. */
async function untilTrue(isSo: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startedAt > 40_000) throw new Error('what the demo waited for did not happen within 40 s')
    await pause(300)
  }
}

/** @throws Error, which fails the demo */
function need(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(otherwise)
}

function text(answer: Answer, name: string): string {
  return String(answer[name])
}

function list(answer: Answer, name: string): readonly Answer[] {
  return (answer[name] ?? []) as readonly Answer[]
}
