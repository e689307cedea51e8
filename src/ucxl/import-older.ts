import type { Address } from './address.ts'
import { maxAddressLength } from './address.ts'
import { formatAddress } from './format.ts'
import { formatInstant } from './instant.ts'
import { parseAddress } from './parse.ts'
import { UcxlError } from './ucxl-error.ts'

/** `agent/role/project/task[/node]/unix-seconds`. */
const tuple = /^([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)(?:\/([^/]+))?\/(\d{1,12})$/

/**
 * Rewrites an older notation as an address: `bzzz://agent:role@project:task/path`, the slash tuple, or what is an address already.
 *
 * The node of a tuple becomes the first segment of the path; its seconds become an instant.
 *
 * @throws UcxlError for what is none of them
 * @see docs/protocols/ucxl.md §6
 */
export function importAddress(input: string): Address {
  if (input.length > maxAddressLength) return parseAddress(input)
  if (/^bzzz:\/\//i.test(input)) return importBzzz(input)
  const found = tuple.exec(input)
  if (found === null) return parseAddress(input)
  const [, agent = '', role = '', project = '', task = '', node, seconds = ''] = found
  const at = Number(seconds) * 1000
  if (at >= 253_402_300_800_000)
    throw new UcxlError(input, {
      field: 'temporal',
      offset: input.length - seconds.length,
      expected: 'seconds since 1970 before the year 10000',
    })
  const path = node === undefined ? '' : `/${node}`
  return canonical(`ucxl://${agent}:${role}@${project}:${task}/${formatInstant(at)}${path}`)
}

function importBzzz(input: string): Address {
  const rest = input.slice('bzzz://'.length)
  const end = rest.search(/[/?#]/)
  const [authority, tail] = end < 0 ? [rest, ''] : [rest.slice(0, end), rest.slice(end)]
  return canonical(`ucxl://${authority}/*^${tail}`)
}

/** What was imported has no other untouched input than what is written from now on. */
function canonical(text: string): Address {
  const address = parseAddress(text)
  return { ...address, raw: formatAddress(address) }
}
