export type Part = 'training' | 'validation' | 'test'

/** A set cut in three, every column standardised by its training rows; [rows, columns], row-major. */
export interface Cut extends Readonly<Record<Part, Float32Array>> {
  /** Training rows and those held out, for who holds rows out as it sees fit. */
  readonly together: Float32Array
  /** ln p of the test rows in truth, in standardised units, where it is known. */
  readonly truth: Float64Array | undefined
}

interface Raw extends Readonly<Record<Part, Float64Array>> {
  readonly columns: number
}

/** Throws where a set has too few rows, a constant column, or a number that is not finite. */
export function cutRows(name: string, raw: Raw, truthOf?: (rows: Float64Array) => Float64Array): Cut {
  const { columns } = raw
  const least = Math.min(raw.training.length / 2, raw.validation.length, raw.test.length)
  if (least < columns) throw new Error(`${name} has too few rows to be cut in three.`)
  const scales = scalesOf(raw.training, columns)
  const parts = {
    training: standardised(name, raw.training, scales),
    validation: standardised(name, raw.validation, scales),
    test: standardised(name, raw.test, scales),
  }
  const logScale = scales.reduce((sum, { sd }) => sum + Math.log(sd), 0)
  const truth = truthOf?.(raw.test).map((value) => value + logScale)
  if (truth && !truth.every(Number.isFinite)) throw new Error(`${name} has test rows whose true density is 0.`)
  const together = new Float32Array(parts.training.length + parts.validation.length)
  together.set(parts.training)
  together.set(parts.validation, parts.training.length)
  return { ...parts, together, truth }
}

interface Scale {
  readonly mean: number
  readonly sd: number
}

function scalesOf(rows: Float64Array, columns: number): Scale[] {
  return Array.from({ length: columns }, (_, j) => {
    const column = Float64Array.from({ length: rows.length / columns }, (_, i) => rows[i * columns + j])
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length
    const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length
    return { mean, sd: Math.sqrt(variance) }
  })
}

function standardised(name: string, rows: Float64Array, scales: readonly Scale[]): Float32Array {
  const out = Float32Array.from(rows, (value, i) => {
    const { mean, sd } = scales[i % scales.length]
    return (value - mean) / sd
  })
  const wrong = out.findIndex((value) => !Number.isFinite(value))
  if (wrong >= 0) {
    throw new Error(`${name}: column ${(wrong % scales.length) + 1} is constant or has a value that is not finite.`)
  }
  return out
}
