/** The middle value; the mean of the two middle ones for an even count. @throws RangeError for no values */
export function medianOf(values: readonly number[]): number {
  return quantileOf(values, 0.5)
}

/** The value below which that share of the values lies, interpolated. @throws RangeError for no values, or one that is no number */
export function quantileOf(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('there is nothing to take a quantile of')
  if (!values.every(Number.isFinite)) throw new RangeError(`not every measured value is a number: ${values.join(', ')}`)
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? 0
  const above = sorted[Math.ceil(place)] ?? 0
  return below + (above - below) * (place - Math.floor(place))
}
