import { bounded, type OperationCase } from '../case.js'
import { LOG_ULP } from '../claims.js'
import { blank, LENGTHS, normals } from '../inputs.js'

/** Around vectors of four, and of both signs: the diagonal is 10⁻³ and more. */
const sizes = [1, 2, 3, 4, 5, 9].flatMap((dim) => LENGTHS.map((rows) => [dim, rows]))
const raws = (dim: number) => normals(dim, 321, 4)

/** Of softplus and of the logistic, relative in units of ε; softplus' of e^x and ln(1 + …), and sums. */
const SOFTPLUS = 8
const LOGISTIC = 6

function forward(sign: 1 | -1): OperationCase {
  return {
    kernel: 'positiveDiagonal',
    variant: sign > 0 ? 'that multiplies' : 'that divides',
    sizes,
    arrays: (dim, rows) => ({ raw: raws(dim), diagonal: blank(dim), logDet: normals(rows, 322) }),
    operands: () => ({ floor: 1e-3, sign }),
    outputs: (dim) => ({
      diagonal: bounded(`${SOFTPLUS}·ε·diagonal`, SOFTPLUS, (i, { reference }) => reference.diagonal[i]),
      // The relative error of a diagonal is the absolute one of its logarithm.
      logDet: bounded(
        'ε·Σ(errors of the diagonal, of ln and of sums)',
        1,
        (t, { before, reference: { diagonal } }) =>
          diagonal.reduce((sum, value) => sum + SOFTPLUS + (2 * LOG_ULP + dim) * Math.abs(Math.log(value)), 0) +
          2 * Math.abs(before.logDet[t]),
      ),
    }),
  }
}

function backward(sign: 1 | -1): OperationCase {
  return {
    kernel: 'positiveDiagonalBackward',
    variant: sign > 0 ? 'that multiplies' : 'that divides',
    sizes,
    arrays: (dim, rows) => ({
      raw: raws(dim),
      diagonal: raws(dim).map((raw) => Math.log1p(Math.exp(raw)) + 1e-3),
      dDiagonal: normals(dim, 323),
      dLogDet: normals(rows, 324),
      dRaw: normals(dim, 325),
    }),
    operands: () => ({ sign }),
    outputs: (_, rows) => ({
      dRaw: bounded(
        `(rows + ${LOGISTIC + 3})·ε·(|dRaw| + |terms|)`,
        rows + LOGISTIC + 3,
        (i, { before: { raw, diagonal, dDiagonal, dLogDet, dRaw } }) => {
          const dLog = [...dLogDet].reduce((sum, d) => sum + Math.abs(d), 0)
          const slope = 1 / (1 + Math.exp(-raw[i]))
          return Math.abs(dRaw[i]) + (Math.abs(dDiagonal[i]) + dLog / diagonal[i]) * slope
        },
      ),
    }),
  }
}

export const positiveDiagonalCases: readonly OperationCase[] = [forward(1), forward(-1), backward(1), backward(-1)]
