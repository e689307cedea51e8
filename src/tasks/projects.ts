import type { HiveId } from '../journal/entry.ts'
import type { Clock } from '../lib/clock.ts'
import { findNearest } from '../lib/nearest.ts'
import type { Database, Reader } from '../store/database.ts'
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
  /** The one at an address; undefined where there is none, or the text is no address. */
  readonly findAt: (address: string) => Project | undefined
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

export interface ProjectsDeps {
  readonly database: Database
  readonly clock: Clock
  readonly hive: HiveId
}

const kinds: readonly ForgeKind[] = ['github', 'gitea', 'gitlab', 'git']

/** The projects of all hives of this node: one that two hives have stands there twice. */
export function listAllProjects(reader: Reader): readonly Project[] {
  return reader.all<ProjectRow>('select id, url, forge, base from project order by id, hive').flatMap(toProject)
}

/** Those of one hive, kept in the home's database: what a node works on in one is nobody's business in another. */
export function createProjects({ database, clock, hive }: ProjectsDeps): Projects {
  const list = (): readonly Project[] =>
    database.all<ProjectRow>('select id, url, forge, base from project where hive = ? order by id', hive).flatMap(toProject)
  return {
    list,
    find: (name) => {
      const all = list()
      const found = all.filter(({ id }) => id === name || id.endsWith(`/${name}`))
      const [one] = found.length === 0 ? all.filter(({ id }) => id === idOfAddress(name)) : found
      if (found.length > 1) throw ambiguousProject(name, found)
      if (one !== undefined) return one
      throw unknownProject(name, all)
    },
    findAt: (address) => list().find(({ id }) => id === idOfAddress(address)),
    add: async ({ url, forge, base }) => {
      parseGitAddress(url)
      const id = projectIdOf(url)
      if (!isBranchName(base))
        throw tasksFaults.create('PROJECT_INVALID', {
          message: `${JSON.stringify(base.slice(0, 80))} is no name of a branch; say which one pull requests go to with --base`,
        })
      await database.write((tx) =>
        tx.run(
          `insert into project (hive, id, url, forge, base, added_at) values (?, ?, ?, ?, ?, ?)
           on conflict (hive, id) do update set url = excluded.url, forge = excluded.forge, base = excluded.base`,
          hive,
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
        for (const table of ['project', 'claim_link', 'claim_chain', 'holding_result'])
          tx.run(`delete from ${table} where hive = ? and ${table === 'project' ? 'id' : 'project'} = ?`, hive, id)
      }),
  }
}

function toProject(row: ProjectRow): readonly Project[] {
  const [id, forge] = [parseProjectId(row.id), kinds.find((kind) => kind === row.forge)]
  return id === undefined || forge === undefined ? [] : [{ id, url: row.url, forge, base: row.base }]
}

function idOfAddress(text: string): ProjectId | undefined {
  try {
    return projectIdOf(text)
  } catch {
    return undefined
  }
}

/** Says that a project has to be named. */
export function unnamedProject(projects: readonly Project[]): Error {
  const names = projects.map(({ id }) => id)
  return tasksFaults.create('PROJECT_MISSING', {
    message: names.length === 0 ? noProject : `name a project: this node has ${names.slice(0, 10).join(', ')}`,
    data: { project: '', projects: names.slice(0, 20) },
  })
}

const noProject = 'no project was added yet; `althing project add URL` does'

function ambiguousProject(name: string, found: readonly Project[]): Error {
  const names = found.map(({ id }) => id)
  return tasksFaults.create('PROJECT_MISSING', {
    message: `${JSON.stringify(name.slice(0, 200))} is the end of more than one project; say which: ${names.slice(0, 10).join(', ')}`,
    data: { project: name.slice(0, 200), projects: names.slice(0, 20) },
  })
}

function unknownProject(name: string, projects: readonly Project[]): Error {
  const names = projects.map(({ id }) => id)
  const near = findNearest(name, names)
  const hint =
    projects.length === 0 ? noProject : near === undefined ? `there are ${names.slice(0, 10).join(', ')}` : `did you mean ${near}?`
  return tasksFaults.create('PROJECT_MISSING', {
    message: `${JSON.stringify(name.slice(0, 200))} is no project of this node; ${hint}`,
    data: { project: name.slice(0, 200), projects: names.slice(0, 20) },
  })
}
