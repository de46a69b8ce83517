import { UsageError } from '../errors.js'
import type { Values } from './values.js'

/** What the model of --from has settled. */
const OF_THE_MODEL: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['flow', 'layers', 'hidden', 'bins', 'box', 'activation', 'dropout', 'fourier'].map((name) => [
      name,
      'what its layers are',
    ]),
  ),
  preprocess: 'what columns pass before it',
  given: 'which columns the others are given',
  column: 'what its columns are',
  drop: 'what its columns are',
  missing: 'what its columns are',
  ensemble: 'how many flows it is of',
  starts: 'what weights to start from',
}

/**
 * Refuses options that contradict each other.
 * @throws UsageError
 */
export function checkTogether(values: Values, data: string | undefined): void {
  if (values.budget !== undefined && values.steps !== undefined) {
    throw new UsageError('--budget and --steps both say how long to train; give one of them.')
  }
  if (values.missing !== undefined && values['drop-missing'] !== undefined) {
    throw new UsageError(
      '--missing model keeps rows with missing cells, --drop-missing leaves them out; give one of them.',
    )
  }
  const starts = values.starts !== undefined && Number(values.starts) !== 1
  if (starts && values.ensemble !== undefined && Number(values.ensemble) !== 1) {
    throw new UsageError(
      '--ensemble averages flows of several starts, --starts picks one of them; give one of the two.',
    )
  }
  if (starts && values.validation !== undefined && Number(values.validation) === 0) {
    throw new UsageError('--starts chooses by rows held out; give a --validation above 0, such as 0.1.')
  }
  if (values.from !== undefined) {
    if (data === undefined) throw new UsageError('--from trains a model on; say on what rows: train DATA --from MODEL.')
    const stray = Object.keys(OF_THE_MODEL).find((name) => values[name] !== undefined)
    if (stray !== undefined) {
      throw new UsageError(`--${stray} cannot be with --from: the model says ${OF_THE_MODEL[stray]}. Leave it out.`)
    }
  } else if (values.frozen !== undefined && values.flow === undefined && data !== undefined) {
    throw new UsageError('--frozen names layers, but none are chosen yet; give --flow or --from beside it.')
  }
}
