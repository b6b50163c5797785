// @ts-check
/** What a page may say about its connection, in one word and in a sentence. */

import { cause, freshness, isAlarming } from "./proof.js"

/** @typedef {"connecting" | "live" | "amber" | "dead" | "signed-out" | "not-here"} LinkState `dead`: the NOT LIVE band */
/**
 * @typedef {object} Link
 * @property {LinkState} state
 * @property {"socket" | "poll" | "none"} via
 * @property {string} words for the place that always says it
 * @property {string} why what is wrong and where to look; empty when nothing is
 * @property {number} since the last proof, by the server's clock
 * @property {boolean} canAct whether a command may be sent
 * @property {boolean} alarm it has lasted so long that someone should hear it
 */
/**
 * @typedef {object} Seen
 * @property {number} silentMs since the last proof
 * @property {number} since
 * @property {boolean} hasSocket
 * @property {boolean} isPolling
 * @property {boolean} wasLive
 * @property {boolean} isDoubted its checksum disagreed twice
 * @property {boolean} isOnline
 * @property {boolean} framesArrive
 * @property {"signed-out" | "not-here" | null} ended
 */

/**
 * @param {Seen} seen
 * @returns {Link}
 */
export function describe(seen) {
  const { silentMs, since, ended } = seen
  if (ended) {
    const words = ended === "signed-out" ? "Signed out" : "Not this screen's board"
    const why = ended === "signed-out" ? "Sign in again." : "Choose a board from the list of stations."
    return { state: ended, via: "none", words, why, since, canAct: false, alarm: false }
  }
  const via = seen.hasSocket ? "socket" : seen.isPolling ? "poll" : "none"
  const fresh = seen.isDoubted ? "dead" : freshness(silentMs)
  const state = fresh === "live" && !seen.wasLive ? "connecting" : fresh
  const alarm = state === "dead" && isAlarming(silentMs)
  return { state, via, words: WORDS[state](via), why: whyOf(state, seen), since, canAct: state !== "dead", alarm }
}

/** @type {Record<"connecting" | "live" | "amber" | "dead", (via: string) => string>} */
const WORDS = {
  connecting: () => "Connecting",
  live: (via) => (via === "poll" ? "Live, asking every 3 s" : "Live"),
  amber: () => "Checking the connection",
  dead: () => "NOT LIVE",
}

/**
 * @param {LinkState} state
 * @param {Seen} seen
 */
function whyOf(state, { isDoubted, isOnline, framesArrive }) {
  if (state !== "dead") return ""
  if (isDoubted) return "This screen shows other cards than the server holds. Reload the page."
  return cause({ online: isOnline, framesArrive })
}

/**
 * @param {Link} a
 * @param {Link} b
 */
export function isSameLink(a, b) {
  const keys = /** @type {const} */ (["state", "via", "words", "why", "alarm"])
  return keys.every((key) => a[key] === b[key])
}
