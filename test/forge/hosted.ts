import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { runForgeSuite } from '../../src/tasks/suite/forge-suite.ts'
import type { ForgePeople, ForgeTraits } from '../../src/tasks/suite/suite-stand.ts'
import { runClaimScenes } from './claim-scenes.ts'
import type { RealRepository } from './real-forge.ts'
import { openWired } from './real-forge.ts'

/** A server that others run, and the one account there is on it. */
export interface HostedServer {
  readonly origin: string
  /** `owner/repository`, where the token may make none. Everything open in it is closed, and all branches but `main` go. */
  readonly named: string | undefined
  readonly token: string
}

export interface HostedRepository extends RealRepository {
  readonly people: ForgePeople
  readonly traits: ForgeTraits
  readonly remove: () => Promise<void>
}

/** One account, on a server whose operator counts requests. */
export const hostedTraits = { hasOthers: false, manyIssues: 3, manyComments: 3 }

/** Least time between two changes, in milliseconds. */
const writeGapMs = 1_000

/** The server that the environment names by `…_URL`, alone or with a repository in it, and `…_TOKEN`; undefined when it names none. */
export function readServer(url: string | undefined, token: string | undefined): HostedServer | undefined {
  if (url === undefined || token === undefined) return undefined
  const { origin, pathname } = new URL(url)
  const named = pathname.replace(/^\/|\/$|\.git$/g, '')
  return { origin, token, named: named === '' ? undefined : named }
}

/** What every forge does, on a server of others. */
export function runHosted(
  kind: 'github' | 'gitlab',
  server: HostedServer | undefined,
  make: (server: HostedServer) => Promise<HostedRepository>,
): void {
  if (server === undefined) {
    const name = `ALTHING_TEST_${kind.toUpperCase()}`
    test(kind, { skip: `no server is named: set ${name}_URL, alone or with a repository that may be emptied, and ${name}_TOKEN` }, () => {})
    return
  }
  const open = async (t: TestContext): Promise<HostedRepository> => {
    const repository = await make(server)
    t.after(repository.remove)
    return repository
  }
  runForgeSuite(kind, async (t) => {
    const repository = await open(t)
    return { ...repository, ...(await openWired(repository, { writeGapMs })) }
  })
  runClaimScenes(kind, open)
}
