import { readFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'

/** What the figures were measured on. */
export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
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
  }
}

/** `name version` of an installed package. @throws when it is not installed */
export function versionOf(packageName: string): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL(`../../node_modules/${packageName}/package.json`, import.meta.url), 'utf8'))
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return `${packageName} ${String(manifest.version)}`
  throw new Error(`${packageName} is installed without a version`)
}
