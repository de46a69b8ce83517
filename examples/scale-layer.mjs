// A layer of one's own, made of operations that are there: z = x·e^s, one learnable s a column. See docs/add-a-layer.md.
import { operations, part } from 'pushforward/layers'

const { add, exp, fill, multiply, spread, spreadBackward, subtract } = operations

/** What goes into `flow(dim, [scale(), …])` and into the model file. */
export const scale = () => ({ type: 'scale' })

/** z = x·e^s, ln|det ∂z/∂x| = Σ s. Parameters: s [dim], 0 at the start. */
function buildScale(spec, dim) {
  return {
    spec,
    label: 'Scale',
    parameters: [{ name: 's', shape: [dim] }],
    initialise: ({ s }) => s.fill(0),
    forward(pass, { params: { s }, from: x, to: z, logDet }) {
      const rows = pass.scratch(dim, pass.rows)
      const e = pass.tape(dim, pass.rows)
      spread(pass, { x: s, y: rows })
      exp(pass, { x: rows, y: e })
      multiply(pass, { a: x, b: e, y: z })
      for (let j = 0; j < dim; j++) add(pass, { x: part(rows, j), y: logDet })
      /**
       * With z = x e^s, so that ∂z/∂s = z, and logDet = Σ s:
       *   dx = dz e^s
       *   ds += Σₜ (dz z + dLogDet)
       */
      return ({ dParams: { s: ds }, dTo: dz, dFrom: dx, dLogDet }) => {
        const dRows = pass.scratch(dim, pass.rows)
        multiply(pass, { a: dz, b: z, y: dRows })
        for (let j = 0; j < dim; j++) add(pass, { x: dLogDet, y: part(dRows, j) })
        spreadBackward(pass, { dy: dRows, dx: ds })
        multiply(pass, { a: dz, b: e, y: dx })
      }
    },
    inverse(pass, { params: { s }, from: z, to: x, logDet }) {
      const rows = pass.scratch(dim, pass.rows)
      const [minus, e] = [pass.scratch(dim, pass.rows), pass.tape(dim, pass.rows)]
      spread(pass, { x: s, y: rows })
      fill(pass, { value: 0, y: minus })
      subtract(pass, { x: rows, y: minus })
      exp(pass, { x: minus, y: e })
      multiply(pass, { a: z, b: e, y: x })
      for (let j = 0; j < dim; j++) subtract(pass, { x: part(rows, j), y: logDet })
      /**
       * With x = z e^−s, so that ∂x/∂s = −x, and logDet = −Σ s:
       *   dz = dx e^−s
       *   ds −= Σₜ (dx x + dLogDet)
       */
      return ({ dParams: { s: ds }, dTo: dx, dFrom: dz, dLogDet }) => {
        const [product, dRows] = [pass.scratch(dim, pass.rows), pass.scratch(dim, pass.rows)]
        multiply(pass, { a: dx, b: x, y: product })
        for (let j = 0; j < dim; j++) add(pass, { x: dLogDet, y: part(product, j) })
        fill(pass, { value: 0, y: dRows })
        subtract(pass, { x: product, y: dRows })
        spreadBackward(pass, { dy: dRows, dx: ds })
        multiply(pass, { a: dx, b: e, y: dz })
      }
    },
  }
}

/** What `registerLayers(new URL('./scale-layer.mjs', import.meta.url))` reads, here and in every thread. */
export const layers = { scale: buildScale }
