import { cores } from '../parallel/cores.js'
import type { CommandArguments, CommandUsage } from './arguments.js'
import { type Check, checkAll } from './doctor-checks.js'
import { measureSpeed, type Speed } from './doctor-speed.js'
import { writeData, writeObject } from './output.js'
import { flag } from './values.js'

export const usage: CommandUsage = {
  synopsis: 'doctor',
  summary: 'Looks whether everything that pushforward needs is there, and how fast this machine is.',
  operands: [0, 0],
  options: { json: { text: 'as one JSON object' } },
  notes: [
    'The limit is what one thread multiplies and adds at best, nothing loaded or stored; "% of it" says what the operations of',
    'a training step or of scored rows would take at that rate on all threads, of the time that they do take.',
    'Exits with 0 where nothing is wrong, else with 1 and what to do about each thing.',
  ].join('\n'),
  examples: ['pushforward doctor', 'pushforward doctor --json'],
}

/** `pushforward doctor`. */
export async function run({ values }: CommandArguments): Promise<number> {
  const checks = await checkAll()
  const threads = checks.some(({ name, way }) => name === 'worker threads' && way) ? 0 : cores()
  const fine = checks.every(({ way }) => way === undefined)
  const speed = await measureSpeed(threads)
  if (flag(values, 'json')) {
    await writeObject({ fine, checks: checks.map((check) => ({ ...check, fine: check.way === undefined })), speed })
  } else await writeData(`${[...checksText(checks), '', ...speedText(speed)].join('\n')}\n`)
  return fine ? 0 : 1
}

function checksText(checks: readonly Check[]): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length))
  return checks.flatMap(({ name, found, way }) => [
    `${way === undefined ? 'fine ' : 'WRONG'}  ${name.padEnd(width)}  ${found}`,
    ...(way === undefined ? [] : [`       ${' '.repeat(width)}  ${way}`]),
  ])
}

function speedText({ threads, millisecondsPerStep, rowsScoredPerSecond, peak, ...shares }: Speed): string[] {
  const { stepOfLimit, scoreOfLimit } = shares
  const on = threads === 0 ? 'on the calling thread' : threads === 1 ? 'on 1 thread' : `on ${threads} threads`
  const share = (part: number | undefined) => (part === undefined ? '' : `, ${Math.round(100 * part)} % of the limit`)
  return [
    `Speed of the tutorial's flow, 180 parameters, ${on}`,
    `  a training step of 1024 rows  ${millisecondsPerStep.toPrecision(3)} ms${share(stepOfLimit)}`,
    `  rows scored a second          ${(rowsScoredPerSecond / 1e6).toPrecision(3)} million${share(scoreOfLimit)}`,
    ...(peak === undefined
      ? []
      : [`  limit                         ${peak.toPrecision(3)} billion operations a second and thread`]),
  ]
}
