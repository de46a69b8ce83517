import { Flow } from './flow.js'

/** A flow of its own with the same layers, numbers, scaler, provenance and scores. */
export function copyFlow(model: Flow): Flow {
  const copy = new Flow(model.structure.description, { seed: model.seed, kernels: model.kernels })
  copy.numbers.set(model.numbers)
  copy.scaler = model.scaler
  copy.scaled = model.scaled
  copy.data = model.data
  copy.training = model.training
  copy.scores = model.scores
  return copy
}
