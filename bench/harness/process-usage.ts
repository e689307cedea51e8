import { readFile } from 'node:fs/promises'

/** What a process has used so far. */
export interface ProcessUsage {
  /** Seconds of processor time, user and system. */
  readonly cpuSeconds: number
  /** Memory held now, in MiB. */
  readonly rssMiB: number
}

/** Clock ticks in a second; a constant of Linux's interface to programs. @see man 5 proc */
const ticksPerSecond = 100

/** Reads `/proc`. @throws Error where there is none, or when the process is gone */
export async function usageOf(pid: number): Promise<ProcessUsage> {
  const [stat, status] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/status`, 'utf8')])
  // the name in parentheses may hold anything: fields are counted from behind it
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])
  if (!Number.isFinite(ticks) || !Number.isFinite(rssKiB)) throw new Error(`/proc/${pid} says nothing about time or memory`)
  return { cpuSeconds: ticks / ticksPerSecond, rssMiB: rssKiB / 1024 }
}
