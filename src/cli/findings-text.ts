import { printable } from '../printable.js'
import type { DominatingRows } from '../train/dominating-rows.js'
import type { Evaluation } from '../train/figures.js'
import type { SamplesOutside } from '../train/samples-outside.js'

/** What a person reads at once. */
/** Samples far outside count from this share on: of 100 000, ten. */
const FAR_SHARE = 1e-4
/** And those outside at all from this share on, where they are so many times as many as of rows like the training rows. */
const OUTSIDE = { share: 0.01, times: 3 }
const DIGITS = 2
/** Beyond them numbers are written with an exponent. */
const MOST_DECIMALS = 20

/** What is odd about an evaluation, a sentence each: rows that dominate a mean or are in none, samples where no rows are. */
export function findingsText({ dominating, leftOutRows, samplesOutside, nll }: Evaluation): string[] {
  const parts = { train: 'training', validation: 'validation', test: 'test', fresh: 'fresh' } as const
  return [
    ...(['train', 'validation', 'test', 'fresh'] as const).flatMap((part) => {
      const rows = dominating?.[part]
      return rows ? [dominatingText(rows, parts[part])] : []
    }),
    ...(leftOutRows ? [leftOutText(leftOutRows)] : []),
    // An evaluation that an older version has written has no such figures.
    ...(samplesOutside ? outsideText(samplesOutside, nll.train.rows) : []),
  ]
}

/** "Test row 7 (counted from 0) has −ln p = 18818.20: without it the mean is 4.21." */
function dominatingText({ rows, meanWithout }: DominatingRows, part: string): string {
  const one = rows.length === 1
  const values = rows.map(({ nll }) => (nll === null ? 'infinite' : nll.toFixed(DIGITS)))
  const numbers = listed(rows.map(({ row }) => `${row}`))
  const without =
    meanWithout === null ? '' : `: without ${one ? 'it' : 'them'} the mean is ${meanWithout.toFixed(DIGITS)}`
  const subject = `${capital(part)} ${one ? 'row' : 'rows'} ${numbers} (counted from 0)`
  return `${subject} ${one ? 'has' : 'have'} −ln p ${listed(values)}${without}.`
}

/** "Warning: rows 7 and 9 (counted from 0) were to be held out, but lie …" */
function leftOutText({ rows, count }: NonNullable<Evaluation['leftOutRows']>): string {
  const one = count === 1
  const more = count > rows.length ? [`${count - rows.length} more`] : []
  const numbers = listed([...rows.map(String), ...more])
  return `Warning: ${one ? 'row' : 'rows'} ${numbers} (counted from 0) ${one ? 'was' : 'were'} to be held out, but ${one ? 'lies' : 'lie'} so far outside that the density is 0 there: the validation figures are without ${one ? 'it' : 'them'}.`
}

function outsideText({ share, farShare, columns }: SamplesOutside, rows: number): string[] {
  // Of n rows and one more of the same kind, that one is the least or the greatest of a column with probability 2/(n + 1).
  const ordinary = (2 * columns.length) / (rows + 1)
  const [few, many] = [farShare >= FAR_SHARE, share >= Math.max(OUTSIDE.share, OUTSIDE.times * ordinary)]
  if (columns.length === 0 || (!few && !many)) return []
  const worst = columns.reduce((worst, column) => (reach(column) > reach(worst) ? column : worst))
  const range = (low: number | null, high: number | null) => `${number(low, worst.sd)} … ${number(high, worst.sd)}`
  const far = few ? `, ${percent(farShare)} by over 3 sd` : ''
  return [
    `${percent(share)} of the samples lie outside the training rows' range${far}: ${printable(worst.name)} is ${range(worst.least, worst.greatest)} there, ${range(worst.low, worst.high)} in the rows.`,
  ]
}

/** How far samples lie outside, in standard deviations of the column. */
function reach({ low, high, sd, least, greatest }: SamplesOutside['columns'][number]): number {
  if (least === null || greatest === null) return Number.POSITIVE_INFINITY
  return Math.max(low - least, greatest - high) / sd
}

/** To a hundredth of a standard deviation, about: three digits of a year, or of a time, tell nothing. */
function number(value: number | null, sd: number): string {
  if (value === null) return 'infinite'
  const decimals = 2 - Math.floor(Math.log10(sd))
  if (!(Math.abs(value) < 1e15) || !(decimals <= MOST_DECIMALS)) return `${Number(value.toPrecision(3))}`
  const unit = 10 ** -decimals
  return `${decimals > 0 ? Number(value.toFixed(decimals)) : Math.round(value / unit) * unit}`
}
const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`
const capital = (text: string): string => text[0].toUpperCase() + text.slice(1)

function listed(words: readonly string[]): string {
  return words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`
}
