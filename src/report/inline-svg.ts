import { DOMParser, type Element, XMLSerializer } from '@xmldom/xmldom'
import type { Html } from './html.js'
import { scrolling } from './html.js'
import { escapeXml } from './text.js'

/** What pictures are made of; whatever else a file holds is left out, script before all. */
const ELEMENTS = new Set(
  'svg g path rect circle line text tspan image linearGradient stop clipPath defs animate title desc'.split(' '),
)
/** The part of its own width that a picture is never narrower than: its smallest text is 9 px there. */
const LEAST_WIDTH = 0.8

/**
 * A picture from its file as a figure of a page: `name` stands before its ids, which are unique then, and nothing in it can run
 * or fetch anything; it scrolls where it would be narrower than `leastWidth` of its own width. undefined where it is no picture.
 */
export function pictureFigure(svg: string, name: string, leastWidth = LEAST_WIDTH): Html | undefined {
  const root = parsed(svg)
  if (root?.tagName !== 'svg') return undefined
  const width = Number(root.getAttribute('width'))
  if (!(width > 0)) return undefined
  clean(root, name)
  const [title] = root.getElementsByTagName('title')
  const label = title?.textContent ?? name
  const [description] = root.getElementsByTagName('desc')
  // On a phone the picture scrolls, and its subtitle would be read line by line.
  const caption = description
    ? `<figcaption class="narrow">${escapeXml(description.textContent ?? '')}</figcaption>`
    : ''
  root.setAttribute('style', `width:100%;max-width:${width}px;min-width:${Math.round(leastWidth * width)}px`)
  return `<figure class="picture">${scrolling(label, new XMLSerializer().serializeToString(root))}${caption}</figure>`
}

function parsed(svg: string): Element | null {
  try {
    return new DOMParser({ onError: () => undefined }).parseFromString(svg, 'image/svg+xml').documentElement
  } catch {
    return null
  }
}

function clean(element: Element, name: string): void {
  for (const { name: attribute, value } of [...element.attributes]) {
    const kept = cleanAttribute(attribute, value, name)
    if (kept === undefined) element.removeAttribute(attribute)
    else if (kept !== value) element.setAttribute(attribute, kept)
  }
  for (const child of [...element.childNodes]) {
    if (child.nodeType === child.TEXT_NODE) continue
    const inner = child as Element
    if (child.nodeType === child.ELEMENT_NODE && ELEMENTS.has(inner.tagName)) clean(inner, name)
    else element.removeChild(child)
  }
}

/** An attribute's value as it may stay; undefined where it may not. */
function cleanAttribute(attribute: string, value: string, name: string): string | undefined {
  // The name of a mark is of no use within a picture that has a title, and forbidden there (WAI-ARIA 1.2, 5.2.8.6).
  if (attribute.startsWith('on') || attribute.startsWith('aria-') || attribute === 'style') return undefined
  if (attribute === 'id') return `${name}-${value}`
  if (attribute === 'href' || attribute === 'xlink:href') {
    if (value.startsWith('#')) return `#${name}-${value.slice(1)}`
    return value.startsWith('data:image/png;base64,') ? value : undefined
  }
  if (!value.includes('url(')) return value
  return /^url\(#[\w-]+\)$/.test(value) ? value.replace('#', `#${name}-`) : undefined
}
