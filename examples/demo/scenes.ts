/** One numbered scene: what is typed, what happened, and one figure. */
export interface Scene {
  readonly title: string
  /** The literal commands, as a person would type them on that machine. */
  readonly commands: readonly string[]
  /** Does it, and says what happened in one sentence and one figure. */
  readonly play: () => Promise<{ readonly happened: string; readonly figure: string }>
}

/** Plays scenes one after the other and prints them. */
export async function playScenes(scenes: readonly Scene[], print: (line: string) => void): Promise<void> {
  for (const [index, scene] of scenes.entries()) {
    print(`\n${index + 1}. ${scene.title}`)
    for (const command of scene.commands) print(`   $ ${command}`)
    const { happened, figure } = await scene.play()
    print(`   ${happened}`)
    print(`   → ${figure}`)
  }
}

/** Milliseconds a piece of work took, with its result. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const startedAt = performance.now()
  const value = await work()
  return { value, ms: Math.round(performance.now() - startedAt) }
}

/** `12.3 MiB`. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`
}
