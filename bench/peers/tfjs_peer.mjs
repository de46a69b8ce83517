// The tutorial flow in TensorFlow.js, driven as contest.mjs says; mode "wasm" or "cpu" names the backend.
// Under Node the wasm backend has one thread: its threaded build needs a page.
import * as tf from '@tensorflow/tfjs'
import '@tensorflow/tfjs-backend-wasm'
import { answerVersion, readHalves, serve } from './contest.mjs'

const HALF_LN_2PI = 0.9189385332046727

function variables({ raw, weights, biases, f }) {
  return {
    raw: tf.variable(tf.tensor1d([raw])),
    weights: weights.map((values) => tf.variable(tf.tensor2d(values))),
    biases: biases.map((values) => tf.variable(tf.tensor1d(values))),
    f: tf.variable(tf.scalar(f)),
  }
}

/** The conditioner's output [rows, 2·moved]: log-scales before their clamp, then shifts. */
function condition({ weights, biases }, kept) {
  const last = weights.length - 1
  let h = kept
  for (const [k, w] of weights.entries()) {
    h = tf.add(tf.matMul(h, w, false, true), biases[k])
    if (k < last) h = tf.tanh(h)
  }
  return h
}

/** Log-densities [rows]. Even and odd columns travel as two tensors and change places after every layer. */
function logProb(layers, even, odd) {
  let [kept, moved] = [even, odd]
  const dim = kept.shape[1] + moved.shape[1]
  let logdet = tf.zeros([kept.shape[0]])
  for (const layer of layers) {
    // step(x) is 1 where x > 0, and has a gradient (0), which comparisons have not.
    const positives = tf.add(tf.sum(tf.step(kept), 1), tf.sum(tf.step(moved), 1))
    logdet = tf.add(logdet, tf.mul(layer.raw, tf.sub(dim, positives)))
    const slope = tf.exp(layer.raw)
    kept = tf.prelu(kept, slope)
    moved = tf.prelu(moved, slope)
    const [a, t] = tf.split(condition(layer, kept), 2, 1)
    const bound = tf.exp(layer.f)
    const s = tf.mul(tf.tanh(tf.div(a, bound)), bound)
    logdet = tf.add(logdet, tf.sum(s, 1))
    ;[kept, moved] = [tf.mul(tf.add(moved, t), tf.exp(s)), kept]
  }
  const squares = tf.add(tf.sum(tf.square(kept), 1), tf.sum(tf.square(moved), 1))
  return tf.sub(tf.sub(logdet, tf.mul(0.5, squares)), dim * HALF_LN_2PI)
}

/** AdamW as the library has it; tfjs has Adam alone. */
function adamW(parameters, { lr, wd }) {
  const moments = parameters.map((p) => [tf.variable(tf.zerosLike(p)), tf.variable(tf.zerosLike(p))])
  let t = 0
  return (grads) => {
    t++
    const c1 = 1 / (1 - 0.9 ** t)
    const c2 = 1 / (1 - 0.999 ** t)
    for (const [i, p] of parameters.entries()) {
      const g = grads[p.name]
      const [m, v] = moments[i]
      m.assign(tf.add(tf.mul(m, 0.9), tf.mul(g, 0.1)))
      v.assign(tf.add(tf.mul(v, 0.999), tf.mul(tf.square(g), 0.001)))
      const step = tf.div(tf.mul(m, c1), tf.add(tf.sqrt(tf.mul(v, c2)), 1e-8))
      p.assign(tf.sub(p, tf.mul(lr, tf.add(step, tf.mul(wd, p)))))
    }
  }
}

answerVersion('tfjs', '@tensorflow/tfjs')
await serve(async (setup) => {
  if (!(await tf.setBackend(setup.mode))) throw new Error(`The backend ${setup.mode} did not start.`)
  await tf.ready()
  const layers = setup.layers.map(variables)
  const parameters = layers.flatMap(({ raw, weights, biases, f }) => [raw, ...weights, ...biases, f])
  const [even, odd] = readHalves(setup.rows, setup.columns).map(({ values, rows, columns }) =>
    tf.tensor2d(values, [rows, columns]),
  )
  const update = adamW(parameters, setup)
  function step() {
    return tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => tf.neg(tf.mean(logProb(layers, even, odd))))
      update(grads)
      return value
    })
  }
  return (steps) => {
    for (let i = 1; i < steps; i++) step().dispose()
    const loss = step()
    const [value] = loss.dataSync()
    loss.dispose()
    return value
  }
})
