// @ts-check
/**
 * A server of another build wants this page drawn again: once per build, when nobody has touched the screen for a
 * few seconds, never under a finger.
 */

const KEY = "comanda:builds"
const IDLE_MIN_MS = 5_000
const IDLE_SPREAD_MS = 5_000

let touchedAt = -Infinity
let waiting = false

for (const kind of ["pointerdown", "pointerup", "keydown"]) {
  window.addEventListener(kind, () => (touchedAt = performance.now()), { passive: true, capture: true })
}

/**
 * @param {string} build the server's
 * @param {string} own this page's: during a roll-out nobody goes back to it
 */
export function reloadOnce(build, own) {
  const run = [...(sessionStorage.getItem(KEY) ?? "").split(" "), own]
  if (waiting || run.includes(build)) return
  waiting = true
  const idleMs = IDLE_MIN_MS + Math.random() * IDLE_SPREAD_MS
  const since = performance.now()
  const timer = window.setInterval(() => {
    if (performance.now() - Math.max(touchedAt, since) < idleMs) return
    window.clearInterval(timer)
    sessionStorage.setItem(KEY, [...run, build].slice(-20).join(" "))
    location.reload()
  }, 500)
}
