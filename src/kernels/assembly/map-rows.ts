// What the maps of one coordinate share: the floats that bound open intervals, and how a row's log-det is counted.
import { choose } from './functions'
import { load, store } from './lanes'

/** The largest float below 1. */
export const BELOW_ONE: f32 = 0.9999999403953552

/** logDet += log */
@inline
export function count(logDet: usize, log: v128, lanes: i32): void {
  store(logDet, f32x4.add(load(logDet, lanes), log), lanes)
}

/** logDet −= log */
@inline
export function uncount(logDet: usize, log: v128, lanes: i32): void {
  store(logDet, f32x4.sub(load(logDet, lanes), log), lanes)
}

/** logDet −= log, and −∞ in rows that lie outside of the map's image: their density is 0. */
@inline
export function uncountInside(logDet: usize, log: v128, outside: v128, lanes: i32): void {
  const sum = f32x4.sub(load(logDet, lanes), log)
  store(logDet, choose(outside, f32x4.splat(-Infinity), sum), lanes)
}
