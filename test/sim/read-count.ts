/** A whole number from 1 on, as a flag of a simulation says it. Ends the process with 2 otherwise. */
export function readCount(name: string, text: string): number {
  const count = Number(text)
  if (Number.isSafeInteger(count) && count >= 1) return count
  console.error(`--${name} takes a whole number from 1 on, not "${text}"`)
  process.exit(2)
}
