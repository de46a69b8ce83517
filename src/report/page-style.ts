import { COLOUR, FONT, SEQUENCE } from './theme.js'

/** The colours of the pictures as they are on dark paper: lighter or darker by as much as the paper is. */
const DARK: Readonly<Record<keyof typeof COLOUR, string>> = {
  paper: '#15191e',
  ink: '#e8ecf0',
  muted: '#a9b4bd',
  faint: '#343c44',
  data: '#8ec3ee',
  dataFill: '#41637f',
  model: '#f29b3f',
  modelDark: '#ffc98a',
}

/** The sequence without its darkest part, which dark paper would swallow. */
const DARK_SEQUENCE = ['#8f6fc4', '#7f7fd0', '#6c95d1', '#57a9c6', '#48bbae', '#5ccb8b', '#8fdb62', '#d3e24d']

/** Every colour of a picture is an attribute, which style overrules. */
function darkPictures(): string {
  const pairs = [
    ...Object.entries(COLOUR).map(([name, colour]) => [colour, DARK[name as keyof typeof COLOUR]]),
    ...SEQUENCE.map((colour, i) => [colour, DARK_SEQUENCE[i]]),
  ]
  return pairs
    .map(([light, dark]) => `.picture [fill="${light}"]{fill:${dark}}.picture [stroke="${light}"]{stroke:${dark}}`)
    .join('\n')
}

/** Images and their legend are white where there is nothing: turned over, with their hue kept, the paper in place of black. */
const DARK_IMAGES = '.picture image,.picture [fill^="url("]{filter:invert(1) hue-rotate(180deg);mix-blend-mode:screen}'

/** Style of a page: light or dark as the reader has it, from 390 px on, and on paper. */
export const PAGE_STYLE = `
:root{--paper:${COLOUR.paper};--ink:${COLOUR.ink};--muted:${COLOUR.muted};--faint:${COLOUR.faint};--link:#0b5394}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 ${FONT}}
main{max-width:1120px;margin:0 auto;padding:1rem}
h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.5rem 0 .5rem;padding-top:.75rem;border-top:1px solid var(--faint)}
p,dl,pre,details{max-width:75ch;overflow-wrap:anywhere}
.lead{font-size:1.15rem}
.note{color:var(--muted)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0}
dt{color:var(--muted)}
dd{margin:0;min-width:0}
pre{margin:.5rem 0;padding:.75rem;border:1px solid var(--faint);border-radius:4px;white-space:pre-wrap;font-size:.85rem}
code{font-family:ui-monospace,Menlo,Consolas,monospace}
summary{cursor:pointer;padding:.25rem 0}
.scroll{overflow-x:auto;max-width:100%}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;margin:.5rem 0}
caption{text-align:left;color:var(--muted);padding:.25rem 0}
th,td{padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--faint)}
th{font-weight:600}
tbody th{font-weight:400}
th.sub{padding-left:1rem}
.number{text-align:right}
td.number{white-space:nowrap}
td:not(.number){overflow-wrap:anywhere}
figure{margin:1rem 0;break-inside:avoid}
.picture>.scroll>svg{display:block;height:auto}
.controls{display:flex;gap:.75rem;align-items:center;max-width:592px;padding:.25rem 0}
.narrow{display:none;color:var(--muted);font-size:.85rem}
.controls[hidden]{display:none}
.controls input{flex:1;min-width:0}
button{font:inherit;min-width:5rem;padding:.35rem .75rem;color:var(--ink);background:var(--paper);border:1px solid var(--muted);border-radius:4px;cursor:pointer}
.still{display:none}
@media (prefers-reduced-motion:reduce){.still{display:inline}.moving{display:none}}
.scripted .still{display:none}
.scripted .moving{display:inline}
@media (max-width:600px){.narrow{display:block}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
@media screen and (prefers-color-scheme:dark){
:root{--paper:${DARK.paper};--ink:${DARK.ink};--muted:${DARK.muted};--faint:${DARK.faint};--link:#8ec3ee}
${darkPictures()}
${DARK_IMAGES}
}
@media print{body{font-size:11pt}main{max-width:none;padding:0}.controls{display:none}.scroll{overflow:visible}.picture>.scroll>svg{max-width:100%!important;min-width:0!important}h2{break-after:avoid}}
`
