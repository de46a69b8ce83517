import { createHeap, createKernels } from '../kernels/create.js'
import { Arena, type Offset } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'
import { COST } from '../kernels/operation.js'
import { decode, headOf } from '../kernels/program.js'
import type { FlowStructure } from './structure.js'
import { Tile } from './tile.js'

/** The operation of the recorded call that begins at `at`, where the next one begins, and what it costs as declared. */
export function callAt(i32: Int32Array, at: Offset): { name: string; next: Offset; operations: number } {
  const { operation, words } = headOf(i32[at])
  const next = at + words
  return { name: operation.id, next, operations: operation.cost?.(decode(i32.subarray(at, next), 0)) ?? 0 }
}

/** Half a pair of Box–Muller normals, √(−2 ln u)·(cos, sin) 2πv: four products beside the functions. */
const NORMAL = (COST.log + COST.sincos + COST.sqrt + 4) / 2

/**
 * Operations a row of a scored row, of a sampled one and of a training step: what the recorded passes of a tile cost by
 * the declarations of their calls. Philox, all integers, is not counted.
 */
export function operations(structure: FlowStructure): { scored: number; sampled: number; trained: number } {
  const arena = new Arena('float32')
  const rows = structure.tileRows
  const tile = new Tile(structure, arena, 'differentiate', rows, arena.real(structure.parameterCount))
  const kernels = createKernels(createHeap(arena, 'portable', false))
  const { i32 } = kernels.heap
  tile.load(kernels.heap)
  let total = 0
  const counting: Kernels = {
    ...kernels,
    normal(normals, rows) {
      total += NORMAL * normals * rows
    },
    run(program, end) {
      for (let at = program; at < end; ) {
        const { next, operations } = callAt(i32, at)
        total += operations
        at = next
      }
    },
  }
  const costOf = (...passes: (() => void)[]): number => {
    total = 0
    for (const pass of passes) pass()
    return total / rows
  }
  const draw = { keyLow: 0, keyHigh: 0, firstRow: 0, purpose: 0, uniformPurpose: 0 }
  return {
    scored: costOf(() => tile.density(counting)),
    sampled: costOf(
      () => tile.sampleNoise(counting, draw, 1),
      () => tile.inverse(counting),
    ),
    trained: costOf(
      () => tile.density(counting),
      () => tile.backward(counting),
    ),
  }
}
