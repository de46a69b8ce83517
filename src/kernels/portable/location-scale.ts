import { type Heap, NONE } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as locationScales from '../operations/location-scale.js'

export function portableLocationScale({ real }: Heap): Portable<typeof locationScales> {
  return {
    locationScale({ dim, rows, each, z, location, logScale, logDet, y, total }) {
      for (let t = 0; t < rows; t++) {
        let sum = real[logDet + t]
        for (let j = 0; j < dim; j++) {
          const own = j * each + (each === 1 ? 0 : t)
          const log = real[logScale + own]
          real[y + j * rows + t] = (real[z + j * rows + t] - real[location + own]) * Math.exp(-log)
          sum -= log
        }
        real[total + t] = sum
      }
    },
    locationScaleBackward({ dim, rows, each, y, logScale, dy, dTotal, dz, dLocation, dLogScale }) {
      for (let t = 0; t < rows; t++) {
        const weight = real[dTotal + t]
        for (let j = 0; j < dim; j++) {
          const at = j * rows + t
          const d = weight === 0 ? 0 : real[dy + at] * Math.exp(-real[logScale + j * each + (each === 1 ? 0 : t)])
          const scaled = weight === 0 ? 0 : real[dy + at] * real[y + at] + weight
          real[dz + at] = d
          if (dLocation !== NONE) real[dLocation + at] = -d
          if (dLogScale !== NONE) real[dLogScale + at] = -scaled
        }
      }
    },
    locationScaleInverse({ dim, rows, each, y, location, logScale, z }) {
      for (let j = 0; j < dim; j++) {
        for (let t = 0; t < rows; t++) {
          const own = j * each + (each === 1 ? 0 : t)
          real[z + j * rows + t] = real[location + own] + real[y + j * rows + t] * Math.exp(real[logScale + own])
        }
      }
    },
  }
}
