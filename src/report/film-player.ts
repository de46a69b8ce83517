import type { Html } from './html.js'

/** A film's figure with what plays it, hidden until there is a script to make it work; `seconds` is how long it is. */
export function filmPlayer(figure: Html, seconds: number): Html {
  return [
    `<div id="film">${figure}</div>`,
    '<div class="controls" id="film-controls" hidden="hidden">',
    '<button type="button" id="film-play">Play</button>',
    '<label for="film-time">Time</label>',
    `<input type="range" id="film-time" min="0" max="${seconds}" step="0.01" value="${seconds}" />`,
    '</div>',
  ].join('\n')
}

/** The length of a film, in seconds, from its file; undefined where it is none. */
export function filmSeconds(svg: string): number | undefined {
  const seconds = Number(/ dur="([\d.]+)s"/.exec(svg)?.[1])
  return seconds > 0 ? seconds : undefined
}

/**
 * Plays, pauses and scrubs the film. It begins at its end and stands still until it is asked for, for whoever prefers reduced
 * motion as for all others; without script it runs by itself, or for them does not.
 */
export const FILM_SCRIPT = `
(() => {
  const film = document.querySelector('#film svg')
  const button = document.getElementById('film-play')
  const slider = document.getElementById('film-time')
  const seconds = Number(slider.max)
  let playing = false
  const show = (time) => {
    slider.value = String(time)
    slider.setAttribute('aria-valuetext', time.toFixed(1) + ' of ' + seconds.toFixed(1) + ' seconds')
  }
  const tick = () => {
    if (!playing) return
    show(film.getCurrentTime() % seconds)
    requestAnimationFrame(tick)
  }
  const play = (on) => {
    playing = on
    button.textContent = on ? 'Pause' : 'Play'
    if (on) film.unpauseAnimations()
    else film.pauseAnimations()
    tick()
  }
  const seek = (time) => {
    play(false)
    film.setCurrentTime(Math.min(time, seconds - 0.01))
    show(time)
  }
  button.addEventListener('click', () => play(!playing))
  slider.addEventListener('input', () => seek(Number(slider.value)))
  film.classList.add('scripted')
  document.getElementById('film-controls').hidden = false
  seek(seconds)
})()
`
