import type { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import type { ClaimFault, Victim } from './claims-script.ts'
import type { SimGossip } from './sim-gossip.ts'
import { goodLine } from './sim-line.ts'
import type { LineState, ServerMood } from './sim-line.ts'
import type { SimMachine } from './sim-machine.ts'
import type { SimServer } from './sim-server.ts'

/** What faults are done to. */
export interface Surroundings {
  readonly world: VirtualClock
  readonly machines: readonly SimMachine[]
  readonly server: SimServer
  readonly gossip: SimGossip
  readonly mood: ServerMood
  /** A second machine with the key of another. */
  readonly openTwin: (index: number) => Promise<SimMachine>
}

const never = new AbortController().signal
/** A flapping line is good and bad for so long, in milliseconds. */
const flapMs = 1_500

/** Lets one thing go wrong for its time; resolves when it is over. */
export async function inflict(fault: ClaimFault, around: Surroundings): Promise<void> {
  const wait = (): Promise<void> => around.world.sleep(fault.forMs, { signal: never })
  switch (fault.type) {
    case 'kill':
    case 'term':
    case 'restore-home':
    case 'prompt':
    case 'skew':
    case 'twin':
      return hurtOne(fault, around, wait)
    case 'stop':
    case 'lid':
    case 'cut':
    case 'deaf':
    case 'late':
      return hurtSome(fault, around, wait)
    case 'partition':
    case 'silence':
      return hurtGossip(fault, around, wait)
    case 'noise':
    case 'slow':
    case 'flap':
      return hurtLines(fault, around, wait)
    case 'down':
    case 'refuse':
    case 'pretend':
    case 'lag':
    case 'glitch':
    case 'rewind':
      return hurtServer(fault, around, wait)
  }
}

type Of<Type extends ClaimFault['type']> = Extract<ClaimFault, { readonly type: Type }>
type Wait = () => Promise<void>

async function hurtOne(
  fault: Of<'kill' | 'term' | 'restore-home' | 'prompt' | 'skew' | 'twin'>,
  { machines, openTwin }: Surroundings,
  wait: Wait,
): Promise<void> {
  const index = choose(machines, fault.machine)
  const machine = machines[index]
  if (machine === undefined || (!machine.isAwake && fault.type !== 'twin')) return
  switch (fault.type) {
    case 'kill':
      machine.kill()
      await wait()
      return machine.start()
    case 'term':
      await machine.end()
      await wait()
      return machine.start()
    case 'restore-home': {
      const image = machine.backup()
      await wait()
      return machine.restore(image)
    }
    case 'prompt':
      for (let count = 0; count < 5; count++) machine.prompt()
      return
    case 'skew':
      return machine.skew(fault.offsetMs)
    case 'twin': {
      const twin = await openTwin(index)
      twin.start()
      await wait()
      return twin.kill()
    }
  }
}

async function hurtSome(fault: Of<'stop' | 'lid' | 'cut' | 'deaf' | 'late'>, { machines }: Surroundings, wait: Wait): Promise<void> {
  const hurt = fault.machines.flatMap((victim) => machines[choose(machines, victim)] ?? [])
  for (const machine of hurt) {
    if (fault.type === 'stop') machine.sleep('stopped')
    else if (fault.type === 'lid') machine.sleep('lid')
    else if (fault.type === 'cut') machine.line.isCut = true
    else if (fault.type === 'deaf') machine.line.isDeaf = true
    else machine.line.late = 0.3
  }
  await wait()
  for (const machine of hurt) {
    if (fault.type === 'stop' || fault.type === 'lid') machine.wake()
    else heal(machine.line)
  }
}

function choose(machines: readonly SimMachine[], victim: Victim): number {
  if (victim !== 'busiest') return victim
  return machines.reduce((busiest, { load }, index) => (load > (machines[busiest]?.load ?? 0) ? index : busiest), 0)
}

async function hurtGossip(fault: Of<'partition' | 'silence'>, { machines, gossip }: Surroundings, wait: Wait): Promise<void> {
  if (fault.type === 'silence') gossip.state.isSilent = true
  else gossip.state.groupOf = new Map(machines.map(({ peer }, index) => [peer, fault.groupOf[index] ?? 0]))
  await wait()
  gossip.state.isSilent = false
  gossip.state.groupOf = new Map()
}

async function hurtLines(fault: Of<'noise' | 'slow' | 'flap'>, { world, machines, gossip }: Surroundings, wait: Wait): Promise<void> {
  const lines = machines.map(({ line }) => line)
  if (fault.type === 'flap') {
    for (let leftMs = fault.forMs; leftMs > 0; leftMs -= 2 * flapMs) {
      for (const line of lines) line.isCut = true
      await world.sleep(flapMs, { signal: never })
      for (const line of lines) heal(line)
      await world.sleep(flapMs, { signal: never })
    }
    return
  }
  const noise = fault.type === 'noise' ? { loss: fault.loss ?? 0.3, duplicates: fault.duplicates ?? 0.1 } : {}
  const bad: Partial<LineState> = fault.type === 'slow' ? { latencyMs: 200, jitterMs: 200 } : { ...noise, latencyMs: 100, jitterMs: 300 }
  for (const line of lines) Object.assign(line, bad)
  const before = { ...gossip.state }
  Object.assign(gossip.state, fault.type === 'slow' ? { latencyMs: 200, jitterMs: 200 } : { loss: 0.3, duplicates: 0.1, jitterMs: 300 })
  await wait()
  for (const line of lines) heal(line)
  Object.assign(gossip.state, { latencyMs: 5, jitterMs: 30, loss: 0, duplicates: 0, groupOf: before.groupOf })
}

async function hurtServer(
  fault: Of<'down' | 'refuse' | 'pretend' | 'lag' | 'glitch' | 'rewind'>,
  { server, mood }: Surroundings,
  wait: Wait,
): Promise<void> {
  const backup = server.backup()
  if (fault.type === 'down') mood.isDown = true
  else if (fault.type === 'refuse') mood.refusals = 0.5
  else if (fault.type === 'pretend') mood.pretences = 0.2
  else if (fault.type === 'lag') mood.lagMs = 3_000
  else if (fault.type === 'glitch') mood.glitches = 0.5
  await wait()
  if (fault.type === 'rewind') server.restore(backup)
  Object.assign(mood, { isDown: false, refusals: 0, pretences: 0, lagMs: 0, glitches: 0 })
}

function heal(line: LineState): void {
  Object.assign(line, goodLine)
}
