import type { Clock } from '../lib/clock.ts'
import type { Progress } from '../operations/define-operation.ts'
import type { Sink } from './deps.ts'
import { formatBytes } from './render/units.ts'
import { printable } from './screen.ts'

/** What takes longer than half a second shows how far it is: a line that changes on a terminal, now and then a line in a pipe. */
export interface ProgressLine extends Disposable {
  readonly report: (progress: Progress) => void
}

/** Nothing is shown before this, in milliseconds. */
const quietMs = 500
/** Least time between two lines in a pipe, in milliseconds. */
const pipeIntervalMs = 5_000

/** Writes to stderr until disposed. */
export function openProgressLine(sink: Sink, clock: Clock): ProgressLine {
  const startedAt = clock.monotonic()
  let lastLineAt = Number.NEGATIVE_INFINITY
  let stage = ''
  let shownLength = 0
  /** In a pipe, what was said last and what would be said now. */
  let [said, latest] = ['', '']
  const clear = (): void => {
    if (shownLength > 0) sink.write(`\r${' '.repeat(shownLength)}\r`)
    shownLength = 0
  }
  const say = (): void => {
    said = latest
    sink.write(`${said}\n`)
  }
  return {
    report: (progress) => {
      if (progress.isNotice === true) {
        clear()
        sink.write(`${printable(progress.stage)}\n`)
        return
      }
      const now = clock.monotonic()
      if (now - startedAt < quietMs) return
      if (sink.isTerminal) {
        const line = formatProgress(progress).slice(0, Math.max(20, sink.columns - 1))
        sink.write(`\r${line.padEnd(shownLength)}`)
        shownLength = line.length
        return
      }
      // a new stage is news at once
      const isNew = progress.stage !== stage
      const isDue = now - lastLineAt >= pipeIntervalMs || isNew
      // how the stage before ended, which would else stand in the log at any odd figure
      if (isNew && latest !== said) say()
      stage = progress.stage
      latest = formatPlain(progress)
      if (!isDue) return
      lastLineAt = now
      say()
    },
    [Symbol.dispose]: () => {
      clear()
      // the last line of a log is how it ended, not how it was seconds before
      if (latest !== said) say()
    },
  }
}

/** A file keeps what a terminal overwrites: no bar, and of what has an end not more than the end that was reached. */
function formatPlain({ stage, done, total, unit }: Progress): string {
  const amount = (value: number): string => (unit === 'bytes' ? formatBytes(value) : String(value))
  const whole = total === undefined || total <= 0 ? amount(done) : `${amount(Math.min(done, total))} of ${amount(total)}`
  return `${printable(stage)}  ${whole}`
}

const barWidth = 24

function formatProgress({ stage, done, total, unit }: Progress): string {
  const amount = (value: number): string => (unit === 'bytes' ? formatBytes(value) : String(value))
  if (total === undefined || total <= 0) return `${printable(stage)}  ${amount(done)}`
  const fraction = Math.min(1, done / total)
  const filled = Math.round(fraction * barWidth)
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`
  return `${printable(stage)}  ${bar} ${Math.floor(fraction * 100)} %  ${amount(done)} of ${amount(total)}`
}
