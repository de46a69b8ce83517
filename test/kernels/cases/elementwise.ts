import { type Bound, bounded, type Case, exact, type OperationCase, ulps } from '../case.js'
import { EXP_ULP, LOG_ULP, TANH_ULP, TRIG_ERROR } from '../claims.js'
import { blank, LENGTHS, normals, normalsWithEdges, uniforms } from '../inputs.js'

const sizes = LENGTHS.map((n) => [n])

/** A function from x to y, apart and in place. */
function unary(
  kernel: 'exp' | 'log' | 'tanh' | 'relu',
  x: (n: number) => Float32Array,
  bound: (out: string) => Bound,
): OperationCase[] {
  return [
    {
      kernel,
      sizes,
      arrays: (n) => ({ x: x(n), y: blank(n) }),
      outputs: () => ({ y: bound('y') }),
    },
    {
      kernel,
      variant: 'in place',
      sizes,
      arrays: (n) => ({ x: x(n) }),
      operands: ({ x }) => ({ y: x }),
      outputs: () => ({ x: bound('x') }),
    },
  ]
}

/** A gradient from y and dy to dx, apart and over dy. */
function backward(
  kernel: 'tanhBackward' | 'reluBackward',
  y: (n: number) => Float32Array,
  bound: Bound,
): OperationCase[] {
  return [
    {
      kernel,
      sizes,
      arrays: (n) => ({ y: y(n), dy: normals(n, 12), dx: blank(n) }),
      outputs: () => ({ dx: bound }),
    },
    {
      kernel,
      variant: 'over dy',
      sizes,
      arrays: (n) => ({ y: y(n), dy: normals(n, 12) }),
      operands: ({ dy }) => ({ dx: dy }),
      outputs: () => ({ dy: bound }),
    },
  ]
}

const absolute: Bound = { claim: `${TRIG_ERROR}`, tolerance: () => TRIG_ERROR }

export const elementwiseCases: readonly Case[] = [
  ...unary(
    'exp',
    (n) => normals(n, 8, 30),
    (out) => ulps(out, EXP_ULP),
  ),
  ...unary(
    'log',
    (n) => uniforms(n, 9, 0, 3),
    (out) => ulps(out, LOG_ULP),
  ),
  ...unary(
    'tanh',
    (n) => normals(n, 10, 3),
    (out) => ulps(out, TANH_ULP),
  ),
  ...unary(
    'relu',
    (n) => normalsWithEdges(n, 11),
    () => exact,
  ),
  // y², 1 − y² and the product round once each: at most y² + 2(1 − y²) ≤ 2 times ε|dy|.
  ...backward(
    'tanhBackward',
    (n) => uniforms(n, 13, -1, 1),
    bounded('2·ε·|dy|', 2, (i, { before }) => Math.abs(before.dy[i])),
  ),
  ...backward('reluBackward', (n) => normalsWithEdges(n, 14), exact),
  {
    kernel: 'sincos',
    sizes,
    arrays: (n) => ({ x: uniforms(n, 15, 0, 2 * Math.PI), sine: blank(n), cosine: blank(n) }),
    run: (k, { x, sine, cosine }, n) => k.sincos(n, x, sine, cosine),
    outputs: () => ({ sine: absolute, cosine: absolute }),
  },
]
