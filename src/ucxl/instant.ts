/** Why a text is no instant. */
export interface InstantComplaint {
  readonly offset: number
  readonly expected: string
}

/** Shape of what is fixed in every instant: `d` is a digit, the rest stands for itself. */
const shape = 'dddd-dd-ddTdd:dd:dd'
const shapeCodes = Uint8Array.from(shape, (character) => character.charCodeAt(0))
/** Milliseconds that the last of so many digits of a fraction counts. */
const fractionUnits = [0, 100, 10, 1] as const
const [dot, plus, minus, zulu, digitMark] = [0x2e, 0x2b, 0x2d, 0x5a, 0x64]
const maxFraction = 9
/** First and past-the-last millisecond that four digits of a year can write. */
const [firstInstant, endOfInstants] = [-62_167_219_200_000, 253_402_300_800_000]
const msPerDay = 86_400_000

/** Milliseconds since 1970 of a real calendar instant; no zone means UTC, digits finer than a millisecond are cut. */
export function parseInstant(text: string): number | InstantComplaint {
  for (let index = 0; index < shape.length; index += 1) {
    const wanted = shapeCodes[index]
    const isRight = wanted === digitMark ? isDigit(text, index) : text.charCodeAt(index) === wanted
    if (!isRight) return { offset: Math.min(index, text.length), expected: wanted === digitMark ? 'a digit' : `"${shape[index]}"` }
  }
  const day = readDay(text)
  if (typeof day !== 'number') return day
  const time = readTime(text)
  if (typeof time !== 'number') return time
  const fractionEnd = skipFraction(text, shape.length)
  if (typeof fractionEnd !== 'number') return fractionEnd
  const zone = readZone(text, fractionEnd)
  if (typeof zone !== 'number') return zone
  const instant = day * msPerDay + time + readMilliseconds(text, fractionEnd) - zone * 60_000
  const isWritable = instant >= firstInstant && instant < endOfInstants
  return isWritable ? instant : { offset: 0, expected: 'a year from 0000 to 9999, in UTC' }
}

/** In UTC with `Z`, to the millisecond. */
export function formatInstant(at: number): string {
  return new Date(at).toISOString()
}

/** Days since 1970. */
function readDay(text: string): number | InstantComplaint {
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  if (month < 1 || month > 12) return { offset: 5, expected: 'a month from 01 to 12' }
  if (day < 1 || day > daysOf(year, month)) return { offset: 8, expected: 'a day of that month' }
  return daysSince1970(year, month, day)
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Days of the proleptic Gregorian calendar, with years that begin in March so that the leap day is the last one. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** Milliseconds of the day. */
function readTime(text: string): number | InstantComplaint {
  const hour = digits(text, 11, 2)
  const minute = digits(text, 14, 2)
  const second = digits(text, 17, 2)
  if (hour > 23) return { offset: 11, expected: 'an hour from 00 to 23' }
  if (minute > 59) return { offset: 14, expected: 'a minute from 00 to 59' }
  if (second > 59) return { offset: 17, expected: 'a second from 00 to 59' }
  return ((hour * 60 + minute) * 60 + second) * 1000
}

/** Where the fraction of a second ends that may begin at `from`. */
function skipFraction(text: string, from: number): number | InstantComplaint {
  if (text.charCodeAt(from) !== dot) return from
  let end = from + 1
  while (end < text.length && isDigit(text, end)) end += 1
  const count = end - from - 1
  return count >= 1 && count <= maxFraction
    ? end
    : { offset: Math.min(end, from + 1 + maxFraction), expected: `1 to ${maxFraction} digits` }
}

function readMilliseconds(text: string, end: number): number {
  const from = shape.length + 1
  if (end < from) return 0
  const count = Math.min(3, end - from)
  return digits(text, from, count) * (fractionUnits[count] ?? 0)
}

/** Minutes east of UTC. */
function readZone(text: string, from: number): number | InstantComplaint {
  if (from === text.length) return 0
  const code = text.charCodeAt(from)
  if (code === zulu) return from + 1 === text.length ? 0 : { offset: from + 1, expected: 'nothing after "Z"' }
  if (code !== plus && code !== minus) return { offset: from, expected: '"Z" or a zone such as +01:00' }
  const hours = digits(text, from + 1, 2)
  const minutes = digits(text, from + 4, 2)
  if (!/^\d\d:\d\d$/.test(text.slice(from + 1)) || hours > 23 || minutes > 59)
    return { offset: from + 1, expected: 'a zone such as +01:00' }
  return (code === plus ? 1 : -1) * (hours * 60 + minutes)
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index)
  return code >= 0x30 && code <= 0x39
}

function digits(text: string, from: number, count: number): number {
  let value = 0
  for (let index = from; index < from + count; index += 1) value = value * 10 + text.charCodeAt(index) - 0x30
  return value
}
