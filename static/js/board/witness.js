// @ts-check
/** What the page has seen of its board: when it was last proved, when it last differed, and what may be said of that. */

import { describe } from "./link.js"
import { freshness } from "./proof.js"

const FRAME_SILENCE_MAX_MS = 12_000
const SECOND_MISMATCH_WITHIN_MS = 30_000

export class Witness {
  #env
  #clock
  /** @type {number} monotonic: the last moment the database is known to have agreed */ #provedAt
  #frameAt = -Infinity
  #wasLive = false
  #mismatches = 0
  #mismatchAt = -Infinity
  #isDoubted = false

  /**
   * @param {Pick<import("./page.js").Env, "monotonicMs" | "isOnline">} env
   * @param {{ now: () => number }} clock the server's
   */
  constructor(env, clock) {
    this.#env = env
    this.#clock = clock
    this.#provedAt = env.monotonicMs()
  }

  /** A message came, whatever it says. */
  heard() {
    this.#frameAt = this.#env.monotonicMs()
  }

  /** The server answers us: this page has been live. */
  met() {
    this.#wasLive = true
  }

  /** @param {number} checkedMs how long ago the server had asked its database */
  proved(checkedMs) {
    this.#provedAt = Math.max(this.#provedAt, this.#env.monotonicMs() - checkedMs)
  }

  /** The page shows what the server's sum says. */
  agreed() {
    this.#isDoubted = false
  }

  /** It does not; a second time soon, and it may not be called live. @returns {number} how often that was so far */
  differed() {
    const at = this.#env.monotonicMs()
    this.#isDoubted = at - this.#mismatchAt < SECOND_MISMATCH_WITHIN_MS
    this.#mismatchAt = at
    this.#mismatches += 1
    return this.#mismatches
  }

  /** @returns {number} since the last proof */
  silentMs() {
    return this.#env.monotonicMs() - this.#provedAt
  }

  /** @returns {boolean} whether a page would be called live by its proofs alone */
  isFresh() {
    return freshness(this.silentMs()) === "live"
  }

  /** @param {number} openedAt when the line was @returns {boolean} whether it has been mute for too long */
  isMute(openedAt) {
    return this.#env.monotonicMs() - Math.max(openedAt, this.#frameAt) > FRAME_SILENCE_MAX_MS
  }

  /**
   * @param {{ hasSocket: boolean, isPolling: boolean, ended: "signed-out" | "not-here" | null }} line
   * @returns {import("./link.js").Link}
   */
  describe(line) {
    const silentMs = this.silentMs()
    return describe({
      ...line,
      silentMs,
      since: this.#clock.now() - silentMs,
      wasLive: this.#wasLive,
      isDoubted: this.#isDoubted,
      isOnline: this.#env.isOnline(),
      framesArrive: this.#env.monotonicMs() - this.#frameAt < FRAME_SILENCE_MAX_MS,
    })
  }
}
