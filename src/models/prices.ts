import { calcPrice } from '@pydantic/genai-prices'
import type { EndpointSetting } from './settings.ts'
import type { Price } from './rules/estimate.ts'

/** What to count where nothing is paid. */
const free: Price = { input: 0, output: 0 }
const million = 1_000_000

/** Tells what models cost. `undefined`: nothing says so. */
export type FindPrice = (endpoint: EndpointSetting, model: string) => Price | undefined

/**
 * Prices as the configuration says, else as the table of known providers says. A model of this machine is free.
 *
 * @see https://github.com/pydantic/genai-prices
 */
export function createPriceList(own: ReadonlyMap<string, Price>): FindPrice {
  return (endpoint, model) => {
    const set = own.get(`${endpoint.name}/${model}`) ?? own.get(`${endpoint.name}/*`)
    if (set !== undefined) return set
    if (isThisMachine(endpoint.url)) return free
    const input = priceOf(endpoint, model, { input_tokens: million })
    const output = priceOf(endpoint, model, { output_tokens: million })
    return input === undefined || output === undefined ? undefined : { input, output }
  }
}

function priceOf({ url }: EndpointSetting, model: string, usage: Readonly<Record<string, number>>): number | undefined {
  const found = calcPrice(usage, model, { providerApiUrl: url.href })
  return found === null ? undefined : Math.ceil(found.total_price * million)
}

function isThisMachine({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
