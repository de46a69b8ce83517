import { bounded, type OperationCase, type Outcome } from '../case.js'
import { blank, LENGTHS, normals, normalsWithEdges } from '../inputs.js'

/** [rows, how far x reaches]; from 2²⁴ on z is held inside. */
const sizes = [1, 30, 1e8].flatMap((reach) => LENGTHS.map((rows) => [rows, reach]))

/** Forward or inverse, inside of the image: outside of it nothing of the log-det is kept. */
function softsignCase(kernel: 'softsign' | 'softsignInverse', from: 'x' | 'z', to: 'x' | 'z'): OperationCase {
  /** Of r = 1/(1 + |x|) two roundings, of r = 1 − |z| one; the reference's results round too. */
  const r = from === 'x' ? 2 : 1
  const itself = (name: string, k: number) =>
    bounded(`${k}·ε·|${name}|`, k, (i, { reference }) => Math.abs(reference[name][i]))
  const added = (i: number, { before, reference }: Outcome) =>
    Math.abs(before.logDet[i]) + 2 * Math.log1p(Math.abs((from === 'x' ? before : reference).x[i]))
  const image = (x: number) => Math.max(-1 + 2 ** -24, Math.min(x / (1 + Math.abs(x)), 1 - 2 ** -24))
  return {
    kernel,
    sizes,
    arrays: (rows, reach) => {
      const x = normalsWithEdges(rows, 41).map((value) => value * reach)
      return {
        [from]: from === 'x' ? x : x.map(image),
        [to]: blank(rows),
        logDet: normals(rows, 42),
        slope: blank(rows),
        bend: blank(rows),
      }
    },
    outputs: () => ({
      [to]: itself(to, 3),
      // Of ln(1 + …) 1.5 ulp, and the sum.
      logDet: bounded('5·ε·(|logDet| + 2 ln(1 + |x|))', 5, added),
      slope: itself('slope', 2 * r + 2),
      bend: itself('bend', r + 1),
    }),
  }
}

export const boundedMapCases: readonly OperationCase[] = [
  softsignCase('softsign', 'x', 'z'),
  softsignCase('softsignInverse', 'z', 'x'),
]
