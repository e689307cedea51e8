import { parseAddress, parseTemporal, UcxlError } from '../../ucxl/ucxl.ts'
import { readFields } from './read.ts'

/** What is said on stderr beside an answer, with its line end; empty for nothing. */
export function renderAside(name: string, input: unknown, output: unknown): string {
  const knownUntil = readFields(output).text('knownUntil')
  if (name !== 'context.get' || knownUntil === '' || !isOfInstant(input)) return ''
  return `as of the writer's journal, which is known here up to ${knownUntil}\n`
}

/** Whether content was asked for as it was at an instant, beside the address or in it. */
function isOfInstant(input: unknown): boolean {
  const given = readFields(input)
  const at = given.has('at') ? parseTemporal(given.text('at')) : temporalOf(given.text('address'))
  return at !== undefined && 'kind' in at && at.kind === 'instant'
}

/** Undefined of what the node read otherwise. */
function temporalOf(address: string): ReturnType<typeof parseTemporal> | undefined {
  try {
    return parseAddress(address).temporal
  } catch (error) {
    if (error instanceof UcxlError) return undefined
    throw error
  }
}
