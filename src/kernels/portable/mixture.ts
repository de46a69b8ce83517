import { type Heap, NONE, type Offset } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as mixtures from '../operations/mixture.js'

/** The largest of numbers that are all −∞, so that a difference to it is no NaN. */
const LOWEST = -Number.MAX_VALUE

export function portableMixture({ real }: Heap): Portable<typeof mixtures> {
  /** max and Σ e^(xₖ − max) of so many numbers, a stride apart. */
  function softmax(count: number, stride: number, first: Offset): { max: number; sum: number } {
    let max = LOWEST
    for (let k = 0; k < count; k++) max = Math.max(max, real[first + k * stride])
    let sum = 0
    for (let k = 0; k < count; k++) sum += Math.exp(real[first + k * stride] - max)
    return { max, sum }
  }
  return {
    mixture({ components, rows, each, logits, logProbs, responsibilities, logProb }) {
      for (let t = 0; t < rows; t++) {
        const own = logits + (each === 1 ? 0 : t)
        const weights = softmax(components, each, own)
        const joint = Array.from({ length: components }, (_, k) => real[own + k * each] + real[logProbs + k * rows + t])
        const max = Math.max(...joint, LOWEST)
        const parts = joint.map((log) => Math.exp(log - max))
        const sum = parts.reduce((total, part) => total + part, 0)
        for (const [k, part] of parts.entries()) {
          real[responsibilities + k * rows + t] = sum === 0 ? 0 : part / sum
        }
        real[logProb + t] = max + Math.log(sum) - (weights.max + Math.log(weights.sum))
      }
    },
    mixtureBackward({ components, rows, each, logits, responsibilities, dLogProb, dLogProbs, dLogits }) {
      for (let t = 0; t < rows; t++) {
        const own = logits + (each === 1 ? 0 : t)
        const { max, sum } = softmax(components, each, own)
        const weight = real[dLogProb + t]
        for (let k = 0; k < components; k++) {
          const at = k * rows + t
          const share = real[responsibilities + at]
          const prior = Math.exp(real[own + k * each] - max) / sum
          real[dLogProbs + at] = weight === 0 ? 0 : weight * share
          if (dLogits !== NONE) real[dLogits + at] = weight === 0 ? 0 : weight * (share - prior)
        }
      }
    },
    chooseComponent({ components, rows, each, logits, uniform, component }) {
      for (let t = 0; t < rows; t++) {
        const own = logits + (each === 1 ? 0 : t)
        const { max, sum } = softmax(components, each, own)
        const place = real[uniform + t] * sum
        let chosen = 0
        let below = 0
        for (let k = 0; k < components - 1; k++) {
          below += Math.exp(real[own + k * each] - max)
          if (place >= below) chosen++
        }
        real[component + t] = chosen
      }
    },
    takeComponent({ dim, rows, index, component, from, z }) {
      for (let j = 0; j < dim; j++) {
        for (let t = 0; t < rows; t++) {
          if (real[component + t] === index) real[z + j * rows + t] = real[from + j * rows + t]
        }
      }
    },
  }
}
