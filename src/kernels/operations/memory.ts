import { add as addTo, operation, read, value, write } from '../operation.js'

export const fill = operation('fill', ['n'], { value: value(), y: write('n') }, { formula: 'y = value' })

export const copy = operation('copy', ['n'], { x: read('n'), y: write('n') }, { formula: 'y = x' })

export const add = operation('add', ['n'], { x: read('n'), y: addTo('n') }, { formula: 'y += x', cost: ({ n }) => n })
