import { describeError } from '../lib/fault.ts'
import type { PartReport, ProbeReport } from '../operations/node-api.ts'

/** Asks a part how it is. Cheap and synchronous: it reads a flag, never a disk or a peer. */
export type Probe = () => PartReport

/** The parts of a node that say how they are. Ready is when all of them are. */
export interface Probes {
  /** Returns the function that takes the probe away again. @throws Error when the name is taken */
  readonly add: (name: string, probe: Probe) => () => void
  readonly report: () => ProbeReport
}

/** An empty list of probes; with none added a node is not ready. */
export function createProbes(): Probes {
  const probes = new Map<string, Probe>()
  return {
    add: (name, probe) => {
      if (probes.has(name)) throw new Error(`two parts are called ${name}`)
      probes.set(name, probe)
      return () => probes.delete(name)
    },
    report: () => {
      const parts = Object.fromEntries([...probes].map(([name, probe]) => [name, ask(probe)]))
      return { isReady: probes.size > 0 && Object.values(parts).every((part) => part.ok), parts }
    },
  }
}

/** A probe that throws is an answer too. */
function ask(probe: Probe): PartReport {
  try {
    return probe()
  } catch (error) {
    return { ok: false, detail: describeError(error) }
  }
}
