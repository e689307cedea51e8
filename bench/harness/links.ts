import { createSeededChance } from '../../src/lib/chance.ts'

/** Who dials whom, by place. */
export type Link = readonly [from: number, to: number]

/** The same links for the same arguments: a ring, so that nobody is cut off, and random ones until there are `count * degree / 2`. */
export function createLinks(count: number, degree: number): readonly Link[] {
  const chance = createSeededChance(count)
  const pick = (): number => Math.floor(chance.fraction() * count)
  const links = new Map<string, Link>()
  const add = (from: number, to: number): void => {
    if (from !== to) links.set(`${Math.min(from, to)} ${Math.max(from, to)}`, [from, to])
  }
  for (let place = 0; place < count; place += 1) add(place, (place + 1) % count)
  const all = Math.min((count * degree) / 2, (count * (count - 1)) / 2)
  while (links.size < all) add(pick(), pick())
  return [...links.values()]
}
