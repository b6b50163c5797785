// @ts-check
/**
 * How long to wait before the next attempt, always with chance in it: ten thousand screens that lost one
 * server must not come back as one.
 */

const FIRST_MS = 1_000
const STEP_MS = 500
const FLOOR_MS = 100
const CEILING_MS = 5_000

/** Close codes that ask for more room than a plain failure: the whole house is coming back. */
const RESTART_MS = 2_000
const OVERLOADED_MS = 10_000

/**
 * @param {number} attempt 0 for the first after a connection that worked
 * @param {{ code?: number, retryAfterMs?: number }} [why] close code, or what the server asked for
 * @param {() => number} [random] 0 to 1
 * @returns {number} milliseconds
 */
export function backoffMs(attempt, why = {}, random = Math.random) {
  if (why.retryAfterMs !== undefined) return why.retryAfterMs + random() * FIRST_MS
  if (why.code === 1012) return FLOOR_MS + random() * RESTART_MS
  if (why.code === 1013) return FIRST_MS + random() * OVERLOADED_MS
  if (attempt === 0) return random() * FIRST_MS
  const ceiling = Math.min(CEILING_MS, STEP_MS * 2 ** attempt)
  return FLOOR_MS + random() * (ceiling - FLOOR_MS)
}

/**
 * @param {string | null} header `Retry-After`: seconds or a date
 * @param {number} nowMs
 * @returns {number | undefined} milliseconds
 */
export function retryAfterMs(header, nowMs) {
  if (!header) return undefined
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000)
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
