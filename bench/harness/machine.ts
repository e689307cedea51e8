import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'

/** What the figures were measured on. */
export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  /** Processes that ran or waited to run when it was looked at, on average over the minute before. More than a few spoil every figure. */
  readonly load: number
}

/** This machine. */
export function describeMachine(): Machine {
  const all = cpus()
  return {
    cores: all.length,
    processor: all[0]?.model.trim() ?? 'unknown',
    memoryGiB: totalmem() / 2 ** 30,
    system: `${type()} ${release()}`,
    node: process.version,
    load: loadavg()[0] ?? 0,
  }
}

/** `name version` of an installed package. @throws when it is not installed */
export function versionOf(packageName: string): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL(`../../node_modules/${packageName}/package.json`, import.meta.url), 'utf8'))
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return `${packageName} ${String(manifest.version)}`
  throw new Error(`${packageName} is installed without a version`)
}
