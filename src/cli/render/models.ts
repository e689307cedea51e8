import type { Style } from '../screen.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { formatCount } from './units.ts'

/** `model list`: each endpoint with what it has and what that costs. */
export function renderModels(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('endpoints')) return undefined
  const endpoints = answer.records('endpoints')
  if (endpoints.length === 0)
    return 'no endpoint is set; write one into [models] endpoints of config.toml: ollama=http://127.0.0.1:11434/v1'
  return endpoints.map((endpoint) => describeEndpoint(endpoint, style)).join('\n')
}

/** `model budget`: what is spent of each limit. */
export function renderBudget(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('limits')) return undefined
  const rows = answer.records('limits')
  if (rows.length === 0) return 'no limit is set; write one into [models] limits of config.toml: day usd=5'
  return rows
    .map((row) => {
      const show = (name: string): string => (row.text('unit') === 'usd' ? `$${row.count(name).toFixed(2)}` : formatCount(row.count(name)))
      const spent = row.has('spent') ? `${show('spent')} of ${show('allowed')} spent` : `${show('allowed')} each`
      return `${style.name(row.text('limit').padEnd(32))} ${spent}`
    })
    .join('\n')
}

/** `model key`. */
export function renderModelKey(output: unknown): string | undefined {
  const answer = readFields(output)
  const endpoint = answer.text('endpoint')
  const sentences: Readonly<Record<string, string>> = {
    kept: `the key of ${endpoint} is kept · \`althing model list\` tries it`,
    removed: `the key of ${endpoint} is gone`,
    missing: `there was no key of ${endpoint}`,
  }
  return sentences[answer.text('status')]
}

function describeEndpoint(endpoint: Fields, style: Style): string {
  const head = [style.name(endpoint.text('name')), endpoint.text('url'), ...(endpoint.isTrue('hasKey') ? ['key kept'] : [])].join(' · ')
  if (endpoint.has('failure')) return `${head}\n  ${style.bad(endpoint.text('failure'))}`
  const models = endpoint.records('models')
  if (models.length === 0) return `${head}\n  no model there`
  return [head, ...models.map((model) => `  ${model.text('name').padEnd(40)} ${describePrice(model)}`)].join('\n')
}

function describePrice(model: Fields): string {
  if (!model.has('inputPrice')) return 'price unknown; [models] prices can say it'
  const [input, output] = [model.count('inputPrice'), model.count('outputPrice')]
  return input === 0 && output === 0 ? 'free' : `$${input} in, $${output} out for a million tokens`
}
