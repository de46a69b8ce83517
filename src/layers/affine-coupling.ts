import type { Offset } from '../kernels/heap.js'
import { NONE } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'
import { MLP, type NetCall } from '../nets/mlp.js'
import { type ParameterSlot, parameterCount } from '../nets/parameters.js'
import { type AffineCouplingOptions, coordinates, validated } from './affine-coupling-spec.js'
import type { Layer, LayerCall, LayerSpec } from './layer.js'

/** Starts the coupling near the identity: s and t are about a tenth of what they would be otherwise. */
const LAST_LAYER_SCALE = 0.1

export function buildAffineCoupling(spec: LayerSpec, dim: number, contextDim: number): Layer {
  const { mask, hidden, activation } = validated(spec, dim)
  return new AffineCoupling(
    { ...spec, mask, hidden, activation },
    dim,
    contextDim,
    new MLP({
      inputs: coordinates(mask, 1).length + contextDim,
      hidden,
      outputs: 2 * coordinates(mask, 0).length,
      activation,
      lastLayerScale: LAST_LAYER_SCALE,
    }),
  )
}

class AffineCoupling implements Layer {
  readonly label = 'Scale and Shift'
  readonly parameters: readonly ParameterSlot[]
  readonly #kept: readonly number[]
  readonly #moved: readonly number[]
  readonly #f: number
  /** Kept coordinates side by side and no context: the conditioner reads them where they stand. */
  readonly #inPlace: boolean
  /** One kept, one moved coordinate and one hidden tanh layer: forward and backward are one kernel each. */
  readonly #narrow: boolean

  constructor(
    readonly spec: LayerSpec & Required<AffineCouplingOptions>,
    readonly dim: number,
    readonly contextDim: number,
    readonly net: MLP,
  ) {
    this.#kept = coordinates(spec.mask, 1)
    this.#moved = coordinates(spec.mask, 0)
    this.#f = parameterCount(net.parameters)
    this.#inPlace = contextDim === 0 && (this.#kept.at(-1) as number) - this.#kept[0] + 1 === this.#kept.length
    const { hidden, activation } = spec
    this.#narrow = dim === 2 && contextDim === 0 && hidden.length === 1 && activation === 'tanh'
    this.parameters = [
      ...net.parameters.map(({ name, shape }) => ({ name: `conditioner.${name}`, shape })),
      { name: 'f', shape: [1] },
    ]
  }

