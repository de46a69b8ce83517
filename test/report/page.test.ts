import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { FILM_SCRIPT, filmPlayer, filmSeconds } from '#report/film-player.js'
import { definitions, details, paragraph, table, verbatim } from '#report/html.js'
import { pictureFigure } from '#report/inline-svg.js'
import { htmlPage } from '#report/page.js'
import { PAGE_STYLE } from '#report/page-style.js'
import { type Element, parse } from './svg.js'

const HOSTILE = '</title></style><script>alert(1)</script>"\'&<img src=x onerror=alert(1)>'
const named = (elements: readonly Element[], name: string) => elements.filter((element) => element.name === name)

const picture = (inner: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50" viewBox="0 0 100 50" role="img"><title>One</title>${inner}</svg>`

describe('htmlPage', () => {
  test('is well-formed, and what it is told stays text, whatever it says', () => {
    const page = htmlPage({
      title: HOSTILE,
      lead: [paragraph(HOSTILE, 'lead')],
      sections: [
        {
          title: HOSTILE,
          parts: [
            table({ caption: HOSTILE, head: [HOSTILE, 'b'], rows: [[HOSTILE, HOSTILE]] }),
            definitions([[HOSTILE, HOSTILE]]),
            details(HOSTILE, verbatim(HOSTILE)),
          ],
        },
      ],
    })
    const elements = parse(page)
    expect(named(elements, 'script')).toEqual([])
    expect(named(elements, 'img')).toEqual([])
    for (const name of ['title', 'h1', 'h2', 'caption', 'dt', 'dd', 'summary', 'code']) {
      expect(named(elements, name)[0].text).toBe(HOSTILE)
    }
  })

  test('has a heading of each level in order, and leaves sections without content out', () => {
    const sections = [
      { title: 'One', parts: ['<p>1</p>'] },
      { title: 'None', parts: [] },
      { title: 'Two', parts: ['<p>2</p>'] },
    ]
    const headings = parse(htmlPage({ title: 'Page', lead: [], sections })).filter(({ name }) => /^h\d$/.test(name))
    expect(headings.map(({ name, text }) => `${name} ${text}`)).toEqual(['h1 Page', 'h2 One', 'h2 Two'])
  })

  test('may run its own script and no other, and fetch nothing', () => {
    const elements = parse(htmlPage({ title: 'Film', lead: [], sections: [], script: FILM_SCRIPT }))
    const [{ text }] = named(elements, 'script')
    const policy = named(elements, 'meta').find(({ attributes }) => attributes['http-equiv'])?.attributes.content
    const hash = createHash('sha256').update(text).digest('base64')
    expect(policy).toBe(`default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`)
    expect(FILM_SCRIPT).not.toMatch(/[<&]/)
  })

  test('has text of a contrast of 4.5 at least, on light paper and on dark (WCAG 2.1, 1.4.3)', () => {
    const luminance = (colour: string) => {
      const [r, g, b] = [1, 3, 5].map((at) => {
        const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const contrast = (a: string, b: string) => {
      const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
      return (light + 0.05) / (dark + 0.05)
    }
    const schemes = [...PAGE_STYLE.matchAll(/:root\{([^}]*)\}/g)].map(([, text]) =>
      Object.fromEntries(text.split(';').map((part) => part.split(':') as [string, string])),
    )
    expect(schemes).toHaveLength(2)
    for (const scheme of schemes) {
      for (const name of ['--ink', '--muted', '--link']) {
        expect(contrast(scheme[name], scheme['--paper']), name).toBeGreaterThanOrEqual(4.5)
      }
    }
  })
})

test('a table names its columns and rows, and a row that ends early takes the rest of the line', () => {
  const elements = parse(
    `<x>${table({
      caption: 'C',
      head: ['', 'a', 'b'],
      rows: [
        ['one', '1', '2'],
        ['  more', 'none fits'],
      ],
    })}</x>`,
  )
  const headings = named(elements, 'th').map(({ attributes, text }) => `${attributes.scope} ${text}`)
  expect(headings).toEqual(['col ', 'col a', 'col b', 'row one', 'row more'])
  expect(named(elements, 'td').map(({ attributes }) => attributes.colspan)).toEqual([undefined, undefined, '2'])
})

describe('pictureFigure', () => {
  test('gives ids of its own to each picture, and what refers to them follows', () => {
    const svg = picture('<clipPath id="stage"><rect/></clipPath><g clip-path="url(#stage)" fill="none"/>')
    const elements = parse(`<x>${pictureFigure(svg, 'one')}${pictureFigure(svg, 'two')}</x>`)
    expect(named(elements, 'clipPath').map(({ attributes }) => attributes.id)).toEqual(['one-stage', 'two-stage'])
    expect(named(elements, 'g').map(({ attributes }) => attributes['clip-path'])).toEqual([
      'url(#one-stage)',
      'url(#two-stage)',
    ])
  })

  test('takes no script along, nor anything that would be fetched', () => {
    const inner = [
      '<script>alert(1)</script>',
      '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>',
      '<rect onclick="alert(1)" style="fill:url(http://x.example/a)" fill="url(http://x.example/b)" width="1"/>',
      '<image href="http://x.example/c.png"/>',
      '<image href="data:image/svg+xml,x"/>',
      '<image href="data:image/png;base64,AAAA"/>',
      '<a href="javascript:alert(1)"><text>link</text></a>',
      '<style>@import url(http://x.example/d.css)</style>',
    ]
    const text = pictureFigure(picture(inner.join('')), 'p') ?? ''
    expect(text).not.toMatch(/script|onclick|foreignObject|x\.example|<style|alert/)
    expect(named(parse(`<x>${text}</x>`), 'image').map(({ attributes }) => attributes.href)).toEqual([
      undefined,
      undefined,
      'data:image/png;base64,AAAA',
    ])
  })

  test('leaves text as it is, even where it looks like an attribute', () => {
    const text = pictureFigure(picture('<text>id="x" url(#x) &lt;script&gt;</text>'), 'p') ?? ''
    expect(named(parse(`<x>${text}</x>`), 'text')[0].text).toBe('id="x" url(#x) <script>')
  })

  test.each(['', 'no picture', '<html/>', '<svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'])(
    'is none for %j',
    (svg) => {
      expect(pictureFigure(svg, 'p')).toBeUndefined()
    },
  )
})

test('the player of a film has its length, a button and a labelled slider, hidden until there is a script', () => {
  expect(filmSeconds('<animate dur="7.65s"/>')).toBe(7.65)
  expect(filmSeconds('<svg/>')).toBeUndefined()
  const elements = parse(`<x>${filmPlayer('<figure/>', 7.65)}</x>`)
  const [slider] = named(elements, 'input')
  expect(slider.attributes).toMatchObject({ type: 'range', min: '0', max: '7.65' })
  expect(named(elements, 'label')[0].attributes.for).toBe(slider.attributes.id)
  expect(elements.find(({ attributes }) => attributes.id === 'film-controls')?.attributes.hidden).toBe('hidden')
})
