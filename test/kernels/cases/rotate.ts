import { bounded, type OperationCase } from '../case.js'
import { TRIG_ERROR } from '../claims.js'
import { blank, LENGTHS, normals } from '../inputs.js'
import { EPS } from '../ulp.js'

/** Angles in all quadrants, of many turns, and at the end of what is promised. */
const ANGLES = [0, 0.3, -2, Math.PI, 7.5, -1000.25, 1e6]
const sizes = ANGLES.flatMap((_, angle) => LENGTHS.map((rows) => [rows, angle]))

/** Of sine and cosine in units of ε, absolute, with the rounding of the reduced angle. */
const TRIG = TRIG_ERROR / EPS + 4

function turned(name: string, of: string, rows: number) {
  return {
    [name]: bounded(`(${TRIG.toFixed(1)} + 2)·ε·(|x₀| + |x₁|)`, TRIG + 2, (i, { before }) => {
      const t = i % rows
      return Math.abs(before[of][t]) + Math.abs(before[of][rows + t])
    }),
  }
}

export const rotateCases: readonly OperationCase[] = ([1, -1] as const).flatMap((sign): OperationCase[] => [
  {
    kernel: 'rotate',
    variant: sign > 0 ? 'by the angle' : 'back',
    sizes,
    arrays: (rows, angle) => ({
      angle: new Float32Array([ANGLES[angle]]),
      x: normals(2 * rows, 341),
      z: blank(2 * rows),
    }),
    operands: () => ({ sign }),
    outputs: (rows) => turned('z', 'x', rows),
  },
  {
    kernel: 'rotateBackward',
    variant: sign > 0 ? 'by the angle' : 'back',
    sizes,
    arrays: (rows, angle) => ({
      angle: new Float32Array([ANGLES[angle]]),
      z: normals(2 * rows, 342),
      dz: normals(2 * rows, 343),
      dx: blank(2 * rows),
      dAngle: normals(1, 344),
    }),
    operands: () => ({ sign }),
    outputs: (rows) => ({
      ...turned('dx', 'dz', rows),
      dAngle: bounded(
        '(rows + 3)·ε·(|dAngle| + Σ|dz₁·z₀| + |dz₀·z₁|)',
        rows + 3,
        (_, { before: { z, dz, dAngle } }) => {
          let sum = Math.abs(dAngle[0])
          for (let t = 0; t < rows; t++) sum += Math.abs(dz[rows + t] * z[t]) + Math.abs(dz[t] * z[rows + t])
          return sum
        },
      ),
    }),
  },
])
