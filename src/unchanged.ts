import { resolve } from 'node:path'
import { findStampedProject, findUnchanged } from './market/install/stamp.ts'

/** Words of an install that asks for nothing in particular; each with whether another word follows. */
const options: ReadonlyMap<string, boolean> = new Map([
  ['--frozen', false],
  ['--offline', false],
  ['--directory', true],
  ['-C', true],
  ['--home', true],
])

/**
 * What `althing install` without names prints when nothing changed since the last one; undefined for any other command, and when anything is unsure.
 *
 * Asked by the launcher before anything else is loaded. Compares what the file system says of each path, no bytes: that is what `verify` does.
 */
export function sayUnchanged(words: readonly string[], workingDirectory: string): string | undefined {
  const rest = words[0] === 'marketplace' ? words.slice(1) : words
  if (rest[0] !== 'install' && rest[0] !== 'i') return undefined
  let directory = workingDirectory
  for (let index = 1; index < rest.length; index += 1) {
    const word = rest[index] ?? ''
    const takesOne = options.get(word)
    if (takesOne === undefined) return undefined
    if (!takesOne) continue
    const value = rest[(index += 1)]
    if (value === undefined || value.startsWith('-')) return undefined
    if (word !== '--home') directory = resolve(workingDirectory, value)
  }
  const project = findStampedProject(directory)
  const count = project && findUnchanged(project)
  return count === undefined ? undefined : `${count} ${count === 1 ? 'package is as it was' : 'packages are as they were'}\n`
}
