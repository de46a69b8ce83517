import type { Html } from '../report/html.js'
import { paragraph, table } from '../report/html.js'
import { pictureFigure } from '../report/inline-svg.js'
import { htmlPage } from '../report/page.js'
import { runsPicture } from '../report/runs-picture.js'
import type { Evaluation } from '../train/figures.js'
import type { MeanNLL } from '../train/mean-nll.js'
import { gainText, nllText } from './evaluation-text.js'
import type { RunFiles } from './run-files.js'

const PARTS = ['fresh', 'test', 'validation', 'train'] as const
type Part = (typeof PARTS)[number]

const WORDS: Readonly<Record<Part, string>> = {
  fresh: 'fresh rows',
  test: 'test rows',
  validation: 'validation rows, which chose the weights',
  train: 'the rows trained on, which flatter a model',
}

/** Runs in one table and one picture, on the rows that know the least of any of them. */
export function comparePage(runs: readonly RunFiles[]): Html {
  const part = PARTS.find((part) => runs.every(({ evaluation }) => nllOf(evaluation, part) !== undefined))
  const told = runs.flatMap(({ folder, evaluation }) => {
    const { mean, standardError } = (part && nllOf(evaluation, part)) ?? {}
    return mean == null ? [] : [{ name: folder, mean, standardError: standardError ?? null }]
  })
  const best = [...told].sort((a, b) => a.mean - b.mean)[0]
  const alike = !differ(runs, ({ run: { data } }) => [data.valuesSha256 ?? data.sha256, data.columns, data.given])
  const drawn = part && alike && told.length > 0
  const picture = drawn ? pictureFigure(runsPicture(told, WORDS[part]), 'runs') : undefined
  return htmlPage({
    title: `${runs.length} runs`,
    lead: [
      paragraph(
        part && best ? leadText(alike, part, best) : 'There are no rows that all of the runs were evaluated on.',
        'lead',
      ),
      ...(differ(runs, ({ run }) => run.seed)
        ? [paragraph('The runs have different seeds, and so held out different rows.')]
        : []),
    ],
    sections: [
      { title: 'In a table', parts: [comparison(runs)] },
      ...(picture === undefined ? [] : [{ title: 'In a picture', parts: [picture] }]),
    ],
  })
}

function nllOf(evaluation: Evaluation | undefined, part: Part): MeanNLL | undefined {
  return part === 'fresh' ? evaluation?.freshNll : evaluation?.nll[part]
}

function leadText(alike: boolean, part: Part, best: { readonly name: string; readonly mean: number }): string {
  return alike
    ? `By the mean −ln p of ${WORDS[part]}, ${best.name} is best: ${best.mean.toFixed(4)} nats a row.`
    : 'The runs were on different data or columns: their figures cannot be held against each other.'
}

function differ(runs: readonly RunFiles[], of: (files: RunFiles) => unknown): boolean {
  return new Set(runs.map((files) => JSON.stringify(of(files)))).size > 1
}

function comparison(runs: readonly RunFiles[]): Html {
  const parts = PARTS.toReversed().filter((part) => runs.some(({ evaluation }) => nllOf(evaluation, part)))
  return table({
    caption: 'Mean −ln p in nats a row, ± its standard error; ≈ is within noise',
    head: [
      'run',
      ...parts.map((part) => (part === 'train' ? 'training' : part)),
      'better than a Gaussian by',
      ...['parameters', 'steps', 'seconds', 'seed', 'rows', 'data'],
    ],
    rows: runs.map(({ folder, run, model, evaluation }) => {
      const gain = PARTS.map((part) => evaluation?.gaussianGain?.[part]).find((gain) => gain !== undefined)
      const { steps, seconds } = { ...run.training }
      return [
        folder,
        ...parts.map((part) => nllText(nllOf(evaluation, part))),
        gainText(gain),
        ...[model.parameterCount, steps ?? '', seconds?.toFixed(1) ?? '', run.seed, run.data.rows, run.data.name].map(
          String,
        ),
      ]
    }),
  })
}
