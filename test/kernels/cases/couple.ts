import { bounded, exact, type OperationCase, type Outcome, ulps } from '../case.js'
import { EXP_ULP, SCALED_TANH_ULP } from '../claims.js'
import { blank, LENGTHS, normals, uniforms } from '../inputs.js'

/** [rows, f]: bounds e^f of the log-scale from 0.14 to 67, on both sides of what a kernel may take to be near. */
const sizes = [-2, 0, 0.7, 3, 4.2].flatMap((f) => LENGTHS.map((rows) => [rows, f]))

// Relative errors in units of ε; an ulp is at most 2ε. Those of e^f and e^−f:
const BOUND = 2 * EXP_ULP
/** u: that of a times the scaled e^−f, which tanh does not magnify, and tanh's own. */
const TANH = BOUND + 2 + 2 * SCALED_TANH_ULP
/** s = u·e^f */
const LOG_SCALE = TANH + BOUND + 1

/** s of row i, as the reference has it; its error becomes e's relative error. */
function logScale(i: number, { size: [, f], reference: { u } }: Outcome): number {
  return Math.abs(u[i] * Math.exp(f))
}

function direction(kernel: 'affineCouple' | 'affineCoupleInverse', from: string, to: string): OperationCase {
  return {
    kernel,
    sizes,
    arrays: (rows, f) => ({
      f: new Float32Array([f]),
      // The small ones are above SMALL for each e^−f.
      a: normals(rows, 41, 1.5 * Math.exp(f)).map((a, i) => (i % 9 === 4 ? 1e-26 * a : i % 9 === 7 ? 100 * a : a)),
      t: normals(rows, 42),
      [from]: normals(rows, 43),
      [to]: blank(rows),
      logDet: normals(rows, 44),
      u: blank(rows),
      e: blank(rows),
    }),
    outputs: () => ({
      u: ulps('u', TANH),
      e: bounded(
        `${LOG_SCALE}·ε·|s|·e + ${BOUND}·ε·e`,
        1,
        (i, it) => (LOG_SCALE * logScale(i, it) + BOUND) * it.reference.e[i],
      ),
      // Two more roundings: forward of x + t and the product, inverse of the product and of what − t leaves.
      [to]: bounded(`as e, + 2·ε`, 1, (i, it) => {
        const scaled = Math.abs(it.reference[to][i] + (to === 'x' ? it.before.t[i] : 0))
        return (LOG_SCALE * logScale(i, it) + BOUND + 1) * scaled + Math.abs(it.reference[to][i])
      }),
      logDet: bounded(
        `${LOG_SCALE}·ε·|s| + ε·|logDet|`,
        1,
        (i, it) => LOG_SCALE * logScale(i, it) + Math.abs(it.reference.logDet[i]),
      ),
    }),
  }
}

// The backward passes take u and e as they stand. Errors are bounded by the same expressions over absolute values;
// factors of ε count the roundings on the longest way: ds 2 (inverse 3), 1 − u² 2, a product of both 1 more.
const DS = 3
const DA = DS + 3

function dsMagnitude(i: number, { before }: Outcome): number {
  const { z, x, t, dz, dx, dLogDet } = before
  const product = z ? dz[i] * z[i] : Math.abs(dx[i]) * (Math.abs(x[i]) + Math.abs(t[i]))
  return Math.abs(product) + Math.abs(dLogDet[i])
}

function dfMagnitude(_: number, it: Outcome): number {
  const { a, u, df } = it.before
  const bound = Math.exp(it.size[1])
  let sum = Math.abs(df[0])
  for (let i = 0; i < it.size[0]; i++) {
    sum += dsMagnitude(i, it) * (Math.abs(u[i]) * bound + Math.abs(a[i]) * (1 + u[i] * u[i]))
  }
  return sum
}

/** What a backward pass reads, e^±s by a normal's exponential, and what both write beside dIn and dt. */
function kept(rows: number, f: number) {
  return {
    f: new Float32Array([f]),
    a: normals(rows, 45, Math.exp(f)),
    u: uniforms(rows, 46, -1, 1),
    e: normals(rows, 47).map(Math.exp),
    dLogDet: normals(rows, 48),
    da: blank(rows),
    dt: blank(rows),
    df: normals(1, 49),
  }
}

const shared = (rows: number) => ({
  da: bounded(`${DA}·ε·(|dz·z| + |dLogDet|)(1 + u²)`, DA, (i, it) => dsMagnitude(i, it) * (1 + it.before.u[i] ** 2)),
  df: bounded('(rows + 10)·ε·(|df| + Σ|terms|)', rows + DS + BOUND + 5, dfMagnitude),
})

export const coupleCases: readonly OperationCase[] = [
  direction('affineCouple', 'x', 'z'),
  direction('affineCoupleInverse', 'z', 'x'),
  {
    kernel: 'affineCoupleBackward',
    sizes,
    arrays: (rows, f) => ({ ...kept(rows, f), z: normals(rows, 50), dz: normals(rows, 51), dx: blank(rows) }),
    outputs: (rows) => ({ dx: ulps('dx', 0.5), dt: ulps('dt', 0.5), ...shared(rows) }),
  },
  {
    kernel: 'affineCoupleInverseBackward',
    sizes,
    arrays: (rows, f) => ({
      ...kept(rows, f),
      t: normals(rows, 52),
      x: normals(rows, 53),
      dx: normals(rows, 54),
      dz: blank(rows),
    }),
    outputs: (rows) => ({ dz: ulps('dz', 0.5), dt: exact, ...shared(rows) }),
  },
]
