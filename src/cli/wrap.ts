/** What makes a line one of a table: blanks between its columns. */
const OF_TABLE = /\S {2,}\S/
/** A left column and the text beside it. */
const ENTRY = /^( +\S(?:\S| (?! ))* {2,})(\S.*)$/
/** Characters of a line at most, on however wide a terminal: sentences of longer ones are hard to read. */
const READABLE = 120
/** Of a text that is not for a terminal. */
const USUAL = 80
/** The least room beside a left column that text is set in; where there is less, it stands below. */
const LEAST_BESIDE = 30
const BELOW = 8

/** Whether a line is one of a table, which is cut and not wrapped. */
export function isOfTable(line: string): boolean {
  return OF_TABLE.test(line)
}

/** How wide lines may be on the first of the streams that is a terminal. */
export function lineWidth(streams: readonly { isTTY?: boolean; columns?: number }[]): number {
  const columns = streams.find(({ isTTY }) => isTTY)?.columns || USUAL
  return Math.min(columns, READABLE)
}

/** A sentence in lines of at most `width` characters, broken between words; of an indented one they go on further in. */
export function wrapped(text: string, width: number): string {
  const [indent] = /^ */.exec(text) ?? ['']
  const further = indent === '' ? '' : `${indent}  `
  const lines: string[] = []
  for (const word of text.slice(indent.length).split(' ')) {
    const last = lines[lines.length - 1]
    if (last === undefined) lines.push(`${indent}${word}`)
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`${further}${word}`)
  }
  return lines.join('\n')
}

/**
 * A page of help in lines of at most `width` characters: lines at the margin that follow each other are a paragraph, text
 * beside a left column stays beside it, and indented lines without columns, which are there to be copied, stay as they are.
 */
export function fittedHelp(text: string, width: number): string {
  const lines: string[] = []
  let paragraph: string[] = []
  const end = () => {
    if (paragraph.length > 0) lines.push(wrapped(paragraph.join(' '), width))
    paragraph = []
  }
  for (const line of text.split('\n')) {
    if (/^\S/.test(line)) {
      paragraph.push(line)
      continue
    }
    end()
    lines.push(fittedEntry(line, width))
  }
  end()
  return lines.join('\n')
}

function fittedEntry(line: string, width: number): string {
  const [, left, text] = ENTRY.exec(line) ?? []
  if (left === undefined || line.length <= width) return line
  const beside = width - left.length >= LEAST_BESIDE
  const indent = beside ? left.length : BELOW
  const set = wrapped(text, width - indent).replaceAll('\n', `\n${' '.repeat(indent)}`)
  return beside ? `${left}${set}` : `${left.trimEnd()}\n${' '.repeat(indent)}${set}`
}
