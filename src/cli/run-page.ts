import { join } from 'node:path'
import { columnNames, givenNames } from '../flow/column-names.js'
import { Flow } from '../flow/flow.js'
import { summary } from '../flow/summary.js'
import { FILM_SCRIPT, filmPlayer, filmSeconds } from '../report/film-player.js'
import { definitions, details, type Html, paragraph, table } from '../report/html.js'
import { pictureFigure } from '../report/inline-svg.js'
import { htmlPage } from '../report/page.js'
import { numberText } from '../report/text.js'
import type { Evaluation } from '../train/figures.js'
import { checksText, figuresTable, resultText, trialsTable } from './evaluation-text.js'
import { findingsText } from './findings-text.js'
import { conditionText } from './given-columns.js'
import { DIVERGED } from './load-model.js'
import { repeatSection } from './repeat-section.js'
import type { RunFiles } from './run-files.js'

/** Bytes of a page, at most: it goes by mail. */
export const MOST_BYTES = 3_000_000

/** A film is seen whole on a phone, for what moves is its dots; its width there as a share of its own. */
const FILM_WIDTH = 0.6

/** All that a run has left as one page; of pictures too many for its size the largest are left out, and named. */
export function runPage(files: RunFiles): Html {
  const pictures = new Map(files.pictures)
  for (;;) {
    const page = pageOf(files, pictures)
    if (Buffer.byteLength(page) <= MOST_BYTES || pictures.size === 0) return page
    const [[largest]] = [...pictures].sort((a, b) => b[1].length - a[1].length)
    pictures.delete(largest)
  }
}

function pageOf(files: RunFiles, pictures: ReadonlyMap<string, string>): Html {
  const { run, evaluation } = files
  const drawn = drawing(files, pictures)
  const goodness = evaluation?.goodness
  const film = filmParts(pictures)
  return htmlPage({
    title: `${run.data.name}: p(${conditionText(...columnsOf(files.model))})`,
    lead: leadOf(files, goodness),
    sections: [
      { title: 'What was trained on what', parts: [definitions(provenance(files))] },
      { title: 'Figures', parts: evaluation ? figures(evaluation) : [] },
      { title: 'Learning curves', parts: drawn('loss') },
      { title: 'Data against samples', parts: drawn('density', 'samples', 'marginals', 'pairs') },
      { title: 'Whether rows may come from the model', parts: [...tests(goodness), ...drawn('qq', 'pit')] },
      { title: 'What every layer does', parts: drawn('data-to-noise', 'noise-to-data', 'leaky-relu') },
      { title: 'From noise to data', parts: film.length > 0 ? film : drawn('film') },
      { title: 'The strangest rows', parts: strangest(evaluation) },
      repeatSection(files),
    ],
    script: film.length > 0 ? FILM_SCRIPT : '',
  })
}

/** Figures of the pictures that are there; of those left out for their size, where they are. */
function drawing({ folder, pictures: all }: RunFiles, pictures: ReadonlyMap<string, string>) {
  return (...names: string[]): Html[] =>
    names.flatMap((name) => {
      const svg = pictures.get(name)
      const figure = svg === undefined ? undefined : pictureFigure(svg, name)
      if (figure !== undefined) return [figure]
      const path = join(folder, 'plots', `${name}.svg`)
      return all.has(name)
        ? [paragraph(`${path} is not in this page: it is too large for it, or damaged.`, 'note')]
        : []
    })
}

function filmParts(pictures: ReadonlyMap<string, string>): Html[] {
  const svg = pictures.get('film')
  const [figure, seconds] = svg === undefined ? [] : [pictureFigure(svg, 'film', FILM_WIDTH), filmSeconds(svg)]
  return figure === undefined || seconds === undefined ? [] : [filmPlayer(figure, seconds)]
}

function leadOf({ run, model, evaluation }: RunFiles, goodness: Evaluation['goodness']): Html[] {
  const failed = run.status === 'failed' ? `The run failed: ${run.error}` : undefined
  const ended = run.status === 'interrupted' ? 'The run was interrupted: the model is the best until then.' : failed
  const texts = [evaluation?.verdict ?? 'The run has no evaluation.', floorText(evaluation), goodness?.verdict]
  return [
    ...[model.training && DIVERGED, ended].flatMap((text) => (text ? [paragraph(text)] : [])),
    paragraph(texts.filter((text) => text !== undefined).join(' '), 'lead'),
  ]
}

