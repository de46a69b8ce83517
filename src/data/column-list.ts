/** Names between commas as options take them: one that holds a comma or a quote, or blanks at an end, is quoted. */
export function joinNames(names: readonly string[]): string {
  return names.map((name) => (/[",]|^\s|\s$|^$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(',')
}

const NAME = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(?:,|$)/y

/** The names of such a list; undefined where a quote is in the wrong place, a name is empty or there is none. */
export function splitNames(text: string): string[] | undefined {
  const names: string[] = []
  NAME.lastIndex = 0
  // A comma at the end has an empty name behind it.
  for (let at = 0; at <= text.length; ) {
    const found = NAME.exec(text)
    const name = found?.[1]?.replaceAll('""', '"') ?? found?.[2]?.trim()
    if (found === null || name === undefined || name === '') return undefined
    names.push(name)
    if (!found[0].endsWith(',')) return NAME.lastIndex === text.length ? names : undefined
    at = NAME.lastIndex
  }
  return undefined
}
