import { createHash } from 'node:crypto'
import type { Html } from './html.js'
import { PAGE_STYLE } from './page-style.js'
import { escapeXml } from './text.js'

export interface Section {
  readonly title: string
  readonly parts: readonly Html[]
}

export interface PageOptions {
  readonly title: string
  /** Above all sections. */
  readonly lead: readonly Html[]
  /** Those without parts are left out. */
  readonly sections: readonly Section[]
  /** JavaScript without < and &, which XML would have to be told of. */
  readonly script?: string
}

/**
 * One HTML file that needs nothing else: style and script within, and no right to fetch anything or to run any other script.
 * It is well-formed XML too.
 */
export function htmlPage({ title, lead, sections, script = '' }: PageOptions): Html {
  const hash = createHash('sha256').update(script).digest('base64')
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src ${script === '' ? "'none'" : `'sha256-${hash}'`}`
  const parts = sections
    .filter((section) => section.parts.length > 0)
    .map((section, i) => sectionHtml(section, `section-${i + 1}`))
  return [
    '<!DOCTYPE html>',
    '<html lang="en" xmlns="http://www.w3.org/1999/xhtml">',
    '<head>',
    '<meta charset="utf-8" />',
    '<meta name="viewport" content="width=device-width, initial-scale=1" />',
    '<meta name="color-scheme" content="light dark" />',
    `<meta http-equiv="Content-Security-Policy" content="${escapeXml(policy)}" />`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${PAGE_STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<header><h1>${escapeXml(title)}</h1>${lead.join('\n')}</header>`,
    ...parts,
    '</main>',
    ...(script === '' ? [] : [`<script>${script}</script>`]),
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

function sectionHtml({ title, parts }: Section, id: string): Html {
  return `<section aria-labelledby="${id}"><h2 id="${id}">${escapeXml(title)}</h2>\n${parts.join('\n')}\n</section>`
}
