// @ts-check
/**
 * What this screen keeps first: a matter of the device, not of the kitchen, so nobody else hears of it. An article is everybody's and
 * stays byte for byte as it came; that it is pinned stands on its slot. Whose card leaves is forgotten.
 */

import { cardIn } from "./card.js"

/** Where so many are first, one more is not kept: none may lose its place unsaid. */
const PINNED_MAX = 20

export class Pins {
  /** @type {string[]} in the order in which they were pinned */ #ids
  #keep

  /**
   * @param {string | null} saved what `keep` was given
   * @param {(saved: string | null) => void} keep after each change, for the next page load
   */
  constructor(saved, keep) {
    this.#ids = parse(saved)
    this.#keep = keep
  }

  /** @param {string} id */
  has(id) {
    return this.#ids.includes(id)
  }

  /** @param {string} id @param {string} sort its turn @returns {string} its turn on this screen: before all others, first pinned first */
  turn(id, sort) {
    const at = this.#ids.indexOf(id)
    return at < 0 ? sort : `!${String(at).padStart(2, "0")}-${sort}`
  }

  /** @param {string} id @returns {boolean} whether it may be */
  toggle(id) {
    if (!this.has(id) && this.#ids.length >= PINNED_MAX) return false
    this.#set(this.has(id) ? this.#ids.filter((known) => known !== id) : [...this.#ids, id])
    return true
  }

  /** @param {(id: string) => boolean} stands whether its card still does */
  forget(stands) {
    if (!this.#ids.every(stands)) this.#set(this.#ids.filter(stands))
  }

  /** @param {string[]} ids */
  #set(ids) {
    this.#ids = ids
    this.#keep(ids.length > 0 ? JSON.stringify(ids) : null)
  }
}

/** What stands in each slot, beside the article. */
export const PIN =
  `<button class="slot-pin" type="button" tabindex="-1" aria-pressed="false">` +
  `<svg class="slot-pin-icon" viewBox="0 0 20 20" aria-hidden="true"><path d="M12.2 1.8l6 6-1.4 1.4-1-.3-3.2 3.2.1 3.3-1.4 1.4-3.6-3.6-4.5 4.5-1-1 4.5-4.5L3.1 8.6l1.4-1.4 3.3.1L11 4.1l-.3-1z"/></svg>` +
  `<span class="slot-pin-word"></span><span class="quiet"></span></button>`

/**
 * Says on the slot whether its card is pinned. Words and a station that is shown elsewhere stand first by themselves.
 * @param {HTMLElement} slot
 * @param {Pins} pins
 */
export function dress(slot, pins) {
  const card = cardIn(slot)
  const pin = slot.querySelector(":scope > .slot-pin")
  if (!card || !pin) return
  if (card.marks.has("is-message") || card.marks.has("is-lent")) return pin.remove()
  const isPinned = pins.has(card.id)
  slot.classList.toggle("is-pinned", isPinned)
  pin.setAttribute("aria-pressed", String(isPinned))
  const [word = null, rest = null] = pin.querySelectorAll("span")
  write(word, isPinned ? "PINNED" : "")
  write(rest, isPinned ? `: keep ${card.place} first` : `Keep ${card.place} first`)
}

/** @param {Element | null} element @param {string} text */
function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text
}

/**
 * @param {string | null} saved
 * @returns {string[]}
 */
function parse(saved) {
  try {
    const ids = JSON.parse(saved ?? "[]")
    return Array.isArray(ids) ? [...new Set(ids.filter((id) => typeof id === "string"))].slice(-PINNED_MAX) : []
  } catch {
    return []
  }
}