  /** In order: (a, t) [2m, rows], u [m, rows], e [m, rows], the net's input where it is packed, the net's tape. */
  tapeLength(rows: number): number {
    const packed = this.#inPlace ? 0 : this.net.options.inputs
    return (4 * this.#moved.length + packed) * rows + this.net.tapeLength(rows)
  }

  get revisited(): number {
    return this.net.revisited
  }

  /** In order: (da, dt) [2m, rows], the gradient of the net's input, the net's scratch; more than the narrow kernel needs. */
  scratchLength(rows: number): number {
    return (2 * this.#moved.length + this.net.options.inputs) * rows + this.net.scratchLength(rows)
  }

  initialise(params: Float32Array | Float64Array, stream: Parameters<Layer['initialise']>[1]): void {
    this.net.initialise(params, stream)
    params[this.#f] = 0
  }

  forward(kernels: Kernels, call: LayerCall): void {
    if (this.#narrow) {
      this.#forwardNarrow(kernels, call)
      return
    }
    const { rows, params, x, z, logDet } = call
    const m = this.#moved.length
    this.#condition(kernels, call, x)
    for (const j of this.#kept) kernels.copy(rows, x + j * rows, z + j * rows)
    for (let k = 0; k < m; k++) {
      const at = this.#moved[k] * rows
      const a = call.tape + k * rows
      kernels.affineCouple(
        rows,
        params + this.#f,
        a,
        a + m * rows,
        x + at,
        z + at,
        logDet,
        a + 2 * m * rows,
        a + 3 * m * rows,
      )
    }
  }

  /**
   * With e = e^s and z_b = (x_b + t) e:
   *   dx_b = dt = dz_b e
   *   ds = dz_b z_b + dLogDet                       (∂z_b/∂s = z_b, ∂logDet/∂s = 1)
   *   da = ds (1 − u²),  u = tanh(a e^−f)           (∂s/∂a)
   *   df += Σ ds (s − a (1 − u²))                   (∂s/∂f: s from the factor eᶠ, −a(1 − u²) from within tanh)
   *   dx_a = dz_a + ∂net/∂x_aᵀ (da, dt)
   */
  backward(kernels: Kernels, call: LayerCall): void {
    if (this.#narrow) {
      this.#backwardNarrow(kernels, call)
      return
    }
    const { rows, params, dParams, z, dz, dx, dLogDet, scratch } = call
    const m = this.#moved.length
    for (let k = 0; k < m; k++) {
      const at = this.#moved[k] * rows
      const a = call.tape + k * rows
      const da = scratch + k * rows
      kernels.affineCoupleBackward(
        rows,
        params + this.#f,
        a,
        a + 2 * m * rows,
        a + 3 * m * rows,
        z + at,
        dz + at,
        dLogDet,
        dx + at,
        da,
        da + m * rows,
        dParams + this.#f,
      )
    }
    this.#conditionBackward(kernels, call, call.x, dz, dx)
  }

  inverse(kernels: Kernels, call: LayerCall): void {
    if (this.#narrow) {
      this.#inverseNarrow(kernels, call)
      return
    }
    const { rows, params, x, z, logDet } = call
    const m = this.#moved.length
    this.#condition(kernels, call, z)
    for (const j of this.#kept) kernels.copy(rows, z + j * rows, x + j * rows)
    for (let k = 0; k < m; k++) {
      const at = this.#moved[k] * rows
      const a = call.tape + k * rows
      kernels.affineCoupleInverse(
        rows,
        params + this.#f,
        a,
        a + m * rows,
        z + at,
        x + at,
        logDet,
        a + 2 * m * rows,
        a + 3 * m * rows,
      )
    }
  }

  /**
   * With e = e^−s and x_b = z_b e − t, so that z_b e = x_b + t:
   *   dz_b = dx_b e,  dt = −dx_b
   *   ds = −dx_b (x_b + t) − dLogDet                (the inverse subtracts s from the log-det)
   *   da, df as in backward
   *   dz_a = dx_a + ∂net/∂z_aᵀ (da, dt)
   */
  inverseBackward(kernels: Kernels, call: LayerCall): void {
    const { rows, params, dParams, x, dx, dz, dLogDet, scratch } = call
    const m = this.#moved.length
    for (let k = 0; k < m; k++) {
      const at = this.#moved[k] * rows
      const a = call.tape + k * rows
      const da = scratch + k * rows
      kernels.affineCoupleInverseBackward(
        rows,
        params + this.#f,
        a,
        a + m * rows,
        a + 2 * m * rows,
        a + 3 * m * rows,
        x + at,
        dx + at,
        dLogDet,
        dz + at,
        da,
        da + m * rows,
        dParams + this.#f,
      )
    }
    this.#conditionBackward(kernels, call, call.z, dx, dz)
  }

  branches(heap: Kernels['heap'], call: LayerCall, row: number): number[] {
    return this.net.branches(heap, this.#netCall(call, call.x), row)
  }

  /** The tape lies as in the general passes: a, t (unused), u, e [rows] each, then h [H, rows]. */
  #forwardNarrow(kernels: Kernels, { rows, params, x, z, logDet, tape }: LayerCall): void {
    const kept = this.#kept[0] * rows
    const moved = this.#moved[0] * rows
    kernels.narrowCoupling(
      this.spec.hidden[0],
      rows,
      params,
      x + kept,
      x + moved,
      z + kept,
      z + moved,
      logDet,
      tape + 4 * rows,
      tape,
      tape + 2 * rows,
      tape + 3 * rows,
    )
  }

  /** Leaves the tape as the general inverse does, for the general way back. */
  #inverseNarrow(kernels: Kernels, { rows, params, x, z, logDet, tape }: LayerCall): void {
    const kept = this.#kept[0] * rows
    const moved = this.#moved[0] * rows
    kernels.narrowCouplingInverse(
      this.spec.hidden[0],
      rows,
      params,
      z + kept,
      z + moved,
      x + kept,
      x + moved,
      logDet,
      tape + 4 * rows,
      tape,
      tape + rows,
      tape + 2 * rows,
      tape + 3 * rows,
    )
  }

  #backwardNarrow(kernels: Kernels, call: LayerCall): void {
    const { rows, params, dParams, x, z, dx, dz, dLogDet, tape, scratch } = call
    const kept = this.#kept[0] * rows
    const moved = this.#moved[0] * rows
    kernels.narrowCouplingBackward(
      this.spec.hidden[0],
      rows,
      params,
      dParams,
      x + kept,
      z + moved,
      tape + 4 * rows,
      tape,
      tape + 2 * rows,
      tape + 3 * rows,
      dz + kept,
      dz + moved,
      dLogDet,
      dx + kept,
      dx + moved,
      scratch,
    )
  }

  /** The conditioner on the kept coordinates of `side` (x or z, they agree there). */
  #condition(kernels: Kernels, call: LayerCall, side: Offset): void {
    const net = this.#netCall(call, side)
    if (!this.#inPlace) {
      for (let k = 0; k < this.#kept.length; k++) {
        kernels.copy(call.rows, side + this.#kept[k] * call.rows, net.x + k * call.rows)
      }
      const { contextDim } = this
      if (contextDim > 0) kernels.copy(contextDim * call.rows, call.context, net.x + this.#kept.length * call.rows)
    }
    this.net.forward(kernels, net)
  }

  /** Through the conditioner, then onto the kept coordinates and the context: dIn[kept] = dOut[kept] + net's. */
  #conditionBackward(kernels: Kernels, call: LayerCall, side: Offset, dOut: Offset, dIn: Offset): void {
    const { rows, dContext } = call
    const net = this.#netCall(call, side)
    this.net.backward(kernels, net)
    for (let k = 0; k < this.#kept.length; k++) {
      const at = this.#kept[k] * rows
      kernels.copy(rows, dOut + at, dIn + at)
      kernels.add(rows, net.dx + k * rows, dIn + at)
    }
    if (dContext !== NONE) kernels.add(this.contextDim * rows, net.dx + this.#kept.length * rows, dContext)
  }

  #netCall(call: LayerCall, side: Offset): NetCall {
    const { rows, params, dParams, tape, scratch } = call
    const m = this.#moved.length
    const { inputs } = this.net.options
    const packed = tape + 4 * m * rows
    return {
      rows,
      params,
      dParams,
      x: this.#inPlace ? side + this.#kept[0] * rows : packed,
      y: tape,
      dx: scratch + 2 * m * rows,
      dy: scratch,
      tape: this.#inPlace ? packed : packed + inputs * rows,
      scratch: scratch + (2 * m + inputs) * rows,
    }
  }
}
