import { escapeXml } from './text.js'

/** Markup, whose texts are escaped: well-formed as HTML and as XML. */
export type Html = string

export interface TableOptions {
  /** What the table is of; unique on its page. */
  readonly caption: string
  readonly head: readonly string[]
  /** The first cell of each names the row, indented where it begins with a space; a row may end early. */
  readonly rows: readonly (readonly string[])[]
  /** Whether all but the first column are words; default numbers, set to the right. */
  readonly words?: boolean
}

export function paragraph(text: string, name?: string): Html {
  return `<p${name === undefined ? '' : ` class="${name}"`}>${escapeXml(text)}</p>`
}

/** Text as it stands, lines broken where they have to be. */
export function verbatim(text: string): Html {
  return `<pre><code>${escapeXml(text)}</code></pre>`
}

/** A part of a page that is opened on demand. */
export function details(summary: string, content: Html): Html {
  return `<details><summary>${escapeXml(summary)}</summary>${content}</details>`
}

/** What may be wider than the screen scrolls by itself, by keyboard too. */
export function scrolling(label: string, content: Html): Html {
  return `<div class="scroll" role="group" aria-label="${escapeXml(label)}" tabindex="0">${content}</div>`
}

export function table({ caption, head, rows, words = false }: TableOptions): Html {
  const kind = words ? '' : ' class="number"'
  const lines = rows.map((cells) => {
    const [name = '', ...rest] = cells
    const sub = name.startsWith(' ') ? ' class="sub"' : ''
    const missing = head.length - cells.length
    const values = rest.map((cell, i) => {
      const span = i === rest.length - 1 && missing > 0 ? ` colspan="${missing + 1}"` : ''
      return `<td${kind}${span}>${escapeXml(cell)}</td>`
    })
    return `<tr><th scope="row"${sub}>${escapeXml(name.trim())}</th>${values.join('')}</tr>`
  })
  const titles = head.map((title, i) => `<th scope="col"${i > 0 ? kind : ''}>${escapeXml(title)}</th>`)
  return scrolling(
    caption,
    `<table><caption>${escapeXml(caption)}</caption><thead><tr>${titles.join('')}</tr></thead><tbody>${lines.join('\n')}</tbody></table>`,
  )
}

/** Names and what is to be said of them. */
export function definitions(entries: readonly (readonly [name: string, text: string])[]): Html {
  return `<dl>${entries.map(([name, text]) => `<dt>${escapeXml(name)}</dt><dd>${escapeXml(text)}</dd>`).join('\n')}</dl>`
}
