// @ts-check
/** Writes each card's age into its slot, once a second, on the server's clock. */

import { ageAt } from "./age.js"
import { articleIn } from "./screen.js"

/**
 * @param {HTMLElement[]} slots
 * @param {number} nowMs server time
 * @returns {{ late: number, crossed: { id: string, lateMs: number }[] }} how many are late, and since when each
 */
export function writeAges(slots, nowMs) {
  /** @type {{ id: string, lateMs: number }[]} */
  const crossed = []
  for (const slot of slots) {
    const article = articleIn(slot)
    const anchor = article?.querySelector("time.age")
    if (!article || !(anchor instanceof HTMLElement)) {
      setClass(slot, "")
      write(slot, ".slot-clock", "")
      write(slot, ".slot-word", "")
      continue
    }
    const { firedMs, warnS, lateS } = anchor.dataset
    const fuse = { firedMs: Number(firedMs), warnS: Number(warnS), lateS: Number(lateS) }
    const { clock, standing, word } = ageAt(fuse, nowMs)
    setClass(slot, standing)
    write(slot, ".slot-clock", clock)
    write(slot, ".slot-word", word)
    if (standing === "is-late") crossed.push({ id: article.id, lateMs: fuse.firedMs + fuse.lateS * 1_000 })
  }
  return { late: crossed.length, crossed }
}

const STANDINGS = ["is-on-time", "is-warn", "is-late"]

/**
 * @param {HTMLElement} slot
 * @param {string} standing
 */
function setClass(slot, standing) {
  for (const each of STANDINGS) slot.classList.toggle(each, each === standing)
}

/**
 * @param {HTMLElement} slot
 * @param {string} selector
 * @param {string} text
 */
function write(slot, selector, text) {
  const element = slot.querySelector(selector)
  if (element && element.textContent !== text) element.textContent = text
}
