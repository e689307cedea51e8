import assert from 'node:assert/strict'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { install, installSet, plainChange, publish, setUpProject } from '../testing/project.ts'
import type { Stand } from '../testing/stand.ts'
import { exchangeWith, makeTemporary, manifestOf, openStand, replicate, writeFiles } from '../testing/stand.ts'

/** A project, and a stand that has published `app` and `tool`, which both need `base` 1 and 2, and `extra` that needs nothing. */
async function setUpSet(t: TestContext): Promise<{ ada: Stand; root: string; project: string; give: Give }> {
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

type Give = (name: string, version: string, ...needs: readonly string[]) => Promise<void>

async function lockOf(project: string): Promise<string> {
  return readFile(join(project, 'althing.lock'), 'utf8')
}

function changesOf(answer: {
  readonly packages: readonly { readonly change: string; readonly name: string; readonly version: string }[]
}): readonly string[] {
  return answer.packages.map(({ change, name, version }) => `${change} ${name} ${version}`)
}

const folderOf = (project: string): string => join(project, '.althing/packages/@ada')

test('a package comes with what it needs, and the lock says who needs what', async (t) => {
  const { ada, project } = await setUpSet(t)
  const answer = await installSet(ada, ['app', 'extra'], { directory: project })
  assert.deepEqual(changesOf(answer), ['added app 1.0.0', 'added base 1.1.0', 'added extra 1.0.0'])
  assert.deepEqual((await readdir(folderOf(project))).toSorted(), ['app', 'base', 'extra'])
  const lock = await lockOf(project)
  assert.match(lock, /package = "@ada\/app"(?:\n.+)*\nrequested = "\*"\ndependencies = \[\n {2}"@ada\/base \^1",\n\]/)
  assert.doesNotMatch(lock.slice(lock.indexOf('@ada/base"')).split('[[installed]]')[0] ?? '', /requested/)
})

test('what is installed keeps its version when something else is installed, until it is updated', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  await give('base', '1.2.0')
  assert.deepEqual(changesOf(await installSet(ada, ['tool'], { directory: project })), [
    'present app 1.0.0',
    'present base 1.1.0',
    'added tool 1.0.0',
  ])
  const update = (packages: readonly string[], more = {}) =>
    ada.handlers['marketplace.update']({ ...plainChange, check: false, directory: project, packages, ...more }, ada.context)
  const planned = await update([], { dryRun: true })
  assert.deepEqual([planned.status, changesOf(planned)[1]], ['planned', 'updated base 1.2.0'])
  assert.equal(await readFile(join(folderOf(project), 'base/a.txt'), 'utf8'), '1.1.0')
  assert.deepEqual(changesOf(await update(['app'])), ['present app 1.0.0', 'present base 1.1.0', 'present tool 1.0.0'])
  assert.deepEqual(changesOf(await update(['base'])), ['present app 1.0.0', 'updated base 1.2.0', 'present tool 1.0.0'])
  assert.equal(await readFile(join(folderOf(project), 'base/a.txt'), 'utf8'), '1.2.0')
})

test('needs that are at odds are refused with who needs what, and nothing is made', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await give('new', '1.0.0', 'base@^2')
  await assert.rejects(installSet(ada, ['app', 'new'], { directory: project }), {
    code: 'DEPENDENCY_CONFLICT',
    message:
      'no set of versions meets all needs: @ada/app 1.0.0 needs @ada/base ^1, @ada/new 1.0.0 needs @ada/base ^2; you asked for @ada/app, @ada/new. Of @ada/base there is 2.0.0, 1.1.0, 1.0.0.',
  })
  assert.deepEqual(await readdir(project), ['althing.toml'])
})

test('a package that needs what nobody has is refused with the way on, and goes without it on demand', async (t) => {
  const { ada, root, project } = await setUpSet(t)
  await using bob = await openStand('bob')
  await publish(bob, { root, name: 'near' }, { 'package.toml': manifestOf('near', '1.0.0') })
  await publish(bob, { root, name: 'far' }, { 'package.toml': manifestOf('far', '1.0.0', 'dependencies = ["near@^1"]\n') })
  const cy = await openStand('cy', { exchange: exchangeWith(() => cy, bob), peers: [bob.node] })
  t.after(() => cy[Symbol.asyncDispose]())
  await replicate(bob, cy)
  await cy.database.write((tx) => tx.run("delete from release where name = 'near'"))
  await assert.rejects(installSet(cy, ['far'], { directory: project }), {
    code: 'DEPENDENCY_CONFLICT',
    message: /needs near \^1, which nobody has published here/,
  })
  const answer = await installSet(cy, ['far'], { directory: project, noDependencies: true })
  assert.deepEqual(answer.packages[0]?.leftOut, [{ name: 'near', range: '^1' }])
  assert.match(await lockOf(project), /without-dependencies = true/)
  assert.equal((await installSet(cy, [], { directory: project })).status, 'present')
  assert.ok(ada)
})

