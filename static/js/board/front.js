// @ts-check
/** The front: what is void, recalled, unrouted, cooked again or in a hurry, and what was said, is named there, wherever its card stands. */

import { cardIn } from "./card.js"

const SHOWN_MAX = 4

/** @type {[string, string][]} class of the article, word; worst first */
const URGENT = [["is-void", "VOID"], ["is-changed", "CHANGED"], ["is-unrouted", "UNROUTED"], ["is-recalled", "RECALLED"], ["is-refire", "REFIRE"], ["is-rush", "RUSH"], ["is-message", "MESSAGE"]]

/**
 * @param {HTMLElement} front a list
 * @param {HTMLElement[]} slots
 */
export function drawFront(front, slots) {
  const cards = slots.flatMap((slot) => cardIn(slot) ?? [])
  const urgent = URGENT.flatMap(([name, word]) =>
    cards.filter(({ marks }) => marks.has(name)).map(({ id, place }) => ({ id, name, text: `${word} ${place}` })),
  )
  const key = urgent.map(({ id, text }) => `${id} ${text}`).join("|")
  if (front.dataset.key === key) return
  front.dataset.key = key
  front.replaceChildren(...urgent.slice(0, SHOWN_MAX).map(frontCard), ...rest(urgent.length - SHOWN_MAX))
}

/** @param {{ id: string, name: string, text: string }} urgent */
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
