import { anything, bounded, exact, type OperationCase, type Outcome, ulps } from '../case.js'
import { EXP_ULP, SCALED_TANH_ULP } from '../claims.js'
import { blank, LENGTHS, normals, uniforms } from '../inputs.js'

/** The slope of a leaky ReLU is within EXP_ULP ulp, and the product rounds once more. */
const SLOPE_ULP = EXP_ULP + 0.5
/** Leaky ReLUs that shrink and that stretch. */
const RAWS = [-2, 1.3]

/** [hidden, rows] */
const sizes = [...[1, 2, 3, 4, 7].flatMap((hidden) => LENGTHS.map((rows) => [hidden, rows])), [64, 129]]

// params: W₁ [H], b₁ [H], W₂ [2, H], b₂ [2], f
const parameters = (hidden: number, seed: number) => normals(4 * hidden + 3, seed, 0.7)

/**
 * Absolute errors of row t in units of ε, each from those before it; a tanh is off by 2·SCALED_TANH_ULP·ε, and so on.
 * Behind a leaky ReLU the kept coordinate is off too.
 */
function errors(t: number, { size: [hidden, rows], before, reference }: Outcome) {
  const { params: p } = before
  const { h, u, e, bentKept } = reference
  const kept = bentKept ? bentKept[t] : before.kept[t]
  const unit = (j: number) => {
    const inside = Math.abs(p[j] * kept) + Math.abs(p[hidden + j])
    const bend = bentKept ? 2 * SLOPE_ULP * Math.abs(p[j] * kept) : 0
    return 2 * SCALED_TANH_ULP * Math.abs(h[j * rows + t]) + 3 * inside + bend
  }
  const output = (o: number) => {
    const bias = Math.abs(p[4 * hidden + o])
    let [sum, error] = [bias, 0]
    for (let j = 0; j < hidden; j++) {
      const weight = Math.abs(p[(2 + o) * hidden + j])
      sum += weight * Math.abs(h[j * rows + t])
      error += weight * unit(j)
    }
    return error + (hidden + 1) * sum
  }
  const f = p[4 * hidden + 2]
  const [a, shift] = [output(0), output(1)]
  const tanh = a * Math.exp(-f) + (2 * EXP_ULP + 2 + 2 * SCALED_TANH_ULP) * Math.abs(u[t])
  const s = tanh * Math.exp(f) + (2 * EXP_ULP + 1) * Math.abs(u[t] * Math.exp(f))
  const scale = s + 2 * EXP_ULP
  return { unit, a, t: shift, u: tanh, s, scale, e: e[t] * scale }
}

/** What a kernel on the way back asks for: 4 numbers a row, whole vectors of rows. */
const scratchLength = (hidden: number, rows: number) => 4 * (hidden + 4 * Math.ceil(rows / 4))

/** Roundings on the longest way to da: ds 3, 1 − u² 2, their product; and of d = W₂ᵀ(da, dt)·(1 − h²) behind it. */
const DA = 6
const UNIT = DA + 6

/** The backward pass over absolute values. */
function magnitudes({ size: [hidden, rows], before }: Outcome) {
  const { params: p, z, h, a, u, e, dz, dLogDet } = before
  const ds = (t: number) => Math.abs(dz[t] * z[t]) + Math.abs(dLogDet[t])
  const da = (t: number) => ds(t) * (1 + u[t] ** 2)
  const dt = (t: number) => Math.abs(dz[t] * e[t])
  const df = (t: number) => ds(t) * (Math.abs(u[t]) * Math.exp(p[4 * hidden + 2]) + Math.abs(a[t]) * (1 + u[t] ** 2))
  const unit = (j: number, t: number) =>
    (Math.abs(p[2 * hidden + j]) * da(t) + Math.abs(p[3 * hidden + j]) * dt(t)) * (1 + h[j * rows + t] ** 2)
  return { da, dt, df, unit }
}

/** The terms of the kept coordinate's gradient behind the coupling. */
function keptTerms(t: number, it: Outcome): number {
  let sum = Math.abs(it.before.dzKept[t])
  for (let j = 0; j < it.size[0]; j++) sum += Math.abs(it.before.params[j]) * magnitudes(it).unit(j, t)
  return sum
}