test('a bare dependency means the package of the same owner, and is refused with the candidates where several others have it', async (t) => {
  const { ada, root, project } = await setUpSet(t)
  await using bob = await openStand('bob')
  await publish(bob, { root, name: 'base' }, { 'package.toml': manifestOf('base', '1.5.0') })
  await replicate(bob, ada)
  assert.deepEqual(
    (await installSet(ada, ['app'], { directory: project })).packages.map((row) => row.package),
    ['@ada/app', '@ada/base'],
  )
  await using cy = await openStand('cy')
  await replicate(ada, cy)
  await replicate(bob, cy)
  await publish(cy, { root, name: 'mine' }, { 'package.toml': manifestOf('mine', '1.0.0', 'dependencies = ["base@^1"]\n') })
  await assert.rejects(installSet(cy, ['mine'], { directory: root }), {
    message: /needs base \^1, which several have published: @ada\/base, @bob\/base/,
  })
})

test('S8: what a bare name was understood as stays so, when somebody else publishes the same name', async (t) => {
  const { ada, root } = await setUpSet(t)
  await using cy = await openStand('cy', { exchange: exchangeWith(() => cy, ada), peers: [ada.node] })
  await replicate(ada, cy)
  await publish(cy, { root, name: 'mine' }, { 'package.toml': manifestOf('mine', '1.0.0', 'dependencies = ["base@^1"]\n') })
  await installSet(cy, ['mine'], { directory: root })
  await using eve = await openStand('eve')
  await publish(eve, { root, name: 'base' }, { 'package.toml': manifestOf('base', '1.9.0') })
  await replicate(eve, cy)
  await publish(cy, { root, name: 'mine' }, { 'package.toml': manifestOf('mine', '1.1.0', 'dependencies = ["base@^1"]\n') })
  const answer = await cy.handlers['marketplace.update']({ ...plainChange, check: false, directory: root, packages: [] }, cy.context)
  assert.deepEqual(
    answer.packages.map((row) => `${row.package} ${row.version}`),
    ['@ada/base 1.1.0', '@cy/mine 1.1.0'],
  )
})

test('install without a name brings back what is gone and puts right what was changed, exactly as the lock says', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await installSet(ada, ['app', 'extra'], { directory: project })
  await give('base', '1.2.0')
  const before = await lockOf(project)
  assert.equal((await installSet(ada, [], { directory: project })).status, 'present')
  await rm(join(folderOf(project), 'base'), { recursive: true })
  await writeFile(join(folderOf(project), 'extra/a.txt'), 'mine')
  const answer = await installSet(ada, [], { directory: project, frozen: true })
  assert.deepEqual(changesOf(answer), ['present app 1.0.0', 'restored base 1.1.0', 'restored extra 1.0.0'])
  assert.equal(await readFile(join(folderOf(project), 'extra/a.txt'), 'utf8'), '1.0.0')
  assert.equal(await lockOf(project), before)
})

test('an empty project takes from a lock exactly what it says, on another machine', async (t) => {
  const { ada, root, project, give } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  await give('base', '1.2.0')
  const other = await writeFiles(join(root, 'other'), { 'althing.toml': '', 'althing.lock': await lockOf(project) })
  const bob: Stand = await openStand('bob', { exchange: exchangeWith(() => bob, ada), peers: [ada.node] })
  t.after(() => bob[Symbol.asyncDispose]())
  await replicate(ada, bob)
  const answer = await installSet(bob, [], { directory: other, frozen: true })
  assert.deepEqual(changesOf(answer), ['restored app 1.0.0', 'restored base 1.1.0'])
  assert.equal(await lockOf(other), await lockOf(project))
})

