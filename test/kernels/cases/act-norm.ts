import { bounded, type OperationCase, type Outcome, ulps } from '../case.js'
import { EXP_ULP } from '../claims.js'
import { blank, normals, TILES } from '../inputs.js'

/** Log-scales beyond it are held there, and have no gradient: some of those below are. */
const BOUND = 1.5
const operands = () => ({ bound: BOUND })

const clamped = (s: number) => Math.min(Math.max(s, -BOUND), BOUND)
/** Relative error of e^±s in units of ε. */
const SCALE = 2 * EXP_ULP

const magnitudeOfLogs = (t: number, { before: { s, logDet } }: Outcome) =>
  [...s].reduce((sum, value) => sum + Math.abs(clamped(value)), Math.abs(logDet[t]))

function direction(kernel: 'actNorm' | 'actNormInverse', from: string, to: string): OperationCase {
  const sign = kernel === 'actNorm' ? 1 : -1
  return {
    kernel,
    sizes: TILES,
    arrays: (dim, rows) => ({
      s: normals(dim, 301, 1.5),
      t: normals(dim, 302),
      [from]: normals(dim * rows, 303),
      [to]: blank(dim * rows),
      logDet: normals(rows, 304),
    }),
    operands,
    outputs: (dim, rows) => ({
      [to]:
        sign > 0
          ? ulps(to, SCALE + 2)
          : bounded(`${SCALE + 2}·ε·(|z·e^−s| + |t|)`, SCALE + 2, (i, { before: { s, t, z } }) => {
              const j = Math.floor(i / rows)
              return Math.abs(z[i]) * Math.exp(-clamped(s[j])) + Math.abs(t[j])
            }),
      logDet: bounded('(dim + 1)·ε·(|logDet| + Σ|s|)', dim + 1, magnitudeOfLogs),
    }),
  }
}

function backward(kernel: 'actNormBackward' | 'actNormInverseBackward', dOut: string, dIn: string): OperationCase {
  const sign = kernel === 'actNormBackward' ? 1 : -1
  const scale = (s: number) => Math.exp(sign * clamped(s))
  return {
    kernel,
    sizes: TILES,
    arrays: (dim, rows) => ({
      s: normals(dim, 311, 1.5),
      z: normals(dim * rows, 312),
      [dOut]: normals(dim * rows, 313),
      dLogDet: normals(rows, 314),
      [dIn]: blank(dim * rows),
      ds: normals(dim, 315),
      dt: normals(dim, 316),
    }),
    operands,
    outputs(_, rows) {
      const sumOver = (j: number, term: (i: number, t: number) => number) => {
        let sum = 0
        for (let t = 0; t < rows; t++) sum += Math.abs(term(j * rows + t, t))
        return sum
      }
      const k = rows + SCALE + 3
      return {
        [dIn]: ulps(dIn, SCALE + 1),
        ds: bounded(`(rows + ${SCALE + 3})·ε·Σ|terms|`, k, (j, { before }) => {
          const factor = sign > 0 ? 1 : scale(before.s[j])
          return (
            Math.abs(before.ds[j]) +
            sumOver(j, (i, t) => Math.abs(factor * before[dOut][i] * before.z[i]) + Math.abs(before.dLogDet[t]))
          )
        }),
        dt: bounded(`(rows + ${SCALE + 3})·ε·Σ|terms|`, k, (j, { before }) => {
          const factor = sign > 0 ? scale(before.s[j]) : 1
          return Math.abs(before.dt[j]) + sumOver(j, (i) => factor * before[dOut][i])
        }),
      }
    },
  }
}

export const actNormCases: readonly OperationCase[] = [
  direction('actNorm', 'x', 'z'),
  direction('actNormInverse', 'z', 'x'),
  backward('actNormBackward', 'dz', 'dx'),
  backward('actNormInverseBackward', 'dx', 'dz'),
]
