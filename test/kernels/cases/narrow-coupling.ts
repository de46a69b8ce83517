import { bounded, type Case, exact, type Outcome, ulps } from '../case.js'
import { EXP_ULP, SCALED_TANH_ULP } from '../claims.js'
import { blank, LENGTHS, normals, uniforms } from '../inputs.js'

/** [hidden, rows] */
const sizes = [...[1, 2, 3, 4, 7].flatMap((hidden) => LENGTHS.map((rows) => [hidden, rows])), [64, 129]]

// params: W₁ [H], b₁ [H], W₂ [2, H], b₂ [2], f
const parameters = (hidden: number, seed: number) => normals(4 * hidden + 3, seed, 0.7)

/** Absolute errors of row t in units of ε, each from those before it; a tanh is off by 2·SCALED_TANH_ULP·ε, and so on. */
function errors(t: number, { size: [hidden, rows], before: { params: p, kept }, reference: { h, u, e } }: Outcome) {
  const unit = (j: number) => {
    const inside = Math.abs(p[j] * kept[t]) + Math.abs(p[hidden + j])
    return 2 * SCALED_TANH_ULP * Math.abs(h[j * rows + t]) + 3 * inside
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

export const narrowCouplingCases: readonly Case[] = [
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
    run: (k, { params, kept, x, zKept, z, logDet, h, a, u, e }, hidden, rows) =>
      k.narrowCoupling(hidden, rows, params, kept, x, zKept, z, logDet, h, a, u, e),
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
    run: (k, { params, kept, z, xKept, x, logDet, h, a, t, u, e }, hidden, rows) =>
      k.narrowCouplingInverse(hidden, rows, params, kept, z, xKept, x, logDet, h, a, t, u, e),
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
      da: blank(rows),
      dt: blank(rows),
    }),
    run: (k, { params, dParams, kept, z, h, a, u, e, dzKept, dz, dLogDet, dxKept, dx, da, dt }, hidden, rows) =>
      k.narrowCouplingBackward(
        hidden,
        rows,
        params,
        dParams,
        kept,
        z,
        h,
        a,
        u,
        e,
        dzKept,
        dz,
        dLogDet,
        dxKept,
        dx,
        da,
        dt,
      ),
    outputs: (hidden, rows) => ({
      dx: ulps('dx', 0.5),
      dt: ulps('dt', 0.5),
      da: bounded(`${DA}·ε·|terms|`, DA, (t, it) => magnitudes(it).da(t)),
      dxKept: bounded(`(H + ${UNIT + 2})·ε·Σ|terms|`, hidden + UNIT + 2, (t, it) => {
        let sum = Math.abs(it.before.dzKept[t])
        for (let j = 0; j < hidden; j++) sum += Math.abs(it.before.params[j]) * magnitudes(it).unit(j, t)
        return sum
      }),
      dParams: bounded(`(rows + ${UNIT + 2})·ε·Σ|terms|`, rows + UNIT + 2, (index, it) => {
        let sum = Math.abs(it.before.dParams[index])
        for (let t = 0; t < rows; t++) sum += parameterTerm(index, t, it)
        return sum
      }),
    }),
  },
]
