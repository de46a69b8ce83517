import type { Flow } from 'pushforward'
import { Tile } from '#flow/tile.js'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena, NONE } from '#kernels/heap.js'
import type { Kernels } from '#kernels/kernels.js'
import { type KernelTime, kernelTimes, PROGRAM_WORDS } from './kernel-times.js'

/** A training pass through a tile, forward and back, kernel by kernel; nanoseconds a row. */
export function passKernels(model: Flow<'float32'>, rows: Float32Array): KernelTime[] {
  const { structure, parameters } = model
  const arena = new Arena('float32')
  const params = arena.real(structure.parameterCount)
  const dParams = arena.real(structure.parameterCount)
  const tile = new Tile(structure, arena, 'differentiate', structure.tileRows, params)
  tile.accumulateInto(dParams)
  const program = arena.int(PROGRAM_WORDS)
  const data = arena.real(tile.rows * structure.dim)
  const k = createKernels(createHeap(arena, 'simd', false))
  k.heap.real.set(parameters, params)
  k.heap.real.set(rows.subarray(0, tile.rows * structure.dim), data)
  tile.load(k.heap)
  k.gather(structure.dim, tile.rows, tile.rows, data, NONE, tile.data)
  tile.seed(k, -1, tile.rows)
  const pass = (kernels: Kernels) => {
    tile.density(kernels)
    tile.backward(kernels)
  }
  // Where calls are repeated, others find what the last pass has left.
  pass(k)
  return kernelTimes(k, program, pass).map((time) => ({ ...time, ns: time.ns / tile.rows }))
}
