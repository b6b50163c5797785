// @ts-check
/**
 * What a saved screen says of itself stands in its all-day article, which comes along whenever a manager changes it. A
 * station's screen and the pass say nothing.
 */

import { byId } from "../lib/dom.js"

/**
 * Puts it where the page shows it.
 * @returns {boolean} whether the wall has other columns now
 */
export function takeAbout() {
  const about = document.getElementById("about-screen")
  if (!about) return false
  const { name = "", columns = "0", empty = "" } = about.dataset
  write("wall-name", name)
  write("empty-words", empty)
  const title = `${name}${document.title.slice(document.title.lastIndexOf(" · "))}`
  if (document.title !== title) document.title = title
  const board = byId("board")
  if (board.dataset.columns === columns) return false
  board.dataset.columns = columns
  return true
}

/** @param {string} id @param {string} text */
function write(id, text) {
  const element = byId(id)
  if (element.textContent !== text) element.textContent = text
}
