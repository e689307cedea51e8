import type { Clock } from '../../lib/clock.ts'
import type { Project } from '../task.ts'
import type { AccessLog } from './access-log.ts'
import type { Forge } from './forge.ts'
import { ForgePace } from './forge-pace.ts'
import type { ForgePlace } from './forge-place.ts'
import { hostOf, placeOf } from './forge-place.ts'
import type { RestClientOptions } from './rest-client.ts'
import { RestClient } from './rest-client.ts'
import type { SharedPauses } from './shared-pauses.ts'

export interface ForgesDeps {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  /** The token for a host, as it is now. */
  readonly findToken: (host: string) => Promise<string | undefined>
  readonly accessLog: Pick<AccessLog, 'note'>
}

/** The knobs of `[tasks]` that are about forges. */
export interface ForgesOptions {
  readonly timeoutMs: number
  readonly maxAnswerBytes: number
  readonly allowsPlainHttp: boolean
  /** Least time between two changes on GitHub and GitLab, in milliseconds. */
  readonly writeGapMs: number
  readonly maxPauseMs: number
}

interface Asked {
  readonly project: Project
  readonly pauses: SharedPauses
}

/** Opens the forge of a project, as one of the nodes that tell each other of pauses. */
export type OpenForge = (project: Project, pauses: SharedPauses) => Promise<Forge>

/** Opens the forges of projects; those on one host share its pace. What only one kind needs is loaded when it is asked for. */
export function createForges(deps: ForgesDeps, options: ForgesOptions): OpenForge {
  const { clock, fetch, findToken, accessLog } = deps
  const paces = new Map<string, ForgePace>()
  const paceOf = ({ api }: ForgePlace, writeGapMs: number): ForgePace => {
    const pace = paces.get(api) ?? new ForgePace({ clock }, { writeGapMs, maxPauseMs: options.maxPauseMs })
    paces.set(api, pace)
    return pace
  }
  const openClient = ({ project, pauses }: Asked, dialect: Pick<RestClientOptions, 'headers' | 'formatToken'>, writeGapMs: number) => {
    const place = placeOf(project)
    const host = hostOf(project.url) ?? ''
    const clientAt = (api: string): RestClient =>
      new RestClient(
        { clock, fetch, pauses, pace: paceOf(place, writeGapMs), findToken: () => findToken(host), note: accessLog.note },
        { ...options, ...dialect, api },
      )
    return { place, clientAt, client: clientAt(place.api) }
  }
  return async (project, pauses) => {
    const asked = { project, pauses }
    switch (project.forge) {
      case 'github': {
        const { createGithub, githubDialect } = await import('./github.ts')
        const { createGithubRefs, graphqlRootOf } = await import('./github-refs.ts')
        const { client, clientAt, place } = openClient(asked, githubDialect, options.writeGapMs)
        return { ...createGithub(client, place), refs: createGithubRefs(clientAt(graphqlRootOf(place)), place) }
      }
      case 'gitlab': {
        const { createGitlab, gitlabDialect } = await import('./gitlab.ts')
        const { client, place } = openClient(asked, gitlabDialect, options.writeGapMs)
        return createGitlab(client, place, { clock })
      }
      case 'gitea': {
        const { createGitea, giteaDialect } = await import('./gitea.ts')
        const { client, place } = openClient(asked, giteaDialect, 0)
        return createGitea(client, place, { clock })
      }
      case 'git':
        throw new Error('a bare repository has no forge to open')
    }
  }
}
