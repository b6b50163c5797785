// @ts-check
/**
 * Snapshots, one at a time. What is asked for while one is under way is asked for afterwards, once, from the
 * earliest place anybody wanted; what failed and must not be given up is tried again with growing patience.
 */

import { backoffMs } from "./backoff.js"

/** @typedef {import("./snapshot.js").Answer} Answer */
/**
 * @typedef {object} Parts
 * @property {(since: number) => Promise<Answer>} fetch
 * @property {(answer: Answer) => void} onAnswer
 * @property {() => boolean} mustSucceed whether nobody else would ask again
 * @property {Pick<import("./page.js").Env, "setTimeout" | "monotonicMs" | "random">} env
 */

export class Asker {
  askedAt = -Infinity
  #parts
  #isAsking = false
  #isStopped = false
  #failures = 0
  /** @type {number | null} what is still to be asked: from where */ #owed = null

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts
  }

  /**
   * @param {number} since 0: everything
   * @returns {Promise<Answer | undefined>} undefined: another was under way, this one follows it
   */
  async ask(since) {
    if (this.#isStopped) return undefined
    if (this.#isAsking) {
      this.owe(since)
      return undefined
    }
    this.#isAsking = true
    this.askedAt = this.#parts.env.monotonicMs()
    const answer = await this.#parts.fetch(since)
    this.#isAsking = false
    if (this.#isStopped) return answer
    const hasFailed = ["later", "broken", "unreachable"].includes(answer.kind)
    this.#failures = hasFailed ? this.#failures + 1 : 0
    if (hasFailed && this.#parts.mustSucceed()) this.owe(since)
    this.#parts.onAnswer(answer)
    this.#askWhatIsOwed()
    return answer
  }

  /** @param {number} since to be asked once the present answer is in */
  owe(since) {
    this.#owed = Math.min(this.#owed ?? since, since)
  }

  stop() {
    this.#isStopped = true
  }

  #askWhatIsOwed() {
    const since = this.#owed
    if (since === null) return
    this.#owed = null
    const { setTimeout, random } = this.#parts.env
    setTimeout(() => this.ask(since), this.#failures === 0 ? 0 : backoffMs(this.#failures, {}, random))
  }
}
