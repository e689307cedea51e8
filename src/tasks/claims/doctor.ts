import { describeError, Fault } from '../../lib/fault.ts'
import type { Chance } from '../../lib/chance.ts'
import type { Clock } from '../../lib/clock.ts'
import { formatCommit } from '../git/commit.ts'
import type { GitObject, ObjectId } from '../git/objects.ts'
import { emptyTree, objectIdOf } from '../git/objects.ts'
import type { GitRemote, PushRequest, RefUpdate } from '../git/remote.ts'
import type { ChecksState, RefApi } from '../forges/forge.ts'
import type { ClaimForm, RefForm } from './claim-refs.ts'
import { claimForms, isApiForm, refFormOf, refPrefix } from './claim-refs.ts'
import { moveByApi } from './move-by-api.ts'

/** One property of a forge, as it was found by trying. */
export interface DoctorLine {
  readonly property: string
  readonly isGood: boolean
  /** What was seen, for a person. */
  readonly detail: string
}

/** What a forge can be trusted with. */
export interface DoctorReport {
  readonly lines: readonly DoctorLine[]
  /** How claims are moved, and where; undefined: only one node may work on this project. */
  readonly form: ClaimForm | undefined
  /** How much of what was asked got an answer. `none`: nothing was learned; `some`: the server broke off, and no form says nothing against it. */
  readonly answered: 'all' | 'some' | 'none'
}

export interface DoctorDeps {
  readonly remote: GitRemote
  readonly clock: Clock
  readonly chance: Chance
  /** The forge's own way to move refs; undefined where it has none. */
  readonly api?: RefApi | undefined
  /** Checks of a commit, as the forge tells them; undefined where there is none to tell. */
  readonly findChecks?: ((commit: ObjectId, options: { readonly signal: AbortSignal }) => Promise<ChecksState>) | undefined
}

const scratch: Readonly<Record<RefForm, string>> = { native: 'refs/althing/doctor/', heads: 'refs/heads/althing-doctor/' }

/** How often, and with what time between, a forge is asked whether checks ran; what starts them may take a moment. */
const checkLooks = 3
const checkLookMs = 1_000

/**
 * Proves a forge on scratch refs, which are removed afterwards: a line for each property that claims rest on.
 *
 * Never throws for what a forge does wrong: that is a line.
 *
 * @see docs/protocols/claims.md §1
 */
export async function examineForge(deps: DoctorDeps, { signal }: { readonly signal: AbortSignal }): Promise<DoctorReport> {
  const trial = new Trial(deps, signal)
  const lines: DoctorLine[] = []
  const capable = await trial.line('the server answers and can push several refs as one', async () => {
    const { isAtomic, hasReportStatus, agent } = await deps.remote.capabilities({ signal })
    return {
      isGood: isAtomic && hasReportStatus,
      detail: `atomic: ${yes(isAtomic)}, report-status: ${yes(hasReportStatus)}, ${agent ?? 'no name'}`,
    }
  })
  lines.push(capable)
  const place = await trial.findPlace()
  if (trial.failedProbes === 2) return { lines, form: undefined, answered: 'none' }
  lines.push(...place.lines)
  let form: ClaimForm | undefined
  for (const candidate of claimForms) {
    // a server that broke off refused nothing
    if (form !== undefined || trial.wasUnanswered) break
    const isPossible = isApiForm(candidate) ? deps.api !== undefined : capable.isGood
    if (!isPossible || (place.form ?? refFormOf(candidate)) !== refFormOf(candidate)) continue
    const found = await trial.examine(candidate)
    lines.push(...found)
    if (found.every(({ isGood }) => isGood)) form = candidate
  }
  const free = await trial.branchesAreFree()
  lines.push(free, ...(await trial.startsNoChecks()))
  return { lines, form: free.isGood ? form : undefined, answered: trial.wasUnanswered ? 'some' : 'all' }
}

interface Finding {
  readonly isGood: boolean
  readonly detail: string
}

