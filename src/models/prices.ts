import { calcPrice } from '@pydantic/genai-prices'
import { isLoopback } from '../lib/loopback.ts'
import type { Price, Rate } from './rules/estimate.ts'
import { flatPrice } from './rules/estimate.ts'
import type { EndpointSetting } from './settings.ts'

/** What to count where nothing is paid. */
const free = flatPrice({ input: 0, output: 0 })
const million = 1_000_000

/** Tells what models cost. `undefined`: nothing says so. */
export type FindPrice = (endpoint: EndpointSetting, model: string) => Price | undefined

/**
 * Prices as the configuration says, else as the table of known providers says: some take more for a long call. A model of this machine is free.
 *
 * @see https://github.com/pydantic/genai-prices
 */
export function createPriceList(own: ReadonlyMap<string, Rate>): FindPrice {
  return (endpoint, model) => {
    const set = own.get(`${endpoint.name}/${model}`) ?? own.get(`${endpoint.name}/*`)
    if (set !== undefined) return flatPrice(set)
    if (isLoopback(endpoint.url.hostname)) return free
    const options = { providerApiUrl: endpoint.url.href }
    const priceOf: Price = ({ inputTokens, outputTokens }) =>
      (calcPrice({ input_tokens: inputTokens, output_tokens: outputTokens }, model, options)?.total_price ?? 0) * million
    return calcPrice({}, model, options) === null ? undefined : priceOf
  }
}
