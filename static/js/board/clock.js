// @ts-check
/**
 * The server's time in the browser. A tablet's own clock is never trusted: frames carry `now_ms`, and the
 * frame that travelled fastest in the last minute, the one that gives the latest server time, sets the clock.
 */

const SAMPLES_KEPT_MS = 60_000

/** @typedef {{ offsetMs: number, at: number }} Sample server time minus monotonic time, and when it was taken */

/**
 * @param {() => number} monotonicMs a clock that never jumps: `performance.now`
 */
export function createClock(monotonicMs = () => performance.now()) {
  /** @type {Sample[]} */
  let samples = []

  return {
    /** @param {number} serverMs what a frame that arrived just now said */
    sample(serverMs) {
      const at = monotonicMs()
      const fresh = samples.filter((sample) => at - sample.at <= SAMPLES_KEPT_MS)
      // A frame that was no faster than a newer one never sets the clock again.
      const offsetMs = serverMs - at
      samples = [...fresh.filter((sample) => sample.offsetMs > offsetMs), { offsetMs, at }]
    },

    /** @returns {number} milliseconds since 1970 on the server */
    now() {
      const at = monotonicMs()
      const newest = samples[samples.length - 1]
      if (!newest) return Date.now()
      const fresh = samples.filter((sample) => at - sample.at <= SAMPLES_KEPT_MS)
      const best = fresh.length === 0 ? newest.offsetMs : Math.max(...fresh.map((sample) => sample.offsetMs))
      return at + best
    },
  }
}

/** @typedef {ReturnType<typeof createClock>} Clock */
