import { modelsFaults } from './faults.ts'
import type { Rate } from './rules/estimate.ts'
import type { Limit } from './rules/limits.ts'
import { parseLimit } from './rules/limits.ts'

/** The knobs of `[models]` that are lists of words, read. */
export interface ModelSettings {
  readonly endpoints: readonly EndpointSetting[]
  readonly limits: readonly Limit[]
  /** By `ENDPOINT/MODEL`, or `ENDPOINT/*` for all of one endpoint. */
  readonly prices: ReadonlyMap<string, Rate>
}

export interface EndpointSetting {
  readonly name: string
  /** Where `chat/completions` is appended; http or https. */
  readonly url: URL
}

/** What a name of an endpoint may be: it is part of a file's name and of a variable's. */
const endpointName = /^[a-z][a-z0-9-]{0,31}$/
const onePrice = /^([a-z][a-z0-9-]{0,31}\/\S{1,200}) input=(\d{1,6}(?:\.\d{1,6})?) output=(\d{1,6}(?:\.\d{1,6})?)$/

/** Reads the lists. @throws Fault MODELS_CONFIG_INVALID */
export function parseModelSettings(knobs: {
  readonly endpoints: readonly string[]
  readonly limits: readonly string[]
  readonly prices: readonly string[]
}): ModelSettings {
  return {
    endpoints: knobs.endpoints.map(parseEndpoint),
    limits: knobs.limits.map(
      (text) =>
        parseLimit(text) ?? unreadable('models.limits', text, 'day usd=5, task tokens=2000000 or minute requests=60 model=ENDPOINT/MODEL'),
    ),
    prices: new Map(knobs.prices.map(parsePrice)),
  }
}

function parseEndpoint(text: string): EndpointSetting {
  const cut = text.indexOf('=')
  const name = text.slice(0, cut)
  const url = URL.parse(text.slice(cut + 1))
  const isHttp = url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
  if (!endpointName.test(name) || !isHttp) return unreadable('models.endpoints', text, 'ollama=http://127.0.0.1:11434/v1')
  if (url.username !== '' || url.password !== '')
    return unreadable('models.endpoints', `${name}=${url.origin}`, 'a URL without a key in it; keys stand in files of their own')
  return { name, url }
}

function parsePrice(text: string): readonly [string, Rate] {
  const match = onePrice.exec(text.trim())
  if (match === null) return unreadable('models.prices', text, 'openai/gpt-5 input=1.25 output=10 (US dollars for a million tokens)')
  const [, model = '', input, output] = match
  return [model, { input: Math.round(Number(input) * 1_000_000), output: Math.round(Number(output) * 1_000_000) }]
}

function unreadable(setting: string, value: string, example: string): never {
  throw modelsFaults.create('MODELS_CONFIG_INVALID', {
    message: `${setting} has ${JSON.stringify(value)}, which cannot be read; write it like ${example}`,
    data: { setting, value },
  })
}
