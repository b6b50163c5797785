// @ts-check
/**
 * Whether a screen may call itself live. A proof is a moment at which the server's answer covered the
 * database: a frame's arrival, minus how long ago the server had last asked the database. Silence counts
 * from the last proof, never from the last byte, so a server that lost its database cannot look alive.
 */

const AMBER_MS = 7_000
const DEAD_MS = 12_000
const ALARM_MS = 30_000

/** @typedef {"live" | "amber" | "dead"} Freshness */

/**
 * @param {number} silentMs since the last proof
 * @returns {Freshness}
 */
export function freshness(silentMs) {
  if (silentMs < AMBER_MS) return "live"
  return silentMs < DEAD_MS ? "amber" : "dead"
}

/**
 * @param {number} silentMs since the last proof
 * @returns {boolean} whether it has lasted so long that someone should hear it
 */
export function isAlarming(silentMs) {
  return silentMs >= ALARM_MS
}

/**
 * Why there is no proof, in words that say where to look.
 * @param {{ online: boolean, framesArrive: boolean }} seen
 * @returns {string}
 */
export function cause({ online, framesArrive }) {
  if (!online) return "This screen has no network."
  if (framesArrive) return "The server cannot reach its database."
  return "The server does not answer."
}
