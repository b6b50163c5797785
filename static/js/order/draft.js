// @ts-check
// A draft on this tablet: kept at every change, so it survives a reload, a sign-out and an empty battery.

import { keep, kept } from "../lib/dom.js"
import { EMPTY, parse, serialise } from "./basket.js"

/** @typedef {import("./basket.js").Draft} Draft */

/** @param {{ location_id: string, table_id: string | null, check_id: string | null, order_type: string }} place */
export function keyOf(place) {
  return `comanda.draft.${place.location_id}.${place.table_id ?? place.check_id ?? place.order_type}`
}

/**
 * @param {string} key
 * @param {(draft: Draft) => void} onChange
 */
export function draftStore(key, onChange) {
  let draft = parse(kept(key))
  addEventListener("storage", (event) => {
    if (event.key !== key) return
    draft = parse(event.newValue)
    onChange(draft)
  })
  return {
    /** @returns {Draft} */
    get: () => draft,
    /** @param {Draft} next @returns {boolean} whether it will survive a reload */
    set(next) {
      draft = next
      const isBlank = next.lines.length === 0 && !next.pending && !next.orderId && next.covers === null && next.allergies.length === 0
      const isKept = keep(key, isBlank ? null : serialise(next))
      onChange(draft)
      return isKept
    },
    /** @returns {Draft} the lines of the last Send, for "the same again" */
    last: () => parse(kept(`${key}.last`)),
    /** @param {import("./basket.js").Line[]} lines */
    setLast: (lines) => void keep(`${key}.last`, serialise({ ...EMPTY, lines })),
  }
}
