/** How a date or time is written: to which unit, and with what between and behind. */
export interface DateFormat {
  readonly unit: 'day' | 'minute' | 'second' | 'millisecond'
  /** Between date and time. */
  readonly between: 'T' | ' '
  /** Behind the time: nothing, Z, or an offset such as +01:00, the same in all cells. */
  readonly zone: string
}

/** Milliseconds of a unit. */
export const UNIT_MILLISECONDS = { day: 86_400_000, minute: 60_000, second: 1000, millisecond: 1 } as const

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:([T ])(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{3}))?)?(Z|[+-]\d\d:\d\d)?)?$/
/** The years that four digits write, in milliseconds since 1970. */
export const DATE_BOUNDS = { low: -62_167_219_200_000, high: 253_402_300_799_999 }

/** A date or time as units since 1970, whatever its zone; undefined for any other text, and for a day that there is not. */
export function parseDate(text: string): { readonly value: number; readonly format: DateFormat } | undefined {
  const [, year, month, day, between, hour, minute, second, fraction, zone = ''] = ISO.exec(text.trim()) ?? []
  if (year === undefined) return undefined
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (date.getUTCDate() !== Number(day) || date.getUTCMonth() !== Number(month) - 1) return undefined
  const [h, m, s] = [hour, minute, second].map((part) => Number(part ?? 0))
  if (h > 23 || m > 59 || s > 59) return undefined
  const unit =
    hour === undefined ? 'day' : second === undefined ? 'minute' : fraction === undefined ? 'second' : 'millisecond'
  const milliseconds = date.getTime() + ((h * 60 + m) * 60 + s) * 1000 + Number(fraction ?? 0)
  return {
    value: milliseconds / UNIT_MILLISECONDS[unit],
    format: { unit, between: between === ' ' ? ' ' : 'T', zone },
  }
}

/** Units since 1970 as text in a format. */
export function formatDate(value: number, { unit, between, zone }: DateFormat): string {
  const iso = new Date(value * UNIT_MILLISECONDS[unit]).toISOString()
  if (unit === 'day') return iso.slice(0, 10)
  const end = { minute: 16, second: 19, millisecond: 23 }[unit]
  return `${iso.slice(0, 10)}${between}${iso.slice(11, end)}${zone}`
}

/** How far a zone is ahead of UTC, in milliseconds; 0 of none. */
export function offsetOf(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone) ?? []
  const minutesAhead = sign === undefined ? 0 : 60 * Number(hours) + Number(minutes)
  return (sign === '-' ? -minutesAhead : minutesAhead) * UNIT_MILLISECONDS.minute
}

/** Whether cells of two formats are written alike. */
export function sameFormat(a: DateFormat, b: DateFormat): boolean {
  return a.unit === b.unit && a.between === b.between && a.zone === b.zone
}

/** How dates of files that have types for them come: as instants. */
const INSTANT: DateFormat = { unit: 'millisecond', between: 'T', zone: 'Z' }

/**
 * Values of one format as those of another, where cells are written alike or the first is that of files with types; undefined
 * where they are not. They are whole where the other one can write them.
 */
export function inFormat(from: DateFormat, to: DateFormat): ((value: number) => number) | undefined {
  if (sameFormat(from, to)) return (value) => value
  if (!sameFormat(from, INSTANT)) return undefined
  return (value) => (value + offsetOf(to.zone)) / UNIT_MILLISECONDS[to.unit]
}
