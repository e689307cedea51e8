/** Media types by the ending of a path's name, for those who do not say one. @see https://www.iana.org/assignments/media-types */
const byEnding: Readonly<Record<string, string>> = {
  css: 'text/css',
  csv: 'text/csv',
  gif: 'image/gif',
  html: 'text/html',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  json: 'application/json',
  md: 'text/markdown',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  toml: 'application/toml',
  txt: 'text/plain',
  xml: 'application/xml',
  yaml: 'application/yaml',
  yml: 'application/yaml',
}

/** The media type that a path's name lets expect; where it says nothing that of text, or of bytes without a meaning. */
export function guessMediaType(path: string, { isText }: { readonly isText: boolean }): string {
  const ending = /\.([A-Za-z0-9]{1,8})$/.exec(path)?.[1]?.toLowerCase()
  const guessed = ending !== undefined && Object.hasOwn(byEnding, ending) ? byEnding[ending] : undefined
  return guessed ?? (isText ? 'text/plain' : 'application/octet-stream')
}
