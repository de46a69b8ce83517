// Mixtures of components with weights softmax(logits). Logits are shared by all rows where `each` is 1.
import { bytes, load, NONE, numberOf, store } from './lanes'
import { exp4, log4 } from './math'

/** The largest of numbers that are all −∞, so that a difference to it is no NaN. */
const LOWEST: f32 = -3.4028234663852886e38

/** The largest of the logits of rows t …, `step` bytes apart. */
@inline
function largest4(shared: bool, components: i32, logits: usize, step: usize, at: usize, lanes: i32): v128 {
  let most = f32x4.splat(LOWEST)
  for (let k = 0; k < components; k++, logits += step) most = f32x4.max(most, numberOf(shared, logits, at, lanes))
  return most
}

/** Σ e^(logit − most) */
@inline
function sum4(shared: bool, components: i32, logits: usize, step: usize, most: v128, at: usize, lanes: i32): v128 {
  let sum = f32x4.splat(0)
  for (let k = 0; k < components; k++, logits += step) {
    sum = f32x4.add(sum, exp4(f32x4.sub(numberOf(shared, logits, at, lanes), most)))
  }
  return sum
}

@inline
function mix4(
  shared: bool, components: i32, stride: usize, step: usize,
  logits: usize, logProbs: usize, responsibilities: usize, logProb: usize, at: usize, lanes: i32,
): void {
  const mostLogit = largest4(shared, components, logits, step, at, lanes)
  const weights = sum4(shared, components, logits, step, mostLogit, at, lanes)
  let most = f32x4.splat(LOWEST)
  let to = responsibilities + at
  for (let k = 0; k < components; k++, logits += step, logProbs += stride, to += stride) {
    const joint = f32x4.add(numberOf(shared, logits, at, lanes), load(logProbs + at, lanes))
    store(to, joint, lanes)
    most = f32x4.max(most, joint)
  }
  let sum = f32x4.splat(0)
  to = responsibilities + at
  for (let k = 0; k < components; k++, to += stride) {
    const part = exp4(f32x4.sub(load(to, lanes), most))
    store(to, part, lanes)
    sum = f32x4.add(sum, part)
  }
  const nowhere = f32x4.eq(sum, f32x4.splat(0))
  to = responsibilities + at
  for (let k = 0; k < components; k++, to += stride) {
    store(to, v128.andnot(f32x4.div(load(to, lanes), sum), nowhere), lanes)
  }
  const normaliser = f32x4.add(mostLogit, log4(weights))
  store(logProb + at, f32x4.sub(f32x4.add(most, log4(sum)), normaliser), lanes)
}

export function mixture(
  components: i32, rows: i32, each: i32,
  logits: usize, logProbs: usize, responsibilities: usize, logProb: usize,
): void {
  logits = bytes(logits), logProbs = bytes(logProbs)
  responsibilities = bytes(responsibilities), logProb = bytes(logProb)
  const stride = bytes(rows)
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4), at = bytes(t)
    if (each == 1) mix4(true, components, stride, 4, logits, logProbs, responsibilities, logProb, at, lanes)
    else mix4(false, components, stride, stride, logits, logProbs, responsibilities, logProb, at, lanes)
  }
}

@inline
function backward4(
  shared: bool, components: i32, stride: usize, step: usize,
  logits: usize, responsibilities: usize, dLogProb: usize, dLogProbs: usize, dLogits: usize, at: usize, lanes: i32,
): void {
  const weight = load(dLogProb + at, lanes)
  const none = f32x4.eq(weight, f32x4.splat(0))
  const most = largest4(shared, components, logits, step, at, lanes)
  const sum = sum4(shared, components, logits, step, most, at, lanes)
  for (let k = 0; k < components; k++, logits += step, responsibilities += stride, dLogProbs += stride) {
    const share = load(responsibilities + at, lanes)
    store(dLogProbs + at, v128.andnot(f32x4.mul(weight, share), none), lanes)
    if (dLogits) {
      const prior = f32x4.div(exp4(f32x4.sub(numberOf(shared, logits, at, lanes), most)), sum)
      store(dLogits + at, v128.andnot(f32x4.mul(weight, f32x4.sub(share, prior)), none), lanes)
      dLogits += stride
    }
  }
}

export function mixtureBackward(
  components: i32, rows: i32, each: i32,
  logits: usize, responsibilities: usize, dLogProb: usize, dLogProbs: usize, dLogits: usize,
): void {
  logits = bytes(logits), responsibilities = bytes(responsibilities), dLogProb = bytes(dLogProb)
  dLogProbs = bytes(dLogProbs), dLogits = dLogits == NONE ? 0 : bytes(dLogits)
  const stride = bytes(rows)
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4), at = bytes(t)
    if (each == 1) {
      backward4(true, components, stride, 4, logits, responsibilities, dLogProb, dLogProbs, dLogits, at, lanes)
    } else {
      backward4(false, components, stride, stride, logits, responsibilities, dLogProb, dLogProbs, dLogits, at, lanes)
    }
  }
}

/** How many of the sums of the first weights, the whole aside, the uniform number reaches. */
@inline
function choose4(
  shared: bool, components: i32, step: usize, logits: usize, uniform: usize, component: usize, at: usize, lanes: i32,
): void {
  const most = largest4(shared, components, logits, step, at, lanes)
  const sum = sum4(shared, components, logits, step, most, at, lanes)
  const place = f32x4.mul(load(uniform + at, lanes), sum)
  let below = f32x4.splat(0)
  let chosen = f32x4.splat(0)
  for (let k = 0; k < components - 1; k++, logits += step) {
    below = f32x4.add(below, exp4(f32x4.sub(numberOf(shared, logits, at, lanes), most)))
    chosen = f32x4.add(chosen, v128.and(f32x4.ge(place, below), f32x4.splat(1)))
  }
  store(component + at, chosen, lanes)
}

export function chooseComponent(
  components: i32, rows: i32, each: i32, logits: usize, uniform: usize, component: usize,
): void {
  logits = bytes(logits), uniform = bytes(uniform), component = bytes(component)
  for (let t = 0; t < rows; t += 4) {
    const lanes = min(rows - t, 4), at = bytes(t)
    if (each == 1) choose4(true, components, 4, logits, uniform, component, at, lanes)
    else choose4(false, components, bytes(rows), logits, uniform, component, at, lanes)
  }
}

export function takeComponent(dim: i32, rows: i32, index: f32, component: usize, from: usize, z: usize): void {
  component = bytes(component), from = bytes(from), z = bytes(z)
  const stride = bytes(rows)
  for (let j = 0; j < dim; j++, from += stride, z += stride) {
    for (let t = 0; t < rows; t += 4) {
      const lanes = min(rows - t, 4), at = bytes(t)
      const taken = f32x4.eq(load(component + at, lanes), f32x4.splat(index))
      store(z + at, v128.bitselect(load(from + at, lanes), load(z + at, lanes), taken), lanes)
    }
  }
}
