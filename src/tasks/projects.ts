import type { Clock } from '../lib/clock.ts'
import { findNearest } from '../lib/nearest.ts'
import type { Database } from '../store/database.ts'
import { tasksFaults } from './faults.ts'
import { parseGitAddress } from './git/address.ts'
import { isBranchName } from './git/ref-names.ts'
import type { ForgeKind, Project, ProjectId } from './task.ts'
import { parseProjectId, projectIdOf } from './task.ts'

/** The projects this node works on or looks at. */
export interface Projects {
  readonly list: () => readonly Project[]
  /** By id, by the end of it (`team/shop`, `shop`), or by address. @throws Fault PROJECT_MISSING, PROJECT_INVALID */
  readonly find: (name: string) => Project
  /** Adds one, or changes what is known of it. @throws Fault PROJECT_INVALID */
  readonly add: (project: { readonly url: string; readonly forge: ForgeKind; readonly base: string }) => Promise<Project>
  readonly remove: (id: ProjectId) => Promise<void>
}

interface ProjectRow {
  readonly id: string
  readonly url: string
  readonly forge: string
  readonly base: string
}

const kinds: readonly ForgeKind[] = ['github', 'gitea', 'gitlab', 'git']

/** Kept in the home's database. */
export function createProjects({ database, clock }: { readonly database: Database; readonly clock: Clock }): Projects {
  const list = (): readonly Project[] =>
    database.all<ProjectRow>('select id, url, forge, base from project order by id').flatMap((row) => {
      const [id, forge] = [parseProjectId(row.id), kinds.find((kind) => kind === row.forge)]
      return id === undefined || forge === undefined ? [] : [{ id, url: row.url, forge, base: row.base }]
    })
  return {
    list,
    find: (name) => {
      const all = list()
      const found = all.filter(({ id }) => id === name || id.endsWith(`/${name}`))
      const [one] = found.length === 0 ? all.filter(({ id }) => id === idOfAddress(name)) : found
      if (one !== undefined && found.length <= 1) return one
      throw unknownProject(name, found.length > 1 ? found : all)
    },
    add: async ({ url, forge, base }) => {
      parseGitAddress(url)
      const id = projectIdOf(url)
      if (!isBranchName(base))
        throw tasksFaults.create('PROJECT_INVALID', {
          message: `${JSON.stringify(base.slice(0, 80))} is no name of a branch; say which one pull requests go to with --base`,
        })
      await database.write((tx) =>
        tx.run(
          `insert into project (id, url, forge, base, added_at) values (?, ?, ?, ?, ?)
           on conflict (id) do update set url = excluded.url, forge = excluded.forge, base = excluded.base`,
          id,
          url,
          forge,
          base,
          clock.now(),
        ),
      )
      return { id, url, forge, base }
    },
    remove: (id) =>
      database.write((tx) => {
        for (const table of ['project', 'claim_link', 'claim_chain'])
          tx.run(`delete from ${table} where ${table === 'project' ? 'id' : 'project'} = ?`, id)
      }),
  }
}

function idOfAddress(text: string): ProjectId | undefined {
  try {
    return projectIdOf(text)
  } catch {
    return undefined
  }
}

function unknownProject(name: string, projects: readonly Project[]): Error {
  const names = projects.map(({ id }) => id)
  const near = findNearest(name, names)
  const hint =
    projects.length === 0
      ? 'no project was added yet; `althing project add URL` does'
      : near === undefined
        ? `there are ${names.slice(0, 10).join(', ')}`
        : `did you mean ${near}?`
  return tasksFaults.create('PROJECT_MISSING', {
    message: `${JSON.stringify(name.slice(0, 200))} is no project of this node, or more than one; ${hint}`,
    data: { project: name.slice(0, 200), projects: names.slice(0, 20) },
  })
}
