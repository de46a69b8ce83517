// The tutorial flow in jax-js on its wasm device, one jitted step after another, driven as contest.mjs says.
// Arrays are counted: a call consumes its arguments, and `.ref` lends one more. Under Node it has one thread, since its
// pool needs a page's Worker.
import { defaultDevice, init, jit, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { answerVersion, readHalves, serve } from './contest.mjs'

const HALF_LN_2PI = 0.9189385332046727

/** The conditioner's output [rows, 2·moved]: log-scales before their clamp, then shifts. */
function condition({ weights, biases }, kept) {
  const last = weights.length - 1
  let h = kept
  for (const [k, w] of weights.entries()) {
    h = np.matmul(h, np.transpose(w)).add(biases[k])
    if (k < last) h = np.tanh(h)
  }
  return h
}

function leakyReLU(x, slope) {
  return np.where(np.greater(x.ref, 0), x.ref, x.mul(slope))
}

const negatives = (x) => np.lessEqual(x, 0).astype(np.float32).sum(1)

/** Log-densities [rows]. Even and odd columns travel as two arrays and change places after every layer. */
function logProb(layers, even, odd) {
  let [kept, moved] = [even, odd]
  const dim = kept.shape[1] + moved.shape[1]
  let logdet = np.zeros([kept.shape[0]])
  for (const { raw, f, ...net } of layers) {
    logdet = logdet.add(raw.ref.mul(negatives(kept.ref).add(negatives(moved.ref))))
    const slope = np.exp(raw)
    kept = leakyReLU(kept, slope.ref)
    moved = leakyReLU(moved, slope)
    const [a, t] = np.split(condition(net, kept.ref), 2, 1)
    const bound = np.exp(f)
    const s = np.tanh(a.div(bound.ref)).mul(bound)
    logdet = logdet.add(s.ref.sum(1))
    ;[kept, moved] = [moved.add(t).mul(np.exp(s)), kept]
  }
  const squares = np.square(kept).sum(1).add(np.square(moved).sum(1))
  return logdet.sub(squares.mul(0.5)).sub(dim * HALF_LN_2PI)
}

/** One update; c1 and c2 are the bias corrections. Returns the loss before it beside the new state. */
const stepper = (lr, wd) =>
  jit((layers, m, v, c1, c2, even, odd) => {
    const loss = (p) => logProb(p, even, odd).mean().neg()
    const [value, g] = valueAndGrad(loss)(tree.ref(layers))
    const newM = tree.map((m, g) => m.mul(0.9).add(g.mul(0.1)), m, tree.ref(g))
    const newV = tree.map((v, g) => v.mul(0.999).add(np.square(g).mul(0.001)), v, g)
    const change = (p, m, v) =>
      p.ref.sub(
        m
          .mul(c1.ref)
          .div(np.sqrt(v.mul(c2.ref)).add(1e-8))
          .add(p.mul(wd))
          .mul(lr),
      )
    const updated = tree.map(change, layers, tree.ref(newM), tree.ref(newV))
    c1.dispose()
    c2.dispose()
    return [value, updated, newM, newV]
  })

const scalar = (value) => np.array(value, { dtype: np.float32 })

function arrays({ raw, weights, biases, f }) {
  return {
    raw: scalar(raw),
    f: scalar(f),
    weights: weights.map((w) => np.array(w)),
    biases: biases.map((b) => np.array(b)),
  }
}

answerVersion('jax-js', '@jax-js/jax')
await serve(async (setup) => {
  await init('wasm')
  defaultDevice('wasm')
  let layers = setup.layers.map(arrays)
  let m = tree.map((p) => np.zerosLike(p), tree.ref(layers))
  let v = tree.map((p) => np.zerosLike(p), tree.ref(layers))
  let t = 0
  const [even, odd] = readHalves(setup.rows, setup.columns).map(({ values, rows, columns }) =>
    np.array(values).reshape([rows, columns]),
  )
  const step = stepper(setup.lr, setup.wd)
  return (steps) => {
    let value
    for (let i = 0; i < steps; i++) {
      t++
      const corrections = [scalar(1 / (1 - 0.9 ** t)), scalar(1 / (1 - 0.999 ** t))]
      let loss
      ;[loss, layers, m, v] = step(layers, m, v, ...corrections, even.ref, odd.ref)
      // All that a jitted call has queued runs when one of its results is read. Waiting for each of the others as well
      // would look at every queued kernel once for every result, and not waiting lets the queue grow.
      ;[value] = loss.dataSync()
    }
    return value
  }
})
