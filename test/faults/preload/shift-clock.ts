/** Preloaded into a process (`node --import`): its wall clock is `FAULT_CLOCK_OFFSET_MS` off. Monotonic time and timers are as they are. */
const offsetMs = Number(process.env['FAULT_CLOCK_OFFSET_MS'] ?? 0)
const trueDate = Date
const shiftedNow = (): number => trueDate.now() + offsetMs

globalThis.Date = new Proxy(trueDate, {
  apply: () => new trueDate(shiftedNow()).toString(),
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget) as Date,
  get: (target, name, receiver) => (name === 'now' ? shiftedNow : (Reflect.get(target, name, receiver) as unknown)),
})

// Node 24 has no Temporal yet.
if ('Temporal' in globalThis) {
  const { instant, timeZoneId } = Temporal.Now
  const shifted = (): Temporal.Instant => instant().add({ milliseconds: offsetMs })
  const zoned = (zone: Temporal.TimeZoneLike = timeZoneId()): Temporal.ZonedDateTime => shifted().toZonedDateTimeISO(zone)
  Object.assign(Temporal.Now, {
    instant: shifted,
    zonedDateTimeISO: zoned,
    plainDateTimeISO: (zone?: Temporal.TimeZoneLike) => zoned(zone).toPlainDateTime(),
    plainDateISO: (zone?: Temporal.TimeZoneLike) => zoned(zone).toPlainDate(),
    plainTimeISO: (zone?: Temporal.TimeZoneLike) => zoned(zone).toPlainTime(),
  })
}
