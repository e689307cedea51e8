import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { encodeText } from '../../lib/bytes.ts'
import { hashBytes } from '../../lib/cid.ts'
import type { InputOf, OutputOf } from '../../operations/define-operation.ts'
import type { installOperations } from '../install/operations.ts'
import { makeTemporary, manifestOf, openStand, writeFiles } from './stand.ts'
import type { Stand, StandOptions } from './stand.ts'

const skill = '---\nname: review\ndescription: Reviews a change.\nmetadata:\n  version: "1.0.0"\n---\ntext\n'

/** A project, and a stand that has published two versions of `demo` and a skill `review`; sources lie in `root/sources`. */
export async function setUpProject(
  t: TestContext,
  options: StandOptions = {},
): Promise<{ ada: Stand; root: string; project: string; skill: string }> {
  const root = await makeTemporary(t)
  const project = await writeFiles(join(root, 'project'), { 'althing.toml': '' })
  const ada = await openStand('ada', { globalDirectory: join(root, 'global'), ...options })
  t.after(() => ada[Symbol.asyncDispose]())
  await publish(ada, { root, name: 'demo' }, { 'package.toml': manifestOf('demo', '1.0.0'), 'a.txt': 'one', old: 'x' })
  await publish(ada, { root, name: 'demo' }, { 'package.toml': manifestOf('demo', '1.1.0'), 'a.txt': 'two' })
  await publish(ada, { root, name: 'review' }, { 'SKILL.md': skill, 'references/x.md': 'x' })
  return { ada, root, project, skill }
}

/** Publishes some files from a folder of their own. */
export async function publish(
  stand: Stand,
  { root, name }: { readonly root: string; readonly name: string },
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const mark = Buffer.from(hashBytes(encodeText(JSON.stringify(files))))
    .toString('hex')
    .slice(0, 12)
  const folder = await writeFiles(join(root, 'sources', mark, name), files)
  await stand.handlers['p2p.publish']({ path: folder }, stand.context)
}

type Install = Extract<(typeof installOperations)[number], { readonly name: 'marketplace.install' }>
type Answer = OutputOf<Install>

/** What a change of a place is asked when nothing else is said on a command line. */
export const plainChange = { global: false, dryRun: false, offline: false, accept: [] } as const

/** The same of an install. */
export const plainInstall = {
  ...plainChange,
  packages: [],
  force: false,
  noDependencies: false,
  frozen: false,
} as const satisfies Omit<InputOf<Install>, 'directory'>

/** Asks for an install; what is not said is as on a command line. */
export function installSet(
  stand: Stand,
  packages: readonly string[],
  more: Partial<InputOf<Install>> & { readonly directory: string },
): Promise<Answer> {
  return stand.handlers['marketplace.install']({ ...plainInstall, ...more, packages }, stand.context)
}

/** Installs one package, and gives what became of it. */
export async function install(
  stand: Stand,
  name: string,
  more: Partial<InputOf<Install>> & { readonly directory: string },
): Promise<Answer['packages'][number] & { readonly lock: string }> {
  const answer = await installSet(stand, [name], more)
  const own = answer.packages.find(({ isNamed }) => isNamed)
  if (own === undefined) throw new Error(`${name} is not in the answer`)
  return { ...own, lock: answer.lock }
}
