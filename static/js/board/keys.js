// @ts-check
/**
 * A bump bar is a keyboard: 1-9 and 0 choose a card in reading order, the same again or Enter bumps it, arrows go
 * to its neighbours, A acknowledges, R recalls the last, N turns the page, Escape lets go.
 */

/**
 * @typedef {object} Parts
 * @property {() => HTMLElement[]} slots in reading order
 * @property {() => void} nextPage
 * @property {HTMLFormElement | null} recall
 */

/** @param {Parts} parts */
export function sendKeys(parts) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
    if (event.target instanceof Element && event.target.closest("input:not([type=hidden]), textarea, select")) return
    if (press(event.key, parts)) event.preventDefault()
  })
}

/**
 * @param {string} key
 * @param {Parts} parts
 * @returns {boolean} whether it meant something
 */
function press(key, parts) {
  const slots = parts.slots()
  const chosen = slots.findIndex((slot) => slot.contains(document.activeElement))
  if (/^[0-9]$/.test(key)) return choose(slots, (Number(key) + 9) % 10, chosen)
  switch (key) {
    case "ArrowRight":
    case "ArrowDown":
      return choose(slots, Math.min(chosen + 1, slots.length - 1), -1)
    case "ArrowLeft":
    case "ArrowUp":
      return choose(slots, Math.max(chosen - 1, 0), -1)
    case "a":
    case "A":
      return tap(slots[chosen], '[data-command="acknowledge"] button')
    case "r":
    case "R":
      parts.recall?.requestSubmit()
      return parts.recall !== null
    case "n":
    case "N":
      parts.nextPage()
      return true
    case "Escape":
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
      return true
    default:
      return false
  }
}

/**
 * @param {HTMLElement[]} slots
 * @param {number} at
 * @param {number} chosen choosing it again acts
 */
function choose(slots, at, chosen) {
  const slot = slots[at]
  if (!slot) return false
  if (at === chosen) return tap(slot, ":scope form button")
  const control = slot.querySelector("form button")
  if (!(control instanceof HTMLElement)) return false
  slot.scrollIntoView({ block: "nearest" })
  control.focus({ preventScroll: true })
  return true
}

/**
 * @param {HTMLElement | undefined} slot
 * @param {string} selector
 */
function tap(slot, selector) {
  const control = slot?.querySelector(selector)
  if (!(control instanceof HTMLElement)) return false
  control.click()
  return true
}