test('--frozen refuses what would change the lock, and says what', async (t) => {
  const { ada, project } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  await assert.rejects(installSet(ada, ['extra'], { directory: project, frozen: true }), {
    code: 'LOCK_OUTDATED',
    message: /@ada\/extra 1\.0\.0/,
  })
  const lock = await lockOf(project)
  await writeFile(join(project, 'althing.lock'), lock.replace(/\[\[installed\]\]\npackage = "@ada\/base"[\s\S]*$/, ''))
  await assert.rejects(installSet(ada, [], { directory: project, frozen: true }), { code: 'LOCK_OUTDATED', message: /@ada\/base/ })
  await assert.rejects(installSet(ada, [], { directory: project }), { code: 'TARGET_OCCUPIED' })
  assert.equal((await installSet(ada, [], { directory: project, force: true })).status, 'done')
  assert.equal(await lockOf(project), lock)
})

test('--offline takes what is on this disk, and says all that is missing', async (t) => {
  const { ada, root, project } = await setUpSet(t)
  let asked = 0
  const exchange = exchangeWith(() => bob, ada)
  const counting = { ...exchange, fetch: (...given: Parameters<typeof exchange.fetch>) => ((asked += 1), exchange.fetch(...given)) }
  const bob: Stand = await openStand('bob', { exchange: counting, peers: [ada.node] })
  t.after(() => bob[Symbol.asyncDispose]())
  await replicate(ada, bob)
  await installSet(bob, ['extra'], { directory: project })
  asked = 0
  await assert.rejects(installSet(bob, ['app', 'extra'], { directory: root, offline: true }), {
    code: 'PACKAGE_UNAVAILABLE',
    message: /@ada\/app 1\.0\.0, @ada\/base 1\.1\.0 are not/,
  })
  assert.equal((await installSet(bob, ['extra'], { directory: root, offline: true })).status, 'done')
  assert.equal(asked, 0)
})

test('--dry-run says what would come and how many bytes, and makes nothing', async (t) => {
  const { ada, project } = await setUpSet(t)
  const bob: Stand = await openStand('bob', { exchange: exchangeWith(() => bob, ada), peers: [ada.node] })
  t.after(() => bob[Symbol.asyncDispose]())
  await replicate(ada, bob)
  const answer = await installSet(bob, ['app'], { directory: project, dryRun: true })
  assert.deepEqual([answer.status, ...changesOf(answer)], ['planned', 'added app 1.0.0', 'added base 1.1.0'])
  assert.equal(
    answer.fetchedBytes,
    answer.packages.reduce((sum, { size }) => sum + (size ?? 0), 0),
  )
  assert.deepEqual(await readdir(project), ['althing.toml'])
})

test('remove takes a package away with what nobody needs any more, and nothing else', async (t) => {
  const { ada, project } = await setUpSet(t)
  await installSet(ada, ['app', 'tool', 'extra', 'review'], { directory: project })
  const remove = (packages: readonly string[], more = {}) =>
    ada.handlers['marketplace.remove']({ packages, global: false, dryRun: false, directory: project, ...more }, ada.context)
  const removedBy = async (...names: readonly string[]): Promise<readonly string[]> =>
    (await remove(names)).removed.map((row) => row.package)
  await assert.rejects(remove(['base']), { code: 'PACKAGE_NEEDED', message: /because @ada\/app, @ada\/tool need it/ })
  await assert.rejects(remove(['bas']), { code: 'PACKAGE_NOT_INSTALLED', message: /Did you mean base\?/ })
  assert.deepEqual(
    (await remove(['app'], { dryRun: true })).removed.map((row) => row.package),
    ['@ada/app'],
  )
  assert.deepEqual(await removedBy('app'), ['@ada/app'])
  assert.deepEqual(await removedBy('tool', 'review'), ['@ada/base', '@ada/review', '@ada/tool'])
  assert.deepEqual(await readdir(folderOf(project)), ['extra'])
  assert.deepEqual(await readdir(join(project, '.agents/skills')), [])
  assert.deepEqual(await removedBy('@ada/extra'), ['@ada/extra'])
  assert.deepEqual(await readdir(join(project, '.althing/packages')), ['.staging'])
  assert.doesNotMatch(await lockOf(project), /installed/)
})

test('an update that needs something no more takes it away', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  await give('app', '1.1.0')
  const answer = await ada.handlers['marketplace.update']({ ...plainChange, check: false, directory: project, packages: [] }, ada.context)
  assert.deepEqual([changesOf(answer), answer.removed.map((row) => row.package)], [['updated app 1.1.0'], ['@ada/base']])
  assert.deepEqual(await readdir(folderOf(project)), ['app'])
})

