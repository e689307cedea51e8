import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { publish, setUpProject } from './project.ts'
import type { Stand } from './stand.ts'
import { manifestOf } from './stand.ts'

/** A project, and a stand that has published `app` and `tool`, which both need `base` 1 and 2, and `extra` that needs nothing. */
export async function setUpSet(t: TestContext): Promise<{ ada: Stand; root: string; project: string; give: Give }> {
  const { ada, root, project } = await setUpProject(t)
  const give: Give = (name, version, ...needs) =>
    publish(
      ada,
      { root, name },
      {
        'package.toml': manifestOf(name, version, needs.length === 0 ? '' : `dependencies = ${JSON.stringify(needs)}\n`),
        'a.txt': version,
      },
    )
  await give('base', '1.0.0')
  await give('base', '1.1.0')
  await give('base', '2.0.0')
  await give('app', '1.0.0', 'base@^1')
  await give('tool', '1.0.0', 'base@^1.0.0')
  await give('extra', '1.0.0')
  return { ada, root, project, give }
}

/** Publishes a version that needs others. */
export type Give = (name: string, version: string, ...needs: readonly string[]) => Promise<void>

/** The lock of a project. */
export async function lockOf(project: string): Promise<string> {
  return readFile(join(project, 'althing.lock'), 'utf8')
}

/** What became of each package of an answer, in words. */
export function changesOf(answer: {
  readonly packages: readonly { readonly change: string; readonly name: string; readonly version: string }[]
}): readonly string[] {
  return answer.packages.map(({ change, name, version }) => `${change} ${name} ${version}`)
}

/** Where ada’s packages are in a project. */
export const folderOf = (project: string): string => join(project, '.althing/packages/@ada')
