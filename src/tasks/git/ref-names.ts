/** Longest name of a ref that we make or take, in characters. */
const maxRefLength = 250

/** Whether git takes a text as the name of a branch, and no program takes it for an option. @see https://git-scm.com/docs/git-check-ref-format */
export function isBranchName(name: string): boolean {
  if (name.length === 0 || name.length > maxRefLength || name === '@' || name === 'HEAD') return false
  if (!/^[!-~]+$/.test(name) || /[~^:?*[\\]|\.\.|@\{|\/\/|\.$|\/$/.test(name)) return false
  return name.split('/').every((part) => !part.startsWith('.') && !part.startsWith('-') && !part.endsWith('.lock'))
}

/** Whether a text from outside is a full name of a ref, `refs/…`. */
export function isRefName(name: string): boolean {
  return name.startsWith('refs/') && isBranchName(name)
}
