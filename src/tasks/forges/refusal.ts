import { tasksFaults } from '../faults.ts'

/** An answer that is not 2xx. */
export interface RefusedAnswer {
  readonly api: string
  readonly path: string
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Taken out of what the forge says before it is shown. */
  readonly token: string | undefined
  /** How long the forge asks us to wait, in milliseconds. */
  readonly pauseMs: number | undefined
}

/** What is told of a forge's own words, in characters. */
const maxWordsLength = 300

/** What an answer means that is not 2xx. */
export function refusalOf(answer: RefusedAnswer): Error {
  const { api, status, headers, pauseMs } = answer
  const where = `${api}${answer.path.replace(/\?.*$/s, '')}`
  const said = wordsOf(answer)
  const data = { status }
  if (pauseMs !== undefined && (status === 429 || status === 403 || status === 503))
    return tasksFaults.create('FORGE_LIMITED', {
      message: `${where} asks us to wait ${Math.ceil(pauseMs / 1_000)} seconds (${status})${said}`,
      data: { ...data, retryAfterMs: pauseMs },
    })
  if (status >= 300 && status < 400)
    return tasksFaults.create('FORGE_MISSING', {
      message: `${where} says that it moved to ${shorten(headers.get('location') ?? 'nowhere')}. Nothing was sent there; if that is right, add the project under its new address`,
      data,
    })
  if (status === 401 || status === 403)
    return tasksFaults.create('FORGE_DENIED', {
      message: `${where} refuses the token (${status})${said}; hand in another with \`althing project token\`, with rights to read and write issues, contents and pull requests`,
      data,
    })
  if (status === 404 || status === 410)
    return tasksFaults.create('FORGE_MISSING', {
      message: `${where} is not there (${status}), or the token does not show it; \`althing project token\` hands in another`,
      data,
    })
  if (status >= 500 || status === 408)
    return tasksFaults.create('FORGE_FAILED', { message: `${where} has a fault of its own (${status})${said}`, data })
  return tasksFaults.create('FORGE_REFUSED', { message: `${where} does not take what was sent (${status})${said}`, data })
}

function wordsOf({ text, token }: RefusedAnswer): string {
  // S28: the token goes before the text is cut, or a part of it could stay
  const safe = token === undefined ? text : text.replaceAll(token, '…')
  const plain = safe
    .slice(0, maxWordsLength)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .toWellFormed()
  return plain === '' || plain.startsWith('<') ? '' : `: ${plain}`
}

/** Without what could be a secret: user, password, query. */
function shorten(location: string): string {
  const url = URL.parse(location)
  return url === null ? location.slice(0, 200).replace(/[?#].*$/s, '') : `${url.origin}${url.pathname}`.slice(0, 200)
}