/** Row t's part of parameter `index`. */
function parameterTerm(index: number, t: number, it: Outcome): number {
  const [hidden, rows] = it.size
  const { da, dt, df, unit } = magnitudes(it)
  const { kept, h } = it.before
  const [block, j] = [Math.floor(index / hidden), index % hidden]
  if (index >= 4 * hidden) return [da, dt, df][index - 4 * hidden](t)
  const factor = [kept[t], 1, h[j * rows + t], h[j * rows + t]][block]
  return Math.abs(factor) * (block < 2 ? unit(j, t) : [da, dt][block - 2](t))
}

export const narrowCouplingCases: readonly OperationCase[] = [
  {
    kernel: 'narrowCoupling',
    sizes,
    arrays: (hidden, rows) => ({
      params: parameters(hidden, 91),
      kept: normals(rows, 92),
      x: normals(rows, 93),
      logDet: normals(rows, 94),
      zKept: blank(rows),
      z: blank(rows),
      h: blank(hidden * rows),
      a: blank(rows),
      u: blank(rows),
      e: blank(rows),
    }),
    outputs: (_, rows) => ({
      zKept: exact,
      h: bounded('2·TANH·ε·|h| + 3·ε·(|b| + |wx|)', 1, (i, it) => errors(i % rows, it).unit(Math.floor(i / rows))),
      a: bounded('Σ|w|·Δh + n·ε·(|b| + Σ|wh|)', 1, (t, it) => errors(t, it).a),
      u: bounded('as affineCouple from there', 1, (t, it) => errors(t, it).u),
      e: bounded('likewise', 1, (t, it) => errors(t, it).e),
      // z/e is x + t.
      z: bounded('likewise', 1, (t, it) => {
        const error = errors(t, it)
        const { reference, before } = it
        return reference.e[t] * (error.t + Math.abs(before.x[t])) + Math.abs(reference.z[t]) * (error.scale + 2)
      }),
      logDet: bounded('likewise', 1, (t, it) => errors(t, it).s + Math.abs(it.reference.logDet[t])),
    }),
  },
  {
    kernel: 'narrowCouplingInverse',
    sizes,
    arrays: (hidden, rows) => ({
      params: parameters(hidden, 106),
      kept: normals(rows, 107),
      z: normals(rows, 108),
      logDet: normals(rows, 109),
      xKept: blank(rows),
      x: blank(rows),
      h: blank(hidden * rows),
      a: blank(rows),
      t: blank(rows),
      u: blank(rows),
      e: blank(rows),
    }),
    outputs: (_, rows) => ({
      xKept: exact,
      h: bounded('as narrowCoupling', 1, (i, it) => errors(i % rows, it).unit(Math.floor(i / rows))),
      a: bounded('likewise', 1, (t, it) => errors(t, it).a),
      t: bounded('likewise', 1, (t, it) => errors(t, it).t),
      u: bounded('likewise', 1, (t, it) => errors(t, it).u),
      e: bounded('likewise', 1, (t, it) => errors(t, it).e),
      x: bounded('|z·e|·(Δe + 1) + Δt + |x|', 1, (t, it) => {
        const error = errors(t, it)
        const { reference, before } = it
        return Math.abs(before.z[t] * reference.e[t]) * (error.scale + 2) + error.t + Math.abs(reference.x[t])
      }),
      logDet: bounded('as narrowCoupling', 1, (t, it) => errors(t, it).s + Math.abs(it.reference.logDet[t])),
    }),
  },
  {
    kernel: 'narrowCouplingBackward',
    sizes,
    arrays: (hidden, rows) => ({
      params: parameters(hidden, 95),
      dParams: parameters(hidden, 96),
      kept: normals(rows, 97),
      z: normals(rows, 98),
      h: uniforms(hidden * rows, 99, -1, 1),
      a: normals(rows, 100),
      u: uniforms(rows, 101, -1, 1),
      e: normals(rows, 102).map(Math.exp),
      dzKept: normals(rows, 103),
      dz: normals(rows, 104),
      dLogDet: normals(rows, 105),
      dxKept: blank(rows),
      dx: blank(rows),
      scratch: blank(scratchLength(hidden, rows)),
    }),
    outputs: (hidden, rows) => ({
      dx: ulps('dx', 0.5),
      scratch: anything,
      dxKept: bounded(`(H + ${UNIT + 2})·ε·Σ|terms|`, hidden + UNIT + 2, keptTerms),
      dParams: bounded(`(rows + ${UNIT + 2})·ε·Σ|terms|`, rows + UNIT + 2, (index, it) => {
        let sum = Math.abs(it.before.dParams[index])
        for (let t = 0; t < rows; t++) sum += parameterTerm(index, t, it)
        return sum
      }),
    }),
  },
  {
    kernel: 'leakyNarrowCoupling',
    sizes: RAWS.flatMap((raw) => sizes.map((size) => [...size, raw])),
    arrays: (hidden, rows, raw) => ({
      raw: new Float32Array([raw]),
      params: parameters(hidden, 110),
      kept: normals(rows, 111),
      x: normals(rows, 112),
      logDet: normals(rows, 113),
      bentKept: blank(rows),
      bent: blank(rows),
      zKept: blank(rows),
      z: blank(rows),
      h: blank(hidden * rows),
      a: blank(rows),
      u: blank(rows),
      e: blank(rows),
    }),
    outputs: (_, rows, raw) => ({
      bentKept: ulps('bentKept', SLOPE_ULP),
      bent: ulps('bent', SLOPE_ULP),
      zKept: ulps('zKept', SLOPE_ULP),
      h: bounded('as narrowCoupling', 1, (i, it) => errors(i % rows, it).unit(Math.floor(i / rows))),
      a: bounded('likewise', 1, (t, it) => errors(t, it).a),
      u: bounded('likewise', 1, (t, it) => errors(t, it).u),
      e: bounded('likewise', 1, (t, it) => errors(t, it).e),
      z: bounded('likewise', 1, (t, it) => {
        const error = errors(t, it)
        const { e, z, bent } = it.reference
        return e[t] * (error.t + (2 * SLOPE_ULP + 1) * Math.abs(bent[t])) + Math.abs(z[t]) * (error.scale + 2)
      }),
      // Two sums of raw before that of s, whose result is the output.
      logDet: bounded('likewise, and 2·ε·(|logDet| + 2·|raw|)', 1, (t, it) => {
        const before = Math.abs(it.before.logDet[t]) + 2 * Math.abs(raw)
        return errors(t, it).s + Math.abs(it.reference.logDet[t]) + 2 * before
      }),
    }),
  },
  {
    kernel: 'leakyNarrowCouplingBackward',
    sizes: RAWS.flatMap((raw) => sizes.map((size) => [...size, raw])),
    arrays: (hidden, rows, raw) => ({
      raw: new Float32Array([raw]),
      dRaw: normals(1, 114),
      params: parameters(hidden, 115),
      dParams: parameters(hidden, 116),
      kept: normals(rows, 117),
      x: normals(rows, 118),
      z: normals(rows, 119),
      h: uniforms(hidden * rows, 120, -1, 1),
      a: normals(rows, 121),
      u: uniforms(rows, 122, -1, 1),
      e: normals(rows, 123).map(Math.exp),
      dzKept: normals(rows, 124),
      dz: normals(rows, 125),
      dLogDet: normals(rows, 126),
      dxKept: blank(rows),
      dx: blank(rows),
      scratch: blank(scratchLength(hidden, rows)),
    }),
    outputs: (hidden, rows, raw) => ({
      // dz·e, and the slope's product.
      dx: ulps('dx', SLOPE_ULP + 1),
      scratch: anything,
      dxKept: bounded(
        `(H + ${UNIT + 2} + slope)·ε·Σ|terms|`,
        hidden + UNIT + 2 + 2 * SLOPE_ULP,
        (t, it) => Math.max(1, Math.exp(raw)) * keptTerms(t, it),
      ),
      dRaw: bounded(`(2·rows + H + ${UNIT + 5})·ε·Σ|terms|`, 2 * rows + hidden + UNIT + 5, (_, it) => {
        const { dRaw, kept, x, dLogDet } = it.before
        let sum = Math.abs(dRaw[0])
        for (let t = 0; t < rows; t++) {
          if (!(kept[t] > 0)) sum += keptTerms(t, it) * Math.abs(kept[t]) + Math.abs(dLogDet[t])
          if (!(x[t] > 0)) sum += magnitudes(it).dt(t) * Math.abs(x[t]) + Math.abs(dLogDet[t])
        }
        return sum
      }),
      dParams: bounded('as narrowCouplingBackward', rows + UNIT + 2, (index, it) => {
        let sum = Math.abs(it.before.dParams[index])
        for (let t = 0; t < rows; t++) sum += parameterTerm(index, t, it)
        return sum
      }),
    }),
  },
]
