import type { PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../store/database.ts'
import type { ClaimDocument } from './claims/claim-document.ts'
import type { TaskSight } from './claims/ledger.ts'
import type { Experience } from './rules/believe.ts'
import { believe } from './rules/believe.ts'
import { isHolding } from './rules/chain.ts'
import type { TaskType } from './rules/choose-task.ts'
import { typeOfTask } from './rules/choose-task.ts'
import type { HoldingResult } from './rules/judge-result.ts'
import { judgeResult } from './rules/judge-result.ts'
import { drawOf, sampleSuccess } from './rules/sample-success.ts'
import { formatTaskName } from './talk/names.ts'
import type { ProjectId, Task, TaskKey } from './task.ts'

export interface TrackRecordDeps {
  readonly database: Database
  readonly clock: Clock
  readonly hive: HiveId
  readonly project: ProjectId
  readonly self: PeerId
}

/** A holding of this node, and what works on it: models, or the driver of another agent. */
export interface OwnHolding {
  readonly epoch: number
  readonly models: readonly string[]
}

/** How tasks like another one went. */
export interface LikeIt {
  readonly tried: number
  /** Those that were merged, or are in review. */
  readonly wentWell: number
}

interface ResultRow {
  readonly task: TaskKey
  readonly epoch: number
  readonly result: HoldingResult
}

interface ExperienceRow {
  readonly isSameProject: number
  readonly isSameType: number
  readonly result: HoldingResult
  readonly at: number
}

/** Holdings of a hive that are remembered; the oldest go, which says the least. */
const maxRemembered = 1_000

/**
 * What became of the tasks of one project that this node's worker held.
 *
 * What worked on a task no chain says, so that is written before the work. What came of it is read from the chain at each look, and stays here
 * when the chain is collected: a crash, a restart or a lost answer loses none of it.
 */
export class TrackRecord {
  readonly #deps: TrackRecordDeps

  constructor(deps: TrackRecordDeps) {
    this.#deps = deps
  }

  /** Notes that work on a task begins. @throws what the disk says */
  async begin(task: Task, { epoch, models }: OwnHolding): Promise<void> {
    const { database, clock, hive, project } = this.#deps
    const [at, model] = [Math.trunc(clock.now()), nameOf(models)]
    await database.writeSoon((tx) => {
      tx.run(
        `insert into holding_result (hive, project, task, epoch, model, type, at, result) values (?, ?, ?, ?, ?, ?, ?, 'open')
         on conflict (hive, project, task, epoch) do update set model = excluded.model`,
        ...[hive, project, task.key, epoch, model, typeOfTask(task), at],
      )
      tx.run(
        `delete from holding_result where hive = ? and at <
         (select at from holding_result where hive = ? order by at desc limit 1 offset ?)`,
        ...[hive, hive, maxRemembered - 1],
      )
    })
  }

  /** Takes back that this node worked on a task: somebody else's pull request was there. @throws what the disk says */
  async forget(task: TaskKey, epoch: number): Promise<void> {
    await this.#keep([{ task, epoch, result: 'moot' }])
  }

  /** Reads from the claims of the project what came of holdings that were not over. `linksOf`: the links of a chain that count. @throws what the disk says */
  async learn(sights: ReadonlyMap<TaskKey, TaskSight>, linksOf: (sight: TaskSight) => readonly ClaimDocument[]): Promise<void> {
    const { database, hive, project } = this.#deps
    const rows = database.all<ResultRow>(
      `select task, epoch, result from holding_result where hive = ? and project = ? and result in ('open', 'in-review')`,
      ...[hive, project],
    )
    const changed = rows.flatMap(({ task, epoch, result: before }) => {
      const sight = sights.get(task)
      const result = sight === undefined ? undefined : resultOf(sight, epoch, linksOf)
      return result === undefined || result === before ? [] : [{ task, epoch, result }]
    })
    if (changed.length > 0) await this.#keep(changed)
  }

  /** A sample of how well a task would go in the next epoch: 0 to 1, the same at every look while nothing is learned. */
  sampleSuccess(task: Task, { epoch, models }: OwnHolding): number {
    const { database, clock, hive, project, self } = this.#deps
    const past = database.all<ExperienceRow>(
      `select project = ? as isSameProject, type = ? as isSameType, result, at from holding_result
       where hive = ? and model = ? and result <> 'open'`,
      ...[project, typeOfTask(task), hive, nameOf(models)],
    )
    const draw = drawOf({ self, task: formatTaskName({ project, task: task.key }), epoch })
    return sampleSuccess(believe(past.map(toExperience), clock.now()), draw)
  }

  /** How tasks of this type went in this project, whatever worked on them. */
  countLike(type: TaskType): LikeIt {
    const { database, hive, project } = this.#deps
    const count = database.get<LikeIt>(
      `select count(*) as tried, count(*) filter (where result <> 'failed') as wentWell from holding_result
       where hive = ? and project = ? and type = ? and result <> 'open'`,
      ...[hive, project, type],
    )
    return { tried: count?.tried ?? 0, wentWell: count?.wentWell ?? 0 }
  }

  /** What says nothing of the work is not kept. */
  async #keep(results: readonly ResultRow[]): Promise<void> {
    const { database, hive, project } = this.#deps
    await database.writeSoon((tx) => {
      for (const { task, epoch, result } of results) {
        const at = [hive, project, task, epoch]
        if (result === 'moot') tx.run('delete from holding_result where hive = ? and project = ? and task = ? and epoch = ?', ...at)
        else tx.run('update holding_result set result = ? where hive = ? and project = ? and task = ? and epoch = ?', result, ...at)
      }
    })
  }
}

/** What a look says of a holding; undefined where it knows less than what is written here: a forge that forgot, a commit that is no claim. */
function resultOf(sight: TaskSight, epoch: number, linksOf: (sight: TaskSight) => readonly ClaimDocument[]): HoldingResult | undefined {
  const { meaning, chain } = sight
  const holding = chain?.state.holding
  if (holding === undefined || holding.epoch < epoch || meaning.meaning === 'regressed' || meaning.meaning === 'unknown') return undefined
  // a chain is read, signature by signature, once a holding is over and not at every look
  if (holding.epoch === epoch && isHolding(holding.kind)) return holding.kind === 'review' ? 'in-review' : 'open'
  return judgeResult(linksOf(sight), epoch)
}

function toExperience({ isSameProject, isSameType, result, at }: ExperienceRow): Experience {
  return { isSameProject: isSameProject === 1, isSameType: isSameType === 1, result, at }
}

function nameOf(models: readonly string[]): string {
  return models.join(', ')
}
