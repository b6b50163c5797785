// @ts-check
/** Writes cards' ages into their slots, on the server's clock. */

import { ageAt } from "./age.js"
import { cardIn } from "./card.js"

/** @typedef {{ clock: string, standing: string, word: string }} Age */
/** @typedef {{ age: Age, clock: Element | null, word: Element | null }} Written */

const STANDINGS = ["is-on-time", "is-warn", "is-late"]
const NO_AGE = { clock: "", standing: "", word: "" }

/** @type {WeakMap<HTMLElement, Written>} what stands in a slot: nothing is asked of the document twice */
const written = new WeakMap()

/**
 * @param {HTMLElement[]} slots
 * @param {number} nowMs server time
 */
export function writeAges(slots, nowMs) {
  for (const slot of slots) {
    const fuse = cardIn(slot)?.fuse
    write(slot, fuse ? ageAt(fuse, nowMs) : NO_AGE)
  }
}

/**
 * @param {HTMLElement[]} slots
 * @returns {Map<string, number>} since when each card is late that is written down as late, by id, in server time
 */
export function lateSince(slots) {
  /** @type {Map<string, number>} */
  const late = new Map()
  for (const slot of slots) {
    if (written.get(slot)?.age.standing !== "is-late") continue
    const card = cardIn(slot)
    if (card?.fuse) late.set(card.id, card.fuse.firedMs + card.fuse.lateS * 1_000)
  }
  return late
}

/**
 * @param {HTMLElement} slot
 * @param {Age} age
 */
function write(slot, age) {
  const { age: before, clock, word } = written.get(slot) ?? asDrawn(slot)
  if (age.standing !== before.standing) {
    if (before.standing) slot.classList.remove(before.standing)
    if (age.standing) slot.classList.add(age.standing)
  }
  if (clock && age.clock !== before.clock) clock.textContent = age.clock
  if (word && age.word !== before.word) word.textContent = age.word
  written.set(slot, { age, clock, word })
}

/** @param {HTMLElement} slot @returns {Written} what the server wrote */
function asDrawn(slot) {
  const [clock, word] = [slot.querySelector(".slot-clock"), slot.querySelector(".slot-word")]
  const standing = STANDINGS.find((each) => slot.classList.contains(each)) ?? ""
  return { age: { clock: clock?.textContent ?? "", standing, word: word?.textContent ?? "" }, clock, word }
}
