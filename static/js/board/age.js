// @ts-check
/** A ticket's age in words: the same three standings that the server draws. */

/** @typedef {"is-on-time" | "is-warn" | "is-late"} Standing */
/** @typedef {{ firedMs: number, warnS: number, lateS: number }} Fuse */

/**
 * @param {Fuse} fuse
 * @param {number} nowMs server time
 * @returns {{ clock: string, standing: Standing, word: string }}
 */
export function ageAt({ firedMs, warnS, lateS }, nowMs) {
  const seconds = Math.floor(Math.max(0, nowMs - firedMs) / 1_000)
  const clock = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`
  if (seconds >= lateS) return { clock, standing: "is-late", word: "Late" }
  if (seconds >= warnS) return { clock, standing: "is-warn", word: "Soon late" }
  return { clock, standing: "is-on-time", word: "" }
}

/** @param {number} part */
function two(part) {
  return String(part).padStart(2, "0")
}
