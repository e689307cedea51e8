/** What a forge calls a check that failed by the work's fault, in the words of all forges. */
const redWords = new Set(['failure', 'failed', 'error', 'timed_out', 'startup_failure'])
/** What it calls one that is over and stands in nobody's way. */
const greenWords = new Set(['success', 'neutral', 'skipped', 'warning'])

/** Whether a check failed by the work's fault. */
export function isRedCheck(word: string): boolean {
  return redWords.has(word)
}

/** All checks of a commit together; one that was cancelled, or waits for a person, is still to come. */
export function judgeChecks(words: readonly string[]): 'none' | 'pending' | 'green' | 'red' {
  if (words.length === 0) return 'none'
  if (words.some(isRedCheck)) return 'red'
  return words.every((word) => greenWords.has(word)) ? 'green' : 'pending'
}
