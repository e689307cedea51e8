import { wordsOfPerson } from '../../tasks/rules/reasons.ts'

/** Longest words of a person that an agent is told, in characters. */
const maxWordsLength = 500

/**
 * Why a task is taken up again, for the agent: the cause, and what a person said in the `reason` of a link.
 *
 * The words are a member's, who signed them; they stand in quotes that they cannot leave.
 */
export function describeResumed(cause: string | undefined, reason: string | undefined): string | undefined {
  const words = wordsOfPerson(reason)
  if (words === undefined) return cause
  const plain = words.replaceAll(/\p{Cc}+/gu, ' ').slice(0, maxWordsLength)
  const said = `member of the hive says of it: ${JSON.stringify(plain)}`
  return cause === undefined ? `a ${said}` : `${cause}. A ${said}`
}
