// @ts-check
/**
 * What this screen may confirm. A stamp counts as shown once its card stood in the viewport; what stands on a page
 * nobody has turned to is named in `but`. Saying the same twice is left out.
 */

/** A message may be 4 KiB; an id takes about forty. */
const BUT_MAX = 90

/** @typedef {{ t: "ack", seq: number, but: string[] }} Ack */

export class Receipts {
  /** @type {Map<string, number>} by card, the stamp that was seen */ #seen = new Map()
  /** @type {Set<string>} cards in the viewport now */ #inView = new Set()
  #last = ""

  /**
   * @param {string} id
   * @param {boolean} isInView
   */
  view(id, isInView) {
    if (isInView) this.#inView.add(id)
    else this.#inView.delete(id)
  }

  /**
   * @param {number} seq the turn the screen stands at
   * @param {Iterable<[string, number]>} cards ids and stamps on the screen, folds left out
   * @returns {Ack | null} null: nothing new to say
   */
  next(seq, cards) {
    /** @type {[string, number][]} */
    const unseen = []
    const standing = new Set()
    for (const [id, stamp] of cards) {
      standing.add(id)
      if (this.#inView.has(id)) this.#seen.set(id, stamp)
      if (this.#seen.get(id) !== stamp) unseen.push([id, stamp])
    }
    for (const id of this.#seen.keys()) if (!standing.has(id)) this.#seen.delete(id)
    for (const id of this.#inView) if (!standing.has(id)) this.#inView.delete(id)
    // What does not fit is not excepted but left for later: the screen confirms only up to the turn before it.
    unseen.sort(([, a], [, b]) => a - b)
    const upTo = Math.min(seq, (unseen[BUT_MAX]?.[1] ?? seq + 1) - 1)
    const but = unseen.slice(0, BUT_MAX).map(([id]) => id)
    const text = `${upTo} ${but.join(" ")}`
    if (text === this.#last) return null
    this.#last = text
    return { t: "ack", seq: upTo, but }
  }

  /** The message did not go out, or another server must hear it again. */
  forget() {
    this.#last = ""
  }
}
