import { readdir, readFile } from 'node:fs/promises'

/** What a process has used so far. */
export interface ProcessUsage {
  /** Seconds of processor time of the threads that are there. */
  readonly cpuSeconds: number
  /** Memory held now, in MiB. */
  readonly rssMiB: number
}

/** Reads `/proc`. @throws Error where there is none, or when the process is gone */
export async function usageOf(pid: number): Promise<ProcessUsage> {
  const threads = await readdir(`/proc/${pid}/task`)
  // `stat` counts in hundredths of a second, of which an idle node uses few; `schedstat` counts nanoseconds
  const nanoseconds = await Promise.all(threads.map(async (thread) => firstNumberOf(`/proc/${pid}/task/${thread}/schedstat`)))
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])
  if (!Number.isFinite(rssKiB)) throw new Error(`/proc/${pid}/status says nothing about memory`)
  return { cpuSeconds: nanoseconds.reduce((sum, value) => sum + value, 0) / 1e9, rssMiB: rssKiB / 1024 }
}

async function firstNumberOf(path: string): Promise<number> {
  const text = await readFile(path, 'utf8')
  const value = Number(text.split(' ', 1)[0])
  if (!Number.isFinite(value)) throw new Error(`${path} says "${text.trim()}"`)
  return value
}

/** What the kernel counts processor time in for `/proc`, a second: USER_HZ of Linux on all its platforms. @see proc_pid_stat(5) */
const ticksPerSecond = 100

/** Milliseconds of processor time of a process and of those it started that have ended, in steps of 10. Reads `/proc`. */
export async function processorMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // the name of the program, in brackets, may hold anything
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).map(Number)
  if (ticks.length < 4 || !ticks.every(Number.isFinite)) throw new Error(`/proc/${pid}/stat says "${stat.trim()}"`)
  return (ticks.reduce((sum, count) => sum + count, 0) * 1000) / ticksPerSecond
}
