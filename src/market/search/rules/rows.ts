/** Bits of a rowid that are the number of the package: 67 million of them. The minute above has 27: until the year 2225. */
const packages = 2 ** 26
const minutes = 2 ** 27
const minuteMs = 60_000

/** The rowid of a package among terms: rowids grow with the minute of its newest release, and within one with its number. */
export function rowOf(id: number, at: number): number {
  if (id < 0 || id >= packages) throw new Error(`a package has the number ${id}, and the index holds ${packages}`)
  const minute = Math.min(minutes - 1, Math.max(0, Math.floor(at / minuteMs)))
  return minute * packages + id
}

/** The number of a package by its rowid, in SQL. */
export const packageOfRow = `(t.rowid & ${packages - 1})`
