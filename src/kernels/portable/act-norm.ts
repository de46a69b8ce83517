import type { Heap, Offset } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as actNorms from '../operations/act-norm.js'

export function portableActNorm({ real }: Heap): Portable<typeof actNorms> {
  const clamped = (s: number, bound: number) => Math.min(Math.max(s, -bound), bound)
  function sum(n: number, x: Offset): number {
    let total = 0
    for (let t = 0; t < n; t++) total += real[x + t]
    return total
  }
  function addToAll(n: number, by: number, y: Offset): void {
    for (let t = 0; t < n; t++) real[y + t] += by
  }
  function dot(n: number, x: Offset, y: Offset): number {
    let total = 0
    for (let t = 0; t < n; t++) total += real[x + t] * real[y + t]
    return total
  }
  return {
    actNorm({ dim, rows, bound, s, t, x, z, logDet }) {
      let logs = 0
      for (let j = 0; j < dim; j++) {
        const log = clamped(real[s + j], bound)
        const scale = Math.exp(log)
        logs += log
        for (let i = j * rows; i < (j + 1) * rows; i++) real[z + i] = (real[x + i] + real[t + j]) * scale
      }
      addToAll(rows, logs, logDet)
    },
    actNormInverse({ dim, rows, bound, s, t, z, x, logDet }) {
      let logs = 0
      for (let j = 0; j < dim; j++) {
        const log = clamped(real[s + j], bound)
        const scale = Math.exp(-log)
        logs += log
        for (let i = j * rows; i < (j + 1) * rows; i++) real[x + i] = real[z + i] * scale - real[t + j]
      }
      addToAll(rows, -logs, logDet)
    },
    actNormBackward({ dim, rows, bound, s, z, dz, dLogDet, dx, ds, dt }) {
      const dLog = sum(rows, dLogDet)
      for (let j = 0; j < dim; j++) {
        const log = clamped(real[s + j], bound)
        const scale = Math.exp(log)
        const row = j * rows
        real[dt + j] += scale * sum(rows, dz + row)
        if (log === real[s + j]) real[ds + j] += dot(rows, dz + row, z + row) + dLog
        for (let i = row; i < row + rows; i++) real[dx + i] = real[dz + i] * scale
      }
    },
    actNormInverseBackward({ dim, rows, bound, s, z, dx, dLogDet, dz, ds, dt }) {
      const dLog = sum(rows, dLogDet)
      for (let j = 0; j < dim; j++) {
        const log = clamped(real[s + j], bound)
        const scale = Math.exp(-log)
        const row = j * rows
        real[dt + j] -= sum(rows, dx + row)
        if (log === real[s + j]) real[ds + j] -= scale * dot(rows, dx + row, z + row) + dLog
        for (let i = row; i < row + rows; i++) real[dz + i] = real[dx + i] * scale
      }
    },
  }
}