test('a version that was a skill and is none any more leaves the folder of skills', async (t) => {
  const { ada, root, project } = await setUpSet(t)
  const asSkill = { 'package.toml': manifestOf('hat', '1.0.0', 'kind = "skill"\n'), 'SKILL.md': '---\nname: hat\ndescription: x\n---\n' }
  await publish(ada, { root, name: 'hat' }, asSkill)
  await publish(ada, { root, name: 'hat' }, { 'package.toml': manifestOf('hat', '2.0.0', 'kind = "template"\n') })
  await install(ada, 'hat@1.0.0', { directory: project })
  assert.deepEqual(await readdir(join(project, '.agents/skills')), ['hat'])
  await install(ada, 'hat@^2', { directory: project })
  assert.deepEqual(await readdir(join(project, '.agents/skills')), [])
})

test('outdated says what update would bring, and what there is beyond', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await installSet(ada, ['app', 'extra@^1'], { directory: project })
  const outdated = () => ada.handlers['marketplace.outdated']({ directory: project, global: false }, ada.context)
  assert.deepEqual(await outdated(), {
    packages: [{ package: '@ada/base', current: '1.1.0', wanted: '1.1.0', latest: '2.0.0', requested: null }],
    isOutdated: true,
  })
  await give('extra', '1.3.0')
  await give('extra', '2.0.0-rc.1')
  await give('extra', '2.0.0')
  assert.deepEqual((await outdated()).packages[1], {
    package: '@ada/extra',
    current: '1.0.0',
    wanted: '1.3.0',
    latest: '2.0.0',
    requested: '^1',
  })
  await ada.handlers['marketplace.remove']({ packages: ['app', 'extra'], global: false, dryRun: false, directory: project }, ada.context)
  assert.deepEqual(await outdated(), { packages: [], isOutdated: false })
})

test('why names every way from what was asked for', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await give('top', '1.0.0', 'app@*')
  await installSet(ada, ['top', 'tool@^1'], { directory: project })
  const why = await ada.handlers['marketplace.why']({ package: 'base', directory: project, global: false }, ada.context)
  assert.deepEqual(
    why.paths.map((path) => path.map((step) => `${step.package} ${step.range}`)),
    [
      ['@ada/tool ^1', '@ada/base ^1.0.0'],
      ['@ada/top *', '@ada/app *', '@ada/base ^1'],
    ],
  )
})

test('verify names every file that was changed, taken or added, and says when there is nothing to compare with', async (t) => {
  const { ada, project } = await setUpSet(t)
  await installSet(ada, ['app', 'extra', 'review'], { directory: project })
  const verify = (stand: Stand, frozen = false) =>
    stand.handlers['marketplace.verify']({ directory: project, global: false, frozen }, stand.context)
  const whole = await verify(ada)
  assert.deepEqual([whole.isBroken, whole.files, new Set(whole.packages.map(({ state }) => state))], [false, 10, new Set(['whole'])])
  const folder = folderOf(project)
  await writeFile(join(folder, 'app/a.txt'), '1.0.O')
  await writeFile(join(project, '.agents/skills/review/evil.md'), 'x')
  await rm(join(folder, 'base'), { recursive: true })
  await rm(join(folder, 'extra/a.txt'))
  await mkdir(join(folder, 'stray'))
  const broken = await verify(ada)
  assert.equal(broken.isBroken, true)
  assert.deepEqual(
    broken.packages.map(({ package: name, state, changed, missing, added }) => [name, state, changed, missing, added]),
    [
      ['@ada/app', 'changed', ['a.txt'], [], []],
      ['@ada/base', 'missing', [], [], []],
      ['@ada/extra', 'changed', [], ['a.txt'], []],
      ['@ada/review', 'changed', [], [], ['evil.md']],
    ],
  )
  assert.deepEqual(broken.strays, [join(folder, 'stray')])
  await installSet(ada, [], { directory: project, force: true })
  assert.equal((await verify(ada)).isBroken, false)
  assert.equal((await verify(ada, true)).isBroken, true)
  await using bob = await openStand('bob')
  await replicate(ada, bob)
  assert.deepEqual(
    (await verify(bob)).packages.map(({ state }) => state),
    ['unknown', 'unknown', 'unknown', 'unknown'],
  )
})

