export { type KnownEnergy, potentialU1, twoMoons } from './arcs.js'
