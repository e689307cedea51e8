import type { Fault } from '../../lib/fault.ts'
import type { Address, Temporal } from '../../ucxl/ucxl.ts'
import {
  componentNames,
  formatTemporal,
  isConcrete,
  parseAddress,
  parsePattern,
  parseTemporal,
  UcxlError,
  wildcard,
} from '../../ucxl/ucxl.ts'
import { httpFaults } from '../faults.ts'

const addressFormat = 'ucxl://agent:role@project:task/temporal/path'
const temporalFormat = '*^, *~, *~N, ~~N, ^^N or an instant'
/** Characters before the agent. */
const schemeLength = 'ucxl://'.length
/** Longest text that an answer repeats, in characters. */
const maxShown = 200

/** An address under which something can be written. @throws Fault UCXI_ADDRESS_INVALID */
export function readConcrete(text: string): Address {
  const address = readOne(text)
  if (isConcrete(address)) return address
  const found = formatTemporal(address.temporal)
  throw refuse(text, {
    field: 'temporal',
    offset: offsetOfTemporal(address),
    expected: `*^, because what is written is the newest; ${found} can only be read`,
  })
}

/** An address that means one resource, at any time. @throws Fault UCXI_ADDRESS_INVALID */
export function readOne(text: string): Address {
  const address = read(text, parseAddress)
  let offset = schemeLength
  for (const name of componentNames) {
    if (address[name] === wildcard)
      throw refuse(text, { field: name, offset, expected: `a name; "${wildcard}" stands for every one, which is for patterns` })
    offset += address[name].length + 1
  }
  return address
}

/** An address that may mean many. @throws Fault UCXI_ADDRESS_INVALID */
export function readPattern(text: string): Address {
  return read(text, parsePattern)
}

/** A temporal segment alone. @throws Fault UCXI_TEMPORAL_INVALID */
export function readTemporal(text: string): Temporal {
  const temporal = parseTemporal(text)
  if ('kind' in temporal) return temporal
  const { offset, expected } = temporal
  const message = `the temporal segment cannot be read at character ${offset}: expected ${expected}`
  throw httpFaults.create('UCXI_TEMPORAL_INVALID', {
    message,
    data: { field: 'temporal', provided: clip(text), expected_format: temporalFormat, parse_error: `expected ${expected}`, offset },
  })
}

function read(text: string, parse: (text: string) => Address): Address {
  if (text === '')
    throw refuse(text, {
      field: 'address',
      offset: 0,
      expected: `the parameter "${parse === parsePattern ? 'pattern' : 'address'}": ${addressFormat}`,
    })
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof UcxlError) throw refuse(text, error)
    throw error
  }
}

function offsetOfTemporal({ agent, role, project, task }: Address): number {
  return schemeLength + agent.length + role.length + project.length + task.length + 4
}

function refuse(text: string, { field, offset, expected }: Pick<UcxlError, 'offset' | 'expected'> & { readonly field: string }): Fault {
  return httpFaults.create('UCXI_ADDRESS_INVALID', {
    message: `the ${field} of the address cannot be used at character ${offset}: expected ${expected}`,
    data: { field, provided: clip(text), expected_format: addressFormat, parse_error: `expected ${expected}`, offset },
  })
}

function clip(text: string): string {
  const whole = text.toWellFormed()
  return whole.length > maxShown ? `${whole.slice(0, maxShown).toWellFormed()}…` : whole
}
