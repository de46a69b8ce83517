import { add, COST, type Counts, operation, read, type Size, strideOf, update, value, write } from '../operation.js'

// The rational-quadratic spline of one coordinate (Durkan et al., arXiv:1906.04032, §3.1): K bins on [−B, B]. The raw
// numbers of a row are the logits of the widths and of the heights of its bins and the slopes at its knots. With
// identity tails the slopes at ±B are 1 and what lies outside goes through; of the circular spline (Rezende et al.,
// arXiv:2002.02428) −B and B are one point, with one slope, the first. Zeros give the identity: a raw slope
// of 0 is a slope of 1. With K·m < 1, m and ε from 10⁻⁶ on, and logits within ±10⁴ all is finite.

/** exp, its maximum, difference, sum and quotient; the width of it, the edge, the comparison: of two a bin */
const BIN = 2 * (COST.exp + 7)
/** Two slopes, clip 2, w h ξ η s 6, numerator 4, denominator 5, the derivative's 6, f 1, z 3, ln f′ 4, logDet 1 */
const ROW = 2 * (COST.softplus + 2) + 32 + COST.log
/** ξ is the root of a quadratic: 12 more than f */
const INVERSE_ROW = ROW + 12 + COST.sqrt
/** The width, the edge, the comparison; dθ by its bin's weight, of two a bin */
const BACKWARD_BIN = 2 * 6
/** As above without the logarithm; 3 sigmoids and slopes 10, ∂f 12, ∂g 16, edges 18 */
const BACKWARD_ROW = ROW - COST.log + 56

const cost =
  (bin: number, row: number) =>
  ({ bins, rows }: Counts): number =>
    rows * (bins * bin + row)

const innerKnots: Size = ({ bins }) => bins - 1
/** The last knot is the first. */
const allKnots: Size = 'bins'

const DEFINITION =
  'w = 2B·(m + (1 − K·m)·softmax(widths)), h likewise, m = minBinSize, d = softplus(slopes + slopeShift) + ε, ε = minDerivative, slopeShift = ln(e^(1 − ε) − 1)'
const KEPT =
  'widths and heights become their softmax, bin is the number of the row’s, −1 below −B and K above B; z may lie where x does'

const bounds = { box: value(), minBinSize: value(), minDerivative: value(), slopeShift: value() } as const

const logits = (knots: Size) =>
  ({
    widths: update('bins', 'rows'),
    widthsStride: strideOf('widths'),
    heights: update('bins', 'rows'),
    heightsStride: strideOf('heights'),
    slopes: read(knots, 'rows'),
    slopesStride: strideOf('slopes'),
  }) as const

const kept = (knots: Size) =>
  ({
    widths: read('bins', 'rows'),
    widthsStride: strideOf('widths'),
    heights: read('bins', 'rows'),
    heightsStride: strideOf('heights'),
    slopes: read(knots, 'rows'),
    slopesStride: strideOf('slopes'),
  }) as const

const gradients = (knots: Size) =>
  ({
    dWidths: write('bins', 'rows'),
    dWidthsStride: strideOf('dWidths'),
    dHeights: write('bins', 'rows'),
    dHeightsStride: strideOf('dHeights'),
    dSlopes: write(knots, 'rows'),
    dSlopesStride: strideOf('dSlopes'),
  }) as const

const forward = (id: string, knots: Size, tails: string) =>
  operation(
    id,
    ['bins', 'rows'],
    {
      ...bounds,
      ...logits(knots),
      x: read('rows'),
      z: write('rows'),
      logDet: add('rows'),
      bin: write('rows'),
    },
    {
      formula: `${DEFINITION}; ξ = (x − x_k)/w, η = 1 − ξ, s = h/w, z = y_k + h·A/D, A = sξ² + d₀ξη, D = s + (d₀ + d₁ − 2s)ξη, logDet += 2 ln s + ln(d₁ξ² + 2sξη + d₀η²) − 2 ln D; ${tails}; ${KEPT}`,
      cost: cost(BIN, ROW),
    },
  )

const inverse = (id: string, knots: Size, tails: string) =>
  operation(
    id,
    ['bins', 'rows'],
    {
      ...bounds,
      ...logits(knots),
      z: read('rows'),
      x: write('rows'),
      logDet: add('rows'),
      bin: write('rows'),
    },
    {
      formula: `${DEFINITION}; x = x_k + w·ξ, ξ/η = (√(β² + 4s²ce) − β)/2se, β = d₀e − d₁c, c = z − y_k, e = y_(k+1) − z, logDet −= ln ∂z/∂x; ${tails}; ${KEPT}`,
      cost: cost(BIN, INVERSE_ROW),
    },
  )

const backward = (id: string, knots: Size) =>
  operation(
    id,
    ['bins', 'rows'],
    {
      ...bounds,
      ...kept(knots),
      x: read('rows'),
      bin: read('rows'),
      dz: read('rows'),
      dLogDet: read('rows'),
      dx: write('rows'),
      ...gradients(knots),
    },
    {
      formula:
        'dx = dz·∂z/∂x + dLogDet·∂g/∂x, g = ln ∂z/∂x, and so by the numbers of the row; 0 by all of them, and dx = dz, outside; widths, heights and slopes as the way there left them; dWidths may be widths, and so on',
      cost: cost(BACKWARD_BIN, BACKWARD_ROW),
    },
  )

const inverseBackward = (id: string, knots: Size) =>
  operation(
    id,
    ['bins', 'rows'],
    {
      ...bounds,
      ...kept(knots),
      x: read('rows'),
      bin: read('rows'),
      dx: read('rows'),
      dLogDet: read('rows'),
      dz: write('rows'),
      ...gradients(knots),
    },
    {
      formula:
        'dz = (dx − dLogDet·∂g/∂x)/(∂z/∂x), g = ln ∂z/∂x; by the numbers of the row −dz·∂z/∂θ − dLogDet·∂g/∂θ; 0 by all of them, and dz = dx, outside; x is what came out; dWidths may be widths, and so on',
      cost: cost(BACKWARD_BIN, BACKWARD_ROW),
    },
  )

const IDENTITY = 'outside of [−B, B] z = x; d = 1 at ±B'
const CIRCULAR = 'x in [−B, B]; the slope at B is that at −B'

export const rationalQuadratic = forward('rationalQuadratic', innerKnots, IDENTITY)
export const rationalQuadraticInverse = inverse('rationalQuadraticInverse', innerKnots, IDENTITY)
export const rationalQuadraticBackward = backward('rationalQuadraticBackward', innerKnots)
export const rationalQuadraticInverseBackward = inverseBackward('rationalQuadraticInverseBackward', innerKnots)

export const circularRationalQuadratic = forward('circularRationalQuadratic', allKnots, CIRCULAR)
export const circularRationalQuadraticInverse = inverse('circularRationalQuadraticInverse', allKnots, CIRCULAR)
export const circularRationalQuadraticBackward = backward('circularRationalQuadraticBackward', allKnots)
export const circularRationalQuadraticInverseBackward = inverseBackward(
  'circularRationalQuadraticInverseBackward',
  allKnots,
)
