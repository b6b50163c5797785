// @ts-check
/**
 * Confirms what is painted: two animation frames after a swap, only while the page is visible, nothing lies over it and no swap waits,
 * at most once a second. Who turns to the next page confirms what stands there.
 */

import { cardIn } from "./card.js"
import { Receipts } from "./receipts.js"

const EVERY_MS = 1_000

export class Acks {
  #receipts = new Receipts()
  #observer
  #parts
  #timer = 0
  #sentAt = -Infinity
  /** @type {Set<Element>} */ #observed = new Set()

  /**
   * @param {{ board: HTMLElement, slots: () => HTMLElement[], isWaiting: () => boolean, isCovered: () => boolean, seq: () => number,
   *   send: (message: object) => boolean }} parts
   */
  constructor(parts) {
    this.#parts = parts
    this.#observer = new IntersectionObserver((entries) => this.#scrolled(entries), {
      root: parts.board,
      threshold: [0, 0.25, 0.5, 0.75, 1],
    })
    document.addEventListener("visibilitychange", () => this.#later())
  }

  /** Something was swapped, or the line came back. */
  changed() {
    const slots = new Set(/** @type {Element[]} */ (this.#parts.slots()))
    for (const slot of this.#observed) if (!slots.has(slot)) this.#observer.unobserve(slot)
    for (const slot of slots) if (!this.#observed.has(slot)) this.#observer.observe(slot)
    this.#observed = slots
    this.#later()
  }

  /** A new line: it knows nothing of what was said on the old one. */
  reconnected() {
    this.#receipts.forget()
    this.#later()
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #scrolled(entries) {
    for (const entry of entries) {
      const id = entry.target instanceof HTMLElement ? entry.target.dataset.for : undefined
      const wholeScreen = entry.rootBounds && entry.intersectionRect.height >= entry.rootBounds.height * 0.5
      if (id) this.#receipts.view(id, entry.intersectionRatio >= 0.5 || Boolean(wholeScreen))
    }
    this.#later()
  }

  #later() {
    if (this.#timer !== 0) return
    const waitMs = Math.max(0, this.#sentAt + EVERY_MS - performance.now())
    this.#timer = window.setTimeout(() => {
      requestAnimationFrame(() => requestAnimationFrame(() => this.#send()))
    }, waitMs)
  }

  #send() {
    this.#timer = 0
    const { slots, isWaiting, isCovered, seq, send } = this.#parts
    if (document.visibilityState !== "visible" || isWaiting() || isCovered()) return // the settled swap, the tab, or what goes away asks again
    const ack = this.#receipts.next(seq(), slots().flatMap(stampOf))
    if (!ack) return
    if (send(ack)) this.#sentAt = performance.now()
    else this.#receipts.forget()
  }
}

/** @param {HTMLElement} slot @returns {[string, number][]} */
function stampOf(slot) {
  const card = cardIn(slot)
  return card ? [[card.id, card.seq]] : []
}
