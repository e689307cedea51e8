/** What looks like a secret in a text: never the secret itself. */
export interface SecretFound {
  /** Counts from 1. */
  readonly line: number
  /** Which sort, for a person: `a GitHub token`. */
  readonly secret: string
}

interface SecretShape {
  readonly secret: string
  readonly pattern: RegExp
}

/**
 * Well-known shapes, as those who issue them say them. Nothing is guessed from how random a text looks.
 *
 * Every repetition is bounded and followed by nothing it could share, so that the work is linear in the text.
 */
const shapes: readonly SecretShape[] = [
  { secret: 'an AWS access key', pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g },
  { secret: 'a GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b/g },
  { secret: 'a GitLab token', pattern: /\bgl(?:pat|dt|rt|ptt|soat|cbt|ft)-[A-Za-z0-9_-]{20,255}/g },
  { secret: 'a Slack token', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{20,255}|\bxapp-\d-[A-Za-z0-9-]{20,255}/g },
  { secret: 'a Slack webhook', pattern: /hooks\.slack\.com\/services\/T[A-Z0-9]{8,12}\/B[A-Z0-9]{8,12}\/[A-Za-z0-9]{24}/g },
  { secret: 'an Anthropic key', pattern: /\bsk-ant-[a-z]{2,10}\d{2}-[A-Za-z0-9_-]{20,255}/g },
  { secret: 'an OpenAI key', pattern: /\bsk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,255}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})/g },
  { secret: 'an npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { secret: 'an age secret key', pattern: /\bAGE-SECRET-KEY-(?:PQ-)?1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58,80}/g },
  // The words alone stand in many a text; a key has its bytes after them.
  { secret: 'a private key', pattern: /-----BEGIN (?:[A-Z0-9]{2,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----[^-]{0,256}?[A-Za-z0-9+/=]{32}/g },
]

/** Files whose lines mean something by the file's name. */
const lineShapes: readonly (SecretShape & { readonly isIn: (name: string) => boolean })[] = [
  {
    secret: 'a value in an environment file',
    isIn: (name) => /^\.env(?:\..{1,64})?$/.test(name) && !/\.(?:example|sample|template|dist|defaults)$/.test(name),
    pattern: /^[ \t]{0,64}(?:export[ \t]{1,8})?[A-Za-z_][A-Za-z0-9_]{0,127}[ \t]{0,64}=[ \t]{0,64}(?!["']{2}[ \t]{0,64}\r?$)[^\s#]/gm,
  },
  {
    secret: 'a password of npm',
    isIn: (name) => name === '.npmrc',
    pattern: /^[^\s=#;]{0,256}_(?:authToken|auth|password)[ \t]{0,64}=[ \t]{0,64}(?!["']?\$\{)[^\s]/gm,
  },
]

/** Longest text that one shape spans: parts of a long file are looked at with this much of the part before. */
export const maxSecretSpan = 1_024

/** Finds what looks like a secret in a file's text, in the order of its lines; one per line is said. */
export function findSecrets(path: string, text: string): readonly SecretFound[] {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const asked: readonly SecretShape[] = [...shapes, ...lineShapes.filter(({ isIn }) => isIn(name))]
  const found = new Map<number, string>()
  for (const { secret, pattern } of asked) {
    for (const match of text.matchAll(pattern)) {
      if (isPlaceholder(match[0]) && !pattern.multiline) continue
      const line = lineOf(text, match.index)
      if (!found.has(line)) found.set(line, secret)
      if (found.size >= maxFound) break
    }
  }
  return Array.from(found, ([line, secret]) => ({ line, secret })).toSorted((a, b) => a.line - b.line)
}

/**
 * A private key from its first line to its last, or to the end of a text that was cut. To find one its beginning is enough; nothing of it may be
 * left. The first part is bounded and the rest is passed over once, so that the work is linear.
 */
const wholePrivateKey =
  /-----BEGIN (?:[A-Z0-9]{2,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----[^]{0,512}?[A-Za-z0-9+/=]{32}(?:[^]*?-----END [A-Z0-9 ]{0,40}-----|[^]*)/g

/** A text with `[…]` in the place of everything that looks like a secret by itself, and of `known` ones. */
export function maskSecrets(text: string, known: readonly string[] = []): string {
  let masked = text
  for (const secret of known) for (const form of formsOf(secret)) masked = masked.replaceAll(form, '[a secret of this node]')
  masked = masked.replace(wholePrivateKey, '[a private key]')
  for (const { secret, pattern } of shapes) masked = masked.replace(pattern, (found) => (isPlaceholder(found) ? found : `[${secret}]`))
  return masked
}

/** A secret as it stands in a text, and as it stands in JSON within one: of several lines, it is another there. */
function formsOf(secret: string): readonly string[] {
  if (secret.length === 0) return []
  const inJson = JSON.stringify(secret).slice(1, -1)
  return inJson === secret ? [secret] : [secret, inJson]
}

/** More are not listed: one is enough to refuse. */
const maxFound = 20

/** `ghp_xxxxxxxxxxxxxx`, `AKIAIOSFODNN7EXAMPLE`: what documents write where a secret would stand. */
function isPlaceholder(text: string): boolean {
  return /EXAMPLE/i.test(text) || new Set(text.slice(-16)).size <= 2
}

function lineOf(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1
  return line
}