/** The scratch refs of one examination. */
class Trial {
  readonly #deps: DoctorDeps
  readonly #signal: AbortSignal
  readonly #name: string
  #remote: GitRemote
  /** Pushed by the examination, newest last. */
  readonly #pushed: ObjectId[] = []
  /** Whether a probe got no answer. */
  wasUnanswered = false
  /** Probes that ended without anything being seen of the repository. */
  failedProbes = 0

  constructor(deps: DoctorDeps, signal: AbortSignal) {
    this.#deps = deps
    this.#signal = signal
    this.#name = Buffer.from(deps.chance.bytes(8)).toString('hex')
    this.#remote = deps.remote
  }

  /** What a probe found; what it threw is a finding too. */
  async line(property: string, probe: () => Promise<Finding>): Promise<DoctorLine> {
    try {
      return { property, ...(await probe()) }
    } catch (error) {
      this.#signal.throwIfAborted()
      if (!(error instanceof Fault)) throw error
      // a repository that cannot hold claims was seen all the same
      if (error.code !== 'REMOTE_UNSUPPORTED') this.failedProbes += 1
      this.wasUnanswered ||= error.kind === 'unavailable' || error.kind === 'timeout'
      return { property, isGood: false, detail: describeError(error) }
    }
  }

  /** Every property of one namespace, in order; the first that fails ends it. */
  async examine(form: ClaimForm): Promise<readonly DoctorLine[]> {
    const { remote, api, chance } = this.#deps
    const [prefix, isApi] = [scratch[refFormOf(form)], isApiForm(form)]
    this.#remote = isApi && api !== undefined ? moveByApi({ remote, api, chance }) : remote
    const [one, two] = [`${prefix}${this.#name}-1`, `${prefix}${this.#name}-2`]
    const [first, other, next] = [this.#commit('first'), this.#commit('other'), this.#commit('next')]
    const probes: readonly (readonly [string, () => Promise<Finding>])[] = [
      [
        `refs can be made under ${prefix}${isApi ? " by the forge's API" : ''}`,
        () => this.#expect(true, [{ ref: one, old: undefined, new: first.id }], [first]),
      ],
      ['a ref just made is listed', () => this.#readBack(one, first.id)],
      ['a second making is refused', () => this.#expect(false, [{ ref: one, old: undefined, new: other.id }], [other])],
      ['a move from another value is refused', () => this.#expect(false, [{ ref: one, old: other.id, new: next.id }], [other, next])],
      [
        'a push of which one part is refused is refused whole',
        () =>
          this.#expect(
            false,
            [
              { ref: two, old: undefined, new: next.id },
              { ref: one, old: other.id, new: next.id },
            ],
            [other, next],
          ),
      ],
      ['nothing of a refused push is left', () => this.#readBack(two, undefined)],
      ['a move from the exact value is taken', () => this.#expect(true, [{ ref: one, old: first.id, new: next.id }], [next])],
      ['a ref can be removed', () => this.#expect(true, [{ ref: one, old: next.id, new: undefined }], [])],
    ]
    const lines: DoctorLine[] = []
    for (const [property, probe] of probes) {
      const line = await this.line(property, probe)
      lines.push(line)
      if (!line.isGood) break
    }
    if (lines.length < probes.length) await this.#clean([one, two])
    return lines
  }

  /** Where claims stand already: in two places one task could have two holders. Native ones count first, as whoever looks first tries them. */
  async findPlace(): Promise<{ readonly form: RefForm | undefined; readonly lines: readonly DoctorLine[] }> {
    let form: RefForm | undefined
    const line = await this.line('claims that are there already say where ours go', async () => {
      const prefixes = (['native', 'heads'] as const).map((each) => [each, `${refPrefix(each)}claims/`] as const)
      const refs = [
        ...(await this.#deps.remote.listRefs(
          prefixes.map(([, prefix]) => prefix),
          { signal: this.#signal },
        )),
      ]
      const found = prefixes.find(([, prefix]) => refs.some(([ref]) => ref.startsWith(prefix)))
      form = found?.[0]
      return { isGood: true, detail: `under ${found?.[1] ?? 'nothing yet'}` }
    })
    return { form, lines: form === undefined && line.isGood ? [] : [line] }
  }

  branchesAreFree(): Promise<DoctorLine> {
    return this.line('branches may be called althing/…', async () => {
      const refs = await this.#deps.remote.listRefs(['refs/heads/althing'], { signal: this.#signal })
      const isBlocked = refs.has('refs/heads/althing')
      return {
        isGood: !isBlocked,
        detail: isBlocked ? 'a branch named "althing" stands in the way; rename it' : 'nothing stands in the way',
      }
    })
  }

  /** Whether what was pushed set checks off: claims would do so with every renewal. None where nobody can tell. */
  async startsNoChecks(): Promise<readonly DoctorLine[]> {
    const { findChecks, clock } = this.#deps
    const commit = this.#pushed.at(-1)
    if (findChecks === undefined || commit === undefined) return []
    const line = await this.line('a push of claims starts no checks', async () => {
      for (let looks = 0; looks < checkLooks; looks++) {
        if (looks > 0) await clock.sleep(checkLookMs, { signal: this.#signal })
        const checks = await findChecks(commit, { signal: this.#signal })
        if (checks !== 'none')
          return { isGood: false, detail: `checks ran for it (${checks}); leave refs/althing/ and althing-* out of what starts them` }
      }
      return { isGood: true, detail: `none ran within ${(checkLooks - 1) * checkLookMs} ms` }
    })
    return [line]
  }

  async #expect(isTaken: boolean, updates: readonly RefUpdate[], commits: readonly Scratch[]): Promise<Finding> {
    const objects: readonly GitObject[] = [...commits.map(({ object }) => object), emptyTree]
    const request: PushRequest = { updates, objects, isAtomic: updates.length > 1 }
    const { refs, unpackError } = await this.#remote.push(request, { signal: this.#signal })
    const refusals = refs.flatMap((ref) => (ref.result === 'refused' ? [ref.reason] : []))
    if (refusals.length === 0) this.#pushed.push(...updates.flatMap((update) => update.new ?? []))
    const isGood = isTaken ? refusals.length === 0 && unpackError === undefined : refusals.length === refs.length
    return { isGood, detail: refusals.length === 0 ? 'taken' : `refused: ${refusals[0]}` }
  }

  /** Looks until the ref has its value: some forges read from copies that lag. */
  async #readBack(ref: string, value: ObjectId | undefined): Promise<Finding> {
    const { remote, clock } = this.#deps
    const started = clock.monotonic()
    for (let tries = 0; tries < 20; tries++) {
      const seen = (await remote.listRefs([ref], { signal: this.#signal })).get(ref)
      const lagMs = Math.round(clock.monotonic() - started)
      if (seen === value) return { isGood: true, detail: `seen after ${lagMs} ms and ${tries + 1} ${tries === 0 ? 'look' : 'looks'}` }
      await clock.sleep(250, { signal: this.#signal })
    }
    return { isGood: false, detail: 'not seen within 20 looks' }
  }

  /** Takes away what a probe that failed left behind, as far as the forge lets us. */
  async #clean(refs: readonly string[]): Promise<void> {
    await this.line('cleaning', async () => {
      const left = await this.#deps.remote.listRefs(refs, { signal: this.#signal })
      const updates = [...left].map(([ref, old]) => ({ ref, old, new: undefined }))
      if (updates.length > 0) await this.#remote.push({ updates, objects: [], isAtomic: false }, { signal: this.#signal })
      return { isGood: true, detail: '' }
    })
  }

  #commit(word: string): Scratch {
    const bytes = formatCommit({
      parents: [],
      author: { name: 'althing', email: 'doctor@althing', seconds: Math.floor(this.#deps.clock.now() / 1000) },
      message: `althing doctor ${this.#name}: ${word}\n`,
    })
    const object: GitObject = { type: 'commit', bytes }
    return { object, id: objectIdOf(object) }
  }
}

interface Scratch {
  readonly object: GitObject
  readonly id: ObjectId
}

function yes(flag: boolean): string {
  return flag ? 'yes' : 'no'
}
