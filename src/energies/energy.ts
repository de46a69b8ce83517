import { UsageError } from '../errors.js'

/**
 * An unnormalised density p(x) = e^(−U(x))/Z of `dim` columns, by its energy U and the gradient of that. Both must be finite
 * wherever a flow may put a sample; a function of fixed arithmetic (no Math.exp) gives the same bits on every engine.
 */
export interface Energy {
  readonly dim: number
  /** U of every row of x [n, dim] → values [n], and ∂U/∂x → gradient [n, dim]; all of them are overwritten. */
  evaluate(x: Float64Array, values: Float64Array, gradient: Float64Array): void
}

/** An energy that every thread can import: a module's URL, and which of its exports is one. */
export interface EnergyModule {
  readonly module: string
  readonly name: string
}

/** U of one row x [dim], its gradient → gradient [dim]. */
export type RowEnergy = (x: Float64Array, gradient: Float64Array) => number

/** An energy by a function of one row. */
export function rowEnergy(dim: number, energyOf: RowEnergy): Energy {
  const [row, slope] = [new Float64Array(dim), new Float64Array(dim)]
  return {
    dim,
    evaluate(x, values, gradient) {
      for (let t = 0; t < values.length; t++) {
        for (let j = 0; j < dim; j++) row[j] = x[t * dim + j]
        values[t] = energyOf(row, slope)
        gradient.set(slope, t * dim)
      }
    },
  }
}

/**
 * The energy that a module exports under a name: functions cannot cross threads, but every thread imports the module.
 * @throws UsageError where the URL is not whole: `new URL('./my-energy.mjs', import.meta.url)` is.
 */
export function energyModule(module: string | URL, name: string): EnergyModule {
  const href = String(module)
  if (!URL.canParse(href)) {
    throw new UsageError(
      `The energy's module is ${JSON.stringify(href)}; expected a whole URL: new URL('./my-energy.mjs', import.meta.url).`,
    )
  }
  if (typeof name !== 'string')
    throw new UsageError(`The energy's name is ${String(name)}; expected that of an export.`)
  return { module: href, name }
}

/** Where other threads find an energy; undefined for one that is here alone. */
export function moduleOf(energy: Energy | EnergyModule): EnergyModule | undefined {
  return 'module' in energy && 'name' in energy ? { module: energy.module, name: energy.name } : undefined
}

/**
 * What computes an energy for rows of `dim` columns, imported where it is in a module.
 * @throws UsageError where it is no energy, or one of other columns.
 */
export async function loadEnergy(energy: Energy | EnergyModule, dim: number): Promise<Energy> {
  const origin = isObject(energy) && !isEnergy(energy) ? moduleOf(energy) : undefined
  const found: unknown = origin ? ((await import(origin.module)) as Record<string, unknown>)[origin.name] : energy
  const what = origin ? `${origin.module} exports as ${origin.name}` : 'The energy is'
  if (!isEnergy(found)) {
    throw new UsageError(
      `${what} ${describe(found)}; expected { dim, evaluate(x, values, gradient) }, or energyModule(url, name).`,
    )
  }
  if (found.dim !== dim) throw new UsageError(`The energy is of ${found.dim} columns, but this flow of ${dim}.`)
  return found
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

function isEnergy(value: unknown): value is Energy {
  return isObject(value) && 'dim' in value && 'evaluate' in value && typeof value.evaluate === 'function'
}

const describe = (value: unknown): string => (value === undefined ? 'nothing' : `a value of type ${typeof value}`)
