import type { Address } from '../ucxl/ucxl.ts'
import { formatResource, formatTemporal, isConcrete, parseAddress, UcxlError } from '../ucxl/ucxl.ts'

const schemeLength = 'ucxl://'.length

/** The address of a resource by its name, in the one form that is written; undefined for anything else. */
export function parseResource(text: string): Address | undefined {
  const end = text.indexOf('/', schemeLength)
  try {
    // a name has no temporal segment, and an address needs one before a path
    const address = parseAddress(end < 0 ? text : `${text.slice(0, end)}/*^${text.slice(end)}`)
    return isConcrete(address) && formatResource(address) === text ? address : undefined
  } catch (error) {
    if (error instanceof UcxlError) return undefined
    throw error
  }
}

/** Canonical address of one version of a resource that the view has. */
export function addressOfVersion(resource: string, version: number): string {
  const end = resource.indexOf('/', schemeLength)
  const place = end < 0 ? resource.length : end
  return `${resource.slice(0, place)}/${formatTemporal({ kind: 'specific', version })}${resource.slice(place)}`
}

/** The address of a resource that the view has. */
export function addressOf(resource: string): Address {
  const address = parseResource(resource)
  if (address === undefined) throw new Error(`${JSON.stringify(resource)} is no resource: the view was damaged`)
  return address
}