test('clean clears what an interrupted install left, and packages the lock does not name only on demand', async (t) => {
  const { ada, project } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  const packages = join(project, '.althing/packages')
  await writeFiles(packages, { '.staging/new-0/x': '', '@ada/mine/x': '' })
  const clean = (more: { readonly dryRun?: boolean; readonly force?: boolean }) =>
    ada.handlers['marketplace.clean']({ directory: project, global: false, dryRun: false, force: false, ...more }, ada.context)
  const removedBy = async (more: { readonly dryRun?: boolean; readonly force?: boolean }): Promise<readonly string[]> =>
    (await clean(more)).removed
  assert.deepEqual(await removedBy({ dryRun: true, force: true }), [join(packages, '.staging/new-0'), join(packages, '@ada/mine')])
  assert.deepEqual(await removedBy({}), [join(packages, '.staging/new-0')])
  assert.deepEqual((await clean({})).strays, [join(packages, '@ada/mine')])
  assert.deepEqual(await removedBy({ force: true }), [join(packages, '@ada/mine')])
  assert.deepEqual((await readdir(folderOf(project))).toSorted(), ['app', 'base'])
})

test('what has to be accepted is refused with how, and an acceptance is kept in the lock with its reason', async (t) => {
  const { project, root } = await setUpSet(t)
  const folder = await makeTemporary(t)
  await using ada = await openStand('ada', { policy: 'open' })
  await publish(ada, { root: folder, name: 'fresh' }, { 'package.toml': manifestOf('fresh', '1.0.0') })
  await assert.rejects(installSet(ada, ['fresh'], { directory: project }), {
    code: 'CONFIRMATION_NEEDED',
    message: /--accept cool-down --reason "why"$/,
  })
  assert.deepEqual(await readdir(project), ['althing.toml'])
  await assert.rejects(installSet(ada, ['fresh'], { directory: project, accept: ['cool-down'] }), {
    code: 'INPUT_INVALID',
    message: /needs a reason/,
  })
  await assert.rejects(installSet(ada, ['fresh'], { directory: project, accept: ['everything'], reason: 'x' }), { code: 'INPUT_INVALID' })
  await installSet(ada, ['fresh'], { directory: project, accept: ['cool-down'], reason: 'read it\nall' })
  assert.match(
    await lockOf(project),
    /\[\[installed\.override\]\]\nkind = "cool-down"\nversion = "1\.0\.0"\nreason = "read it all"\nby = "z6Mk/,
  )
  assert.equal((await installSet(ada, [], { directory: project, frozen: true })).status, 'present')
  assert.ok(root)
})

test('a lock that althing 0.1 wrote is installed from, and stays as it is until something changes', async (t) => {
  const { ada, project } = await setUpSet(t)
  await installSet(ada, ['app', 'extra'], { directory: project, noDependencies: true })
  const old = (await lockOf(project))
    .replace('version = 2', 'version = 1')
    .replaceAll(/^source = "hive:/gm, 'hive = "')
    .replaceAll(/^(?:kind|requested|without-dependencies) = .*\n/gm, '')
  await writeFile(join(project, 'althing.lock'), old)
  assert.equal((await installSet(ada, [], { directory: project, frozen: true })).status, 'present')
  assert.equal(await lockOf(project), old)
  const answer = await installSet(ada, ['app'], { directory: project })
  assert.deepEqual(changesOf(answer), ['present app 1.0.0', 'added base 1.1.0', 'present extra 1.0.0'])
  assert.match(await lockOf(project), /^version = 2$/m)
})

test('install takes both sides of a merge that Git could not do, and writes the lock without marks', async (t) => {
  const { ada, project } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  const [head = '', ...blocks] = (await lockOf(project)).split('[[installed]]')
  await installSet(ada, ['extra'], { directory: project })
  const extra = (await lockOf(project)).split('[[installed]]').find((block) => block.includes('@ada/extra'))
  await writeFile(
    join(project, 'althing.lock'),
    `${head}<<<<<<< ours\n${blocks.map((block) => `[[installed]]${block}`).join('')}=======\n[[installed]]${extra}>>>>>>> theirs\n`,
  )
  await assert.rejects(installSet(ada, [], { directory: project, frozen: true }), { code: 'LOCK_OUTDATED' })
  const answer = await installSet(ada, [], { directory: project })
  assert.deepEqual(changesOf(answer), ['present app 1.0.0', 'present base 1.1.0', 'present extra 1.0.0'])
  assert.doesNotMatch(await lockOf(project), /<<<|>>>/)
  assert.equal((await installSet(ada, [], { directory: project, frozen: true })).status, 'present')
})
