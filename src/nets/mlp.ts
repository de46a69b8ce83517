import type { Heap, Offset } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'
import type { RandomStream } from '../random/stream.js'
import type { ParameterSlot } from './parameters.js'

export type Activation = 'tanh' | 'relu'

export interface MLPOptions {
  readonly inputs: number
  /** Widths of the hidden layers, at least one. */
  readonly hidden: readonly number[]
  readonly outputs: number
  readonly activation: Activation
  /** The last layer's initial weights are multiplied by this; small values start a flow near the identity. */
  readonly lastLayerScale: number
}

/** What one call of a net works on: x [inputs, rows] → y [outputs, rows]. */
export interface NetCall {
  rows: number
  params: Offset
  dParams: Offset
  x: Offset
  y: Offset
  dx: Offset
  dy: Offset
  tape: Offset
  scratch: Offset
}

interface DenseLayer {
  readonly inputs: number
  readonly outputs: number
  /** Offsets within the net's parameters. */
  readonly weight: number
  readonly bias: number
  /** Offset of the layer's output within the tape, in rows; −1 for the last layer, which writes y. */
  readonly activation: number
}

/** `dense` computes two outputs at a time: with as many as this it goes through its inputs so often that a cache counts. */
const MANY_OUTPUTS = 16

/** A multilayer perceptron, y = W_L σ(… σ(W₁x + b₁) …) + b_L, weights stored [out, in]. */
export class MLP {
  readonly options: MLPOptions
  readonly parameters: readonly ParameterSlot[]
  readonly #layers: readonly DenseLayer[]
  readonly #widest: number

  constructor(options: MLPOptions) {
    this.options = options
    const widths = [options.inputs, ...options.hidden, options.outputs]
    const slots: ParameterSlot[] = []
    const layers: DenseLayer[] = []
    let at = 0
    let activation = 0
    for (let l = 0; l + 1 < widths.length; l++) {
      const [inputs, outputs] = [widths[l], widths[l + 1]]
      const last = l + 2 === widths.length
      layers.push({ inputs, outputs, weight: at, bias: at + inputs * outputs, activation: last ? -1 : activation })
      slots.push({ name: `${l}.weight`, shape: [outputs, inputs] }, { name: `${l}.bias`, shape: [outputs] })
      at += (inputs + 1) * outputs
      activation += outputs
    }
    this.parameters = slots
    this.#layers = layers
    this.#widest = Math.max(...options.hidden)
  }

  /** Every hidden layer's activations. */
  tapeLength(rows: number): number {
    return this.options.hidden.reduce((total, width) => total + width * rows, 0)
  }

  /** Inputs of a layer that `dense` goes through for many outputs. */
  get revisited(): number {
    return Math.max(0, ...this.#layers.filter(({ outputs }) => outputs >= MANY_OUTPUTS).map(({ inputs }) => inputs))
  }

  /** Two gradients of hidden activations, used in turn, and what a layer's weight gradient needs. */
  scratchLength(rows: number): number {
    const most = Math.max(...this.#layers.map(({ outputs }) => outputs))
    return 2 * this.#widest * rows + 16 * (rows + most)
  }

  /** Weights N(0, 1/fan-in), the last layer's scaled by `lastLayerScale`; biases 0. */
  initialise(params: Float32Array | Float64Array, stream: RandomStream): void {
    for (const layer of this.#layers) {
      const scale = layer.activation < 0 ? this.options.lastLayerScale : 1
      const sd = scale / Math.sqrt(layer.inputs)
      for (let i = layer.weight; i < layer.bias; i++) params[i] = sd * stream.normal()
      params.fill(0, layer.bias, layer.bias + layer.outputs)
    }
  }

  forward(kernels: Kernels, call: NetCall): void {
    const { rows, params, tape } = call
    let input = call.x
    for (const layer of this.#layers) {
      const { inputs, outputs, weight, bias, activation } = layer
      const output = activation < 0 ? call.y : tape + activation * rows
      kernels.dense(outputs, inputs, rows, input, params + weight, inputs, params + bias, output)
      if (activation >= 0) kernels[this.options.activation](outputs * rows, output, output)
      input = output
    }
  }

  /**
   * dy → dx, dParams +=. Per layer, from the last, with h its input and a = W h + b:
   * dW += da hᵀ, db += Σ da, dh = Wᵀ da, and through the activation h = σ(a′): da′ = dh · σ′(a′), by h alone
   * (tanh: 1 − h²; relu: 1 where h > 0).
   */
  backward(kernels: Kernels, call: NetCall): void {
    const { rows, params, dParams, tape, scratch } = call
    const { activation: kind } = this.options
    let dOutput = call.dy
    for (let l = this.#layers.length - 1; l >= 0; l--) {
      const { inputs, outputs, weight, bias } = this.#layers[l]
      const below = l > 0 ? tape + this.#layers[l - 1].activation * rows : call.x
      const [dWeight, dBias] = [dParams + weight, dParams + bias]
      const panels = scratch + 2 * this.#widest * rows
      kernels.denseWeightGradient(outputs, inputs, rows, below, dOutput, dWeight, inputs, dBias, panels)
      const dInput = l > 0 ? scratch + (l % 2) * this.#widest * rows : call.dx
      kernels.denseInputGradient(outputs, inputs, rows, dOutput, params + weight, inputs, dInput)
      if (l > 0) {
        if (kind === 'tanh') kernels.tanhBackward(inputs * rows, below, dInput, dInput)
        else kernels.reluBackward(inputs * rows, below, dInput, dInput)
      }
      dOutput = dInput
    }
  }

  /** For relu: which hidden units of a row are on. tanh is smooth. */
  branches(heap: Heap, call: NetCall, row: number): number[] {
    if (this.options.activation === 'tanh') return []
    const units = this.tapeLength(1)
    return Array.from({ length: units }, (_, unit) => (heap.real[call.tape + unit * call.rows + row] > 0 ? 1 : 0))
  }
}
