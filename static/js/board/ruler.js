// @ts-check
/**
 * Tells how much room a card wants, where it stands: for that moment its slot leaves the grid's order, so that nothing
 * else is laid out, and what was laid out of it need not be done again.
 */

import { articleIn } from "./card.js"

/** @typedef {{ columns: number, columnPx: number, pageBands: number, bandPx: number }} Wall */
/** @typedef {{ bands: number, columns: number }} Size */

/**
 * @param {HTMLElement[]} slots on the wall, placed or not yet
 * @param {Wall} wall
 * @returns {Map<string, Size>} by the card's id
 */
export function measure(slots, wall) {
  /** @type {Map<string, Size>} */
  const sizes = new Map()
  for (const slot of slots) slot.classList.add("is-measured")
  // A page is not tall enough for some: those get a column more, until it is or there are no more.
  let tall = tryWidth(slots, 1, wall, sizes)
  for (let columns = 2; columns <= wall.columns && tall.length > 0; columns++) tall = tryWidth(tall, columns, wall, sizes)
  for (const slot of slots) {
    slot.classList.remove("is-measured")
    slot.style.removeProperty("width")
  }
  return sizes
}

/**
 * Its card's lines stand in as many columns as the slot.
 * @param {HTMLElement} slot
 * @param {number} columns
 */
export function widen(slot, columns) {
  slot.classList.toggle("is-wide", columns > 1)
  if (columns > 1) slot.style.setProperty("--wide", String(columns))
  else slot.style.removeProperty("--wide")
}

/**
 * @param {HTMLElement[]} slots
 * @param {number} columns how many each may take
 * @param {Wall} wall
 * @param {Map<string, Size>} sizes
 * @returns {HTMLElement[]} the ones taller than a page
 */
function tryWidth(slots, columns, { columnPx, bandPx, pageBands }, sizes) {
  for (const slot of slots) {
    slot.style.width = `${columnPx * columns}px`
    widen(slot, columns)
  }
  const heights = slots.map((slot) => slot.getBoundingClientRect().height)
  return slots.filter((slot, at) => {
    const bands = Math.max(1, Math.ceil(((heights[at] ?? 0) - 0.5) / bandPx))
    sizes.set(articleIn(slot)?.id ?? "", { bands, columns })
    return bands > pageBands
  })
}
