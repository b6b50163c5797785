// @ts-check
/**
 * The front: what is void, recalled, unrouted, cooked again or in a hurry, and what was said, is named there, wherever its card
 * stands. As many as there is room for, worst first; the rest is a number, and none is cut.
 */

import { cardIn } from "./card.js"

const SHOWN_MAX = 8

/** @type {[string, string][]} class of the article, word; worst first */
const URGENT = [["is-void", "VOID"], ["is-changed", "CHANGED"], ["is-unrouted", "UNROUTED"], ["is-recalled", "RECALLED"], ["is-refire", "REFIRE"], ["is-rush", "RUSH"], ["is-message", "MESSAGE"]]

/** @typedef {{ id: string, name: string, text: string }} Urgent */

export class Front {
  #list
  /** @type {Urgent[]} */ #urgent = []
  #key = ""

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list
    new ResizeObserver(() => this.#fit()).observe(list)
  }

  /** @param {HTMLElement[]} slots */
  draw(slots) {
    const cards = slots.flatMap((slot) => cardIn(slot) ?? [])
    this.#urgent = URGENT.flatMap(([name, word]) =>
      cards.filter(({ marks }) => marks.has(name)).map(({ id, place }) => ({ id, name, text: `${word} ${place}` })),
    )
    const key = this.#urgent.map(({ id, text }) => `${id} ${text}`).join("|")
    if (this.#key === key) return
    this.#key = key
    this.#fit()
  }

  /** One less until nothing is cut. */
  #fit() {
    for (let shown = Math.min(SHOWN_MAX, this.#urgent.length); shown >= 0; shown--) {
      this.#list.replaceChildren(...this.#urgent.slice(0, shown).map(frontCard), ...rest(this.#urgent.length - shown))
      if (this.#list.scrollWidth <= this.#list.clientWidth) return
    }
  }
}

/** @param {Urgent} urgent */
function frontCard({ id, name, text }) {
  const [item, button] = [document.createElement("li"), document.createElement("button")]
  button.type = "button"
  button.className = `front-card ${name}`
  button.textContent = text
  button.addEventListener("click", () => document.getElementById(id)?.closest(".slot")?.scrollIntoView({ block: "nearest" }))
  item.append(button)
  return item
}

/** @param {number} count */
function rest(count) {
  if (count <= 0) return []
  const item = document.createElement("li")
  item.className = "front-rest"
  item.textContent = `+${count}`
  return [item]
}
