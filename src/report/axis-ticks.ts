import { type DateFormat, UNIT_MILLISECONDS } from '../columns/iso-dates.js'
import type { Interval } from './interval.js'
import { shorten, textWidth } from './text.js'
import { TEXT } from './theme.js'
import { type Ticks, ticks, twoTicks } from './ticks.js'

/** What is written at an axis of so many px, from left to right or from bottom to top. */
export type TickMaker = (domain: Interval, px: number, direction: 'across' | 'up') => Ticks

/** Between what is written side by side, and above each other, in px. */
const ROOM = { across: 8, up: 14 }
/** Numbers a px, about. */
const SPARSE = { across: 55, up: 45 }
const BETWEEN_NAMES = 4
/** Names beside an axis that goes up are no wider. */
const WIDEST_NAME = 84

/** The room that the widest of all takes. */
export function widest({ values, format }: Ticks): number {
  return values.reduce((width, value) => Math.max(width, textWidth(format(value), TEXT.label)), 0)
}

/** Whether that many fit, a little over each other's room at most. */
function fits(found: Ticks, px: number, direction: 'across' | 'up'): boolean {
  const each = direction === 'across' ? widest(found) + ROOM.across : ROOM.up
  return found.values.length * each <= px * 1.1
}

/** Round numbers, two at least where they fit. */
export const numberTicks: TickMaker = (domain, px, direction) => {
  const most = Math.max(2, Math.floor(px / SPARSE[direction]))
  if (direction === 'up') return twoTicks(domain, most)
  for (let count = most; count > 1; count--) {
    const found = twoTicks(domain, count)
    if (fits(found, px, direction)) return found
  }
  return ticks(domain, 1)
}

/** Whole numbers alone. */
export const wholeTicks: TickMaker = (domain, px, direction) => {
  const found = numberTicks(domain, px, direction)
  if (found.values.every(Number.isInteger)) return found
  const [first, last] = [Math.ceil(domain[0]), Math.floor(domain[1])]
  const values = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)
  return { values, format: (value) => String(value).replace('-', '−') }
}

/** The name of each level at its place, shortened to its room; of very many every second, third, … */
export function levelTicks(levels: readonly string[]): TickMaker {
  return ([low, high], px, direction) => {
    const room = px / (high - low)
    const least = direction === 'across' ? 3 * TEXT.label : ROOM.up
    const every = Math.max(1, Math.ceil(least / room))
    const values = levels.map((_, place) => place).filter((place) => place % every === 0)
    const width = direction === 'across' ? every * room - BETWEEN_NAMES : WIDEST_NAME
    return { values, format: (place) => shorten(levels[place] ?? '', width, TEXT.label) }
  }
}

const TURN = 360
const DEGREES = [30, 45, 90, 180]

/** Of degrees quarters of a turn or such, of any other period round numbers. */
export function angleTicks(period: number): TickMaker {
  return (domain, px, direction) => {
    if (period !== TURN) return numberTicks(domain, px, direction)
    const of = (step: number) => multiples(domain, step)
    const most = 1 + px / SPARSE[direction]
    const step = DEGREES.find((step) => of(step).values.length <= most && fits(of(step), px, direction))
    return of(step ?? DEGREES[DEGREES.length - 1])
  }
}

function multiples([low, high]: Interval, step: number): Ticks {
  const first = Math.ceil(low / step - 1e-9)
  const count = Math.floor(high / step + 1e-9) - first + 1
  return {
    values: Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step),
    format: (value) => String(value === 0 ? 0 : value).replace('-', '−'),
  }
}

/** A step of a calendar, and how much of what is written in full is read where it is taken. */
interface CalendarStep {
  readonly years?: number
  readonly months?: number
  readonly milliseconds?: number
  readonly written: readonly [from: number, to: number]
}

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000]
const steps = (written: CalendarStep['written'], milliseconds: readonly number[]): CalendarStep[] =>
  milliseconds.map((step) => ({ milliseconds: step, written }))
/** The parts of 2026-11-26T10:00:00.000. */
const CALENDAR: readonly CalendarStep[] = [
  ...steps([11, 23], [1, 10, 100]),
  ...steps([11, 19], [SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND]),
  ...steps([5, 16], [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR]),
  ...steps([0, 10], [DAY, 2 * DAY, 7 * DAY, 14 * DAY]),
  ...[1, 3, 6].map((months) => ({ months, written: [0, 7] as const })),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((years) => ({ years, written: [0, 4] as const })),
]
/** More than an axis has room for. */
const TOO_MANY = 200

/** Days, months, years or parts of days, of a column whose numbers are dates in units since 1970. */
export function dateTicks({ unit }: DateFormat): TickMaker {
  const length = UNIT_MILLISECONDS[unit]
  return ([low, high], px, direction) => {
    const usable = CALENDAR.filter(({ milliseconds = length }) => milliseconds >= length)
    const most = 1 + px / SPARSE[direction]
    const found = usable
      .map((step) => calendarTicks([low * length, high * length], step, length))
      .find((found) => found.values.length <= most && fits(found, px, direction))
    return found ?? { values: [], format: String }
  }
}

function calendarTicks([low, high]: Interval, step: CalendarStep, unit: number): Ticks {
  const values: number[] = []
  for (let i = 0, at = firstOf(low, step); at <= high && i < TOO_MANY; i++, at = next(at, step)) values.push(at / unit)
  const [from, to] = step.written
  return {
    values,
    format: (value) => new Date(value * unit).toISOString().slice(from, to).replace('T', ' '),
  }
}

/** The first place of a step at or after a time. */
function firstOf(low: number, { years, months, milliseconds }: CalendarStep): number {
  if (milliseconds !== undefined) return Math.ceil(low / milliseconds) * milliseconds
  const date = new Date(low)
  const month = date.getUTCMonth()
  const year = date.getUTCFullYear()
  const begin = years ? time(Math.floor(year / years) * years, 0) : time(year, month - (month % (months as number)))
  return begin >= low ? begin : next(begin, { years, months, written: [0, 0] })
}

function next(at: number, { years = 0, months = 0, milliseconds }: CalendarStep): number {
  if (milliseconds !== undefined) return at + milliseconds
  const date = new Date(at)
  return time(date.getUTCFullYear() + years, date.getUTCMonth() + months)
}

/** The first day of a month; Date.UTC takes the years 0 … 99 for others. */
function time(year: number, month: number): number {
  return new Date(0).setUTCFullYear(year, month, 1)
}
