import { createSeededChance } from '../src/lib/chance.ts'
import { parseAddress } from '../src/ucxl/ucxl.ts'
import { compare } from './harness/compare.ts'
import type { Answer, Context, Question } from './harness/question.ts'
import { createAddresses } from './harness/addresses.ts'

const seed = 4
const count = 1_000

/** How fast an address is read. */
export const question: Question = {
  name: 'ucxl',
  asks: 'How many addresses a second does the parser read, out of a mixed thousand?',
  ask: async (context: Context): Promise<Answer> => {
    const addresses = createAddresses(count, createSeededChance(seed))
    // the last colon would begin a port, which has digits only
    const urls = addresses.map((address) => Buffer.from(address.replace(/(@[^:]*):/, '$1/')).toString())
    const passes = context.quick ? 20 : 300
    const figures = await compare(context, {
      what: 'addresses read',
      unit: '/s',
      ours: { name: 'parseAddress', measure: async () => measure(addresses, passes, (text) => parseAddress(text).path.length) },
      peers: [
        { name: 'new URL', measure: async () => measure(urls, passes, (text) => new URL(text).pathname.length), aim: { atLeast: 2 } },
      ],
      rounds: context.quick ? 3 : 15,
      warmups: 2,
    })
    return {
      figures,
      conditions: [
        `${count} addresses from a seed: names such as agents and tasks have, one in twenty in capitals; every kind of temporal segment, half of them *^; paths of 0 to 5 segments; one in ten with a query, one in twenty with a fragment`,
        'new URL reads the same text with a slash in the place of the last colon, behind which it would want a port; of both one part is asked for, so that nothing is left out as unused',
      ],
    }
  },
}

/** Texts read a second. */
function measure(texts: readonly string[], passes: number, read: (text: string) => number): number {
  let sum = 0
  const startedAt = performance.now()
  for (let pass = 0; pass < passes; pass += 1) for (const text of texts) sum += read(text)
  const ms = performance.now() - startedAt
  if (sum === 0) throw new Error('nothing was read')
  return (texts.length * passes * 1000) / ms
}
