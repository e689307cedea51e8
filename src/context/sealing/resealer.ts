import type { Cid } from '../../lib/cid.ts'
import { describeError, Fault } from '../../lib/fault.ts'
import type { CopiesRequest } from '../copies.ts'
import type { ContextDeps, Copies, ReadVersion, Version, Waiting } from '../context.ts'
import { namesOf } from '../name-rows.ts'
import { needWriter } from '../need-writer.ts'
import { isSealedTo } from '../rules/choose-recipients.ts'
import { readSealMarks, sealedType, withoutSealMarks } from '../rules/seal-marks.ts'
import { addressOf } from '../resource.ts'
import type { Resource } from '../version-table.ts'
import { readVersions } from '../version-table.ts'
import type { Draft, Written } from '../write-version.ts'
import { joinMetadata } from '../write-version.ts'
import { findSealed } from './sealed-rows.ts'
import type { Resealed } from './seal-facts.ts'
import type { Sealing } from './sealing.ts'

/** Resources looked up at a time. */
const pageSize = 100

export interface ResealerDeps {
  readonly context: ContextDeps
  readonly sealing: Sealing
  /** A version as it is kept. */
  readonly read: (resource: Resource, version: Version & { readonly cid: Cid }, waiting: Waiting) => ReadVersion
  readonly write: (draft: Draft) => Promise<Written>
  /** Asks members to take a version in. */
  readonly spread: (request: Waiting & CopiesRequest) => Promise<Copies>
}

/** Seals newest versions again to those who may open them now. */
export class Resealer {
  readonly #deps: ResealerDeps

  constructor(deps: ResealerDeps) {
    this.#deps = deps
  }

  /** All that this node writes, until so many were written. */
  async all({ signal, max }: Waiting & { readonly max: number }): Promise<Resealed> {
    const { hive, database } = this.#deps.context
    const own = new Set(namesOf(database, hive.hive, hive.node))
    const resealed: Resealed['resealed'][number][] = []
    const failed: Resealed['failed'][number][] = []
    let current = 0
    let page = findSealed(database, hive.hive, { after: 0, limit: pageSize })
    while (page.length > 0) {
      for (const resource of page) {
        if (!own.has(addressOf(resource.resource).agent)) continue
        if (resealed.length >= max) return { resealed, current, failed }
        try {
          const done = await this.#oneOrAgain(resource, { signal })
          if (done === undefined) current += 1
          else resealed.push(done)
        } catch (error) {
          signal.throwIfAborted()
          failed.push({ resource: resource.resource, reason: describeError(error) })
        }
      }
      page = findSealed(database, hive.hive, { after: page.at(-1)?.id ?? 0, limit: pageSize })
    }
    return { resealed, current, failed }
  }

  /** The steward, or a put, may have been faster: then what is there now is looked at. */
  async #oneOrAgain(resource: Resource, waiting: Waiting): ReturnType<Resealer['one']> {
    const { hive, database } = this.#deps.context
    try {
      return await this.one(resource, waiting)
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'CONDITION_FAILED') throw error
      const [now] = findSealed(database, hive.hive, { after: resource.id - 1, limit: 1 })
      return now?.id === resource.id ? await this.one(now, waiting) : undefined
    }
  }

  /** One resource; undefined when it is sealed as it should be, or not at all. @throws Fault of a write, and of opening what is sealed */
  async one(resource: Resource, { signal }: Waiting): Promise<Resealed['resealed'][number] | undefined> {
    const { context, sealing, read, write, spread } = this.#deps
    const [version, other] = readVersions(context.database, resource, resource.last)
    const marks = version === undefined ? undefined : readSealMarks(version)
    if (version === undefined || version.cid === null || marks === undefined || other !== undefined) return undefined
    needWriter(context.database, context.hive, addressOf(resource.resource).agent)
    const plan = await sealing.planAgain({ targets: marks.targets, epoch: marks.epoch + 1, mediaType: marks.mediaType })
    if (isSealedTo(marks.recipients, plan.recipients)) return undefined
    const { cid: sealedCid } = version
    // refused before it is sealed: more recipients are more to say
    const metadata = joinMetadata(withoutSealMarks(version.metadata), plan.metadata)
    const opened = await sealing.open(read(resource, { ...version, cid: sealedCid }, { signal }))
    const { cid, size } = await context.content.add(plan.seal(opened.open()), { signal })
    const written = await write({
      address: addressOf(resource.resource),
      cid,
      size,
      mediaType: sealedType,
      metadata,
      condition: { is: 'content', cid: sealedCid },
      text: undefined,
    })
    await spread({ entry: written.version.entry, cid, size, signal })
    return { resource: resource.resource, version: written.version.version, recipients: plan.recipients.length }
  }
}