/** How far from the best there is, where that is known. */
function floorText(evaluation: Evaluation | undefined): string | undefined {
  const excess = evaluation?.excess?.fresh ?? evaluation?.excess?.train
  if (excess?.mean == null) return undefined
  const error = excess.standardError === null ? '' : ` ± ${excess.standardError.toFixed(4)}`
  return `The true density would be better by ${excess.mean.toFixed(4)}${error} nats a row, and no model by more.`
}

/** The columns of the table, or of the flow where it knows none, those that are given last; and these. */
function columnsOf(model: RunFiles['model']): [all: readonly string[], given: readonly string[]] {
  const { table } = model.data
  if (!table) return [columnNames(model), givenNames(model)]
  const own = table.columns.map(({ name }) => name).filter((name) => !table.given.includes(name))
  return [[...own, ...table.given], table.given]
}

function provenance({ run, model, folder }: RunFiles): [string, string][] {
  const { data, training, versions, machine, seed, from } = run
  const [flow] = model instanceof Flow ? [model] : model.members
  const [structure] = summary(flow).split('\n')
  const kind = model instanceof Flow ? structure : `Ensemble of ${model.members.length}, the first: ${structure}`
  const [all, given] = columnsOf(model)
  const columns = all.slice(0, all.length - given.length)
  const gaps = model.data.table?.columns.filter(({ missing }) => missing !== undefined).map(({ name }) => name) ?? []
  return [
    ['Data', `${data.name}, ${numberText(data.rows, 21)} rows`],
    [columns.length === 1 ? 'Column' : `${columns.length} columns`, columns.join(', ')],
    ...(given.length > 0 ? [['Given', given.join(', ')] as [string, string]] : []),
    ...(gaps.length > 0 ? [['With gaps', gaps.join(', ')] as [string, string]] : []),
    ['SHA-256', data.sha256],
    ['Model', `${kind}, ${numberText(model.parameterCount, 21)} parameters`],
    ...(training ? [['Training', resultText(training)] as [string, string]] : []),
    ...(from ? [['Trained on from', `${from.model} (SHA-256 ${from.sha256})`] as [string, string]] : []),
    ['Seed', String(seed)],
    ['Run', `${folder}, ${run.status}, started ${run.started}`],
    ['With', `pushforward ${versions.pushforward}, Node ${versions.node}, ${machine.cpu}, ${machine.cores} cores`],
  ]
}

function figures(evaluation: Evaluation): Html[] {
  const [head, ...rows] = figuresTable(evaluation)
  const [trialsHead, ...trials] = evaluation.trials ? trialsTable(evaluation.trials) : []
  const notes = [
    checksText(evaluation),
    ...findingsText(evaluation),
    evaluation.units,
    evaluation.leftOut,
    evaluation.note,
  ]
  return [
    table({ caption: 'Mean −ln p, ± its standard error; ≈ is within noise', head, rows }),
    ...(trialsHead ? [table({ caption: 'What the flow was chosen by', head: trialsHead, rows: trials })] : []),
    ...notes.flatMap((text) => (text ? [paragraph(text)] : [])),
  ]
}

function tests(goodness: Evaluation['goodness']): Html[] {
  if (!goodness) return []
  return [
    paragraph(goodness.verdict),
    ...(goodness.tests.length > 0
      ? [
          details(
            `${goodness.tests.length} tests on ${goodness.rows} rows`,
            table({
              caption: 'p-values, and corrected for the number of tests',
              head: ['tested', 'statistic', 'p', 'corrected'],
              rows: goodness.tests.map(({ of, name, statistic, p, corrected }) => [
                name === undefined ? of : `${of} ${name}`,
                ...[statistic, p, corrected].map((value) => String(Number(value.toPrecision(3)))),
              ]),
            }),
          ),
        ]
      : []),
  ]
}

function strangest(evaluation: Evaluation | undefined): Html[] {
  if (!evaluation?.strangest || evaluation.strangest.rows.length === 0) return []
  const { part, columns, rows } = evaluation.strangest
  const what = part === 'training' ? 'rows trained on' : `${part} rows`
  return [
    paragraph(`The ${rows.length} of the ${what} that the model finds least likely; rows are counted from 0.`),
    table({
      caption: 'The lower ln p, the stranger the row',
      head: ['row', 'ln p, nats', ...columns],
      rows: rows.map(({ row, logProb, values }) => [
        String(row),
        logProb === null ? '−∞' : logProb.toFixed(2).replace('-', '−'),
        ...values.map(valueText),
      ]),
    }),
  ]
}

/** Whole numbers in full, for they may be times or names; others as far as they tell anything. */
function valueText(value: number | string | null): string {
  if (typeof value !== 'number') return value ?? ''
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(6))).replace('-', '−')
}
