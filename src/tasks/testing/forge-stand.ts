import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { VirtualClock } from '../../lib/virtual-clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { ForgeAccess } from '../forges/access-log.ts'
import { createForges } from '../forges/create-forge.ts'
import type { Forge } from '../forges/forge.ts'
import { unsharedPauses } from '../forges/shared-pauses.ts'
import type { ForgeKind, Project } from '../task.ts'
import { parseProjectId } from '../task.ts'
import type { FixtureDialect, FixtureForge } from './fixture-forge.ts'
import { openFixture } from './fixture-forge.ts'
import { giteaFixture } from './fixture-gitea.ts'
import { githubFixture } from './fixture-github.ts'
import { gitlabFixture } from './fixture-gitlab.ts'
import { testToken } from './test-names.ts'

/** Each kind of forge with what imitates it. */
export const fixtureDialects: Readonly<Record<Exclude<ForgeKind, 'git'>, FixtureDialect>> = {
  github: githubFixture,
  gitea: giteaFixture,
  gitlab: gitlabFixture,
}

/** A forge that is imitated, and ours that speaks to it. */
export interface ForgeStand {
  readonly fixture: FixtureForge
  readonly forge: Forge
  readonly clock: VirtualClock
  /** What was written into the access log. */
  readonly noted: readonly ForgeAccess[]
  token: string
}

/** Opens `http://127.0.0.1:…/team/shop` as a forge of a kind; its clock stands still, and nothing is waited for. */
export async function openForgeStand(t: TestContext, kind: Exclude<ForgeKind, 'git'>): Promise<ForgeStand> {
  const fixture = await openFixture(t, fixtureDialects[kind])
  const clock = createVirtualClock({ startsAt: fixture.state.now + 3_600_000 })
  const noted: ForgeAccess[] = []
  const stand = { fixture, clock, noted, token: testToken }
  const openForge = createForges(
    { clock, fetch, findToken: async () => stand.token, accessLog: { note: (access) => noted.push(access) } },
    { timeoutMs: 30_000, maxAnswerBytes: 4_194_304, allowsPlainHttp: false, writeGapMs: 0, maxPauseMs: 0 },
  )
  const project: Project = {
    id: parseProjectId('forge.example/team/shop') ?? assert.fail(),
    url: `${fixture.origin}/team/shop.git`,
    forge: kind,
    base: 'main',
  }
  return Object.assign(stand, { forge: await openForge(project, unsharedPauses) })
}
