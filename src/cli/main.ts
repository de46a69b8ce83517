#!/usr/bin/env node
import { didYouMean } from '../data/nearest-name.js'
import { asError, DataError, FormatError, UsageError } from '../errors.js'
import { messageLine } from '../printable.js'
import { commandHelp, parseCommand } from './arguments.js'
import { COMMANDS } from './commands.js'
import { leaveWhenInterrupted } from './interrupt.js'
import { endWithReader, say, writeData } from './output.js'
import { packageVersion } from './package-version.js'
import { fittedHelp, lineWidth } from './wrap.js'

const EXIT = { done: 0, failed: 1, usage: 2 }

function help(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length))
  return [
    'pushforward COMMAND [OPTIONS]: normalizing flows on the CPU',
    '',
    'Commands',
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Options',
    '  --help     show this; pushforward COMMAND --help shows a command',
    '  --version  show the version',
    '',
    'PUSHFORWARD_DEBUG=1 in the environment shows where an error comes from.',
    '',
    'Examples',
    '  pushforward train',
    '  pushforward train points.csv --out runs/points',
    '  pushforward sample latest --rows 1000 > samples.csv',
    '  pushforward score runs/points points.csv > scored.csv',
    '  pushforward predict latest points.csv --of y > predicted.csv',
    '  pushforward show latest',
    '  pushforward report latest',
    '',
  ].join('\n')
}

/** Runs the command that `args` name and returns the exit code. */
async function run([name, ...rest]: readonly string[]): Promise<number> {
  if (name === 'help' && rest.length > 0) return run([rest[0], '--help'])
  if (name === '--help' || name === '-h' || name === 'help') return showHelp(help())
  if (name === '--version' || name === '-v') return show(`${packageVersion()}\n`)
  if (name === undefined) {
    process.stderr.write(fittedHelp(help(), lineWidth([process.stderr])))
    return EXIT.usage
  }
  const names = Object.keys(COMMANDS)
  if (!names.includes(name)) {
    const way = didYouMean(name, names, { otherwise: `Commands are ${names.join(', ')}.` })
    throw new UsageError(`There is no ${name.startsWith('-') ? 'option' : 'command'} ${name}. ${way}`)
  }
  const command = await COMMANDS[name].load()
  const args = parseCommand(command.usage, rest)
  return args.help ? showHelp(commandHelp(command.usage)) : command.run(args)
}

/** A pager behind a pipe shows the text on the terminal that stderr is still on. */
function showHelp(text: string): Promise<number> {
  return show(fittedHelp(text, lineWidth([process.stdout, process.stderr])))
}

async function show(text: string): Promise<number> {
  await writeData(text)
  return EXIT.done
}

/** One line of cause and way out; the stack is for those who ask. */
function report(error: unknown): number {
  const stack = error instanceof Error && process.env.PUSHFORWARD_DEBUG ? error.stack : undefined
  say(`pushforward: ${stack ?? messageLine(asError(error).message)}`)
  const usage = error instanceof UsageError || error instanceof DataError || error instanceof FormatError
  return usage ? EXIT.usage : EXIT.failed
}

leaveWhenInterrupted()
endWithReader()
process.exitCode = await run(process.argv.slice(2)).catch(report)
