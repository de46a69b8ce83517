import type { MixtureChoice } from '../data/choose-mixture.js'
import { type GaussianMixture, refineGaussianMixture } from '../data/gaussian-mixture.js'
import type { RowSet } from '../data/row-set.js'
import { everyRow } from '../data/weighed-rows.js'
import type { PreprocessChoice } from '../train/preprocess.js'
import { mixtureBase } from './mixture-base.js'
import { gainText, MIXTURES, NO_MIXTURE } from './reasons.js'
import { type Mapped, preprocessor } from './rows.js'
import type { Candidate, Setting } from './trials.js'

/** Rows that the mixture of all of them is fitted to, at most, and iterations of it. */
const MOST_ROWS = 2 ** 15
const ITERATIONS = 20

/** What is tried, and why. */
interface Candidates {
  readonly candidates: readonly Candidate[]
  readonly reasons: readonly string[]
}

/**
 * `plain`, one normal behind columns that are each made about normal; and behind columns of which long tails alone are bent
 * the mixture of normals that `choose` finds to pay, or else one normal. That is the Gaussian itself, as columns made normal
 * one by one are none where one of them is nearly a linear function of others. `bent` is fitted to the `training` rows.
 */
export async function candidatesFor(
  plain: Candidate,
  bent: PreprocessChoice,
  training: RowSet | undefined,
  { data, shape: { dim }, options: { columns, onTrying } }: Setting,
  choose: (mapped: Mapped) => Promise<MixtureChoice | undefined>,
): Promise<Candidates> {
  if (typeof bent === 'string' || typeof plain.preprocess === 'string') return { candidates: [plain], reasons: [] }
  onTrying?.(MIXTURES)
  const mapped = await preprocessor(data, training, bent, columns)
  const choice = await choose(mapped)
  if (choice) {
    const components = choice.mixture.weights.length
    const base = mixtureBase(choice.mixture, dim)
    return {
      candidates: [
        plain,
        {
          ...plain,
          name: `${components} normals`,
          mixture: { components, prior: choice.prior, averaged: choice.averaged },
          base,
          preprocess: bent,
        },
      ],
      reasons: [gainText(components, choice.gain)],
    }
  }
  const normal = await preprocessor(data, training, plain.preprocess, columns)
  const isSame = areEqual((await mapped(training)).rows, (await normal(training)).rows)
  return {
    candidates: isSame ? [plain] : [plain, { ...plain, name: 'one normal of unbent columns', preprocess: bent }],
    reasons: [NO_MIXTURE],
  }
}

/**
 * A candidate that is to be left untrained: the average of several mixtures as its base where that is better, and climbed on
 * from there over all rows, those held out among them, where that is asked for.
 */
export async function settled(candidate: Candidate, { data, shape: { dim }, options }: Setting): Promise<Candidate> {
  const { mixture, preprocess } = candidate
  if (!mixture || typeof preprocess === 'string') return candidate
  const { prior, averaged } = mixture
  const all = options.refit
    ? await (await preprocessor(data, undefined, preprocess, options.columns))(undefined)
    : undefined
  const rows = all && everyRow(all, dim, MOST_ROWS)
  const whole = averaged.map((one) =>
    rows ? refineGaussianMixture(one, rows, dim, { iterations: ITERATIONS, prior }) : one,
  )
  const name =
    averaged.length === 1 ? candidate.name : `${candidate.name}, averaged with ${averaged.length - 1} other mixtures`
  return { ...candidate, name, base: mixtureBase(union(whole), dim) }
}

/** The average of some mixtures. */
function union(mixtures: readonly GaussianMixture[]): GaussianMixture {
  const joined = (figure: (mixture: GaussianMixture) => Float64Array) =>
    Float64Array.from(mixtures.flatMap((one) => [...figure(one)]))
  return {
    weights: joined(({ weights }) => weights.map((weight) => weight / mixtures.length)),
    means: joined(({ means }) => means),
    choleskies: joined(({ choleskies }) => choleskies),
  }
}

const areEqual = (a: Float64Array, b: Float64Array): boolean =>
  a.length === b.length && a.every((value, at) => value === b[at])
