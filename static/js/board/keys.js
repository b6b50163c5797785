// @ts-check
/**
 * A bump bar is a keyboard: 1-9 and 0 choose a card in reading order, the same again or Enter bumps it, left and right go
 * to its neighbours, up and down to its lines, Space ticks a line (the first that is left, unless one is chosen), C starts
 * cooking, P hurries (at the pass), A acknowledges (an allergy first), R recalls the last, L shows what left lately, N turns the page, Escape lets go.
 */

const MAIN = ".ticket-foot .button:not(.button-start, .button-rush, .button-allergy)"
const ALLERGY = ".button-allergy"
const LEFT = ".line:not(.is-ready) > .line-tap"
const LINE = ".line-tap"

/**
 * @typedef {object} Parts
 * @property {() => HTMLElement[]} slots in reading order
 * @property {() => void} nextPage
 * @property {HTMLFormElement | null} recall
 * @property {HTMLAnchorElement | null} recent
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
      return step(slots, chosen, 1)
    case "ArrowLeft":
      return step(slots, chosen, -1)
    case "ArrowDown":
      return chosen < 0 ? step(slots, -1, 1) : walk(slots[chosen], 1)
    case "ArrowUp":
      return chosen < 0 ? step(slots, -1, 1) : walk(slots[chosen], -1)
    case " ":
      return !document.activeElement?.matches(LINE) && tap(slots[chosen], LEFT)
    case "Enter":
      return document.activeElement?.matches(LINE) === true && tap(slots[chosen], MAIN)
    case "c":
    case "C":
      return tap(slots[chosen], ".button-start")
    case "p":
    case "P":
      return tap(slots[chosen], ".button-rush")
    case "a":
    case "A":
      return tap(slots[chosen], ALLERGY) || tap(slots[chosen], 'button[data-command="acknowledge"]')
    case "r":
    case "R":
      parts.recall?.requestSubmit()
      return parts.recall !== null
    case "l":
    case "L":
      parts.recent?.click()
      return parts.recent !== null
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
  if (at === chosen) return tap(slot, MAIN)
  const control = controlOf(slot)
  if (!(control instanceof HTMLElement)) return false
  slot.scrollIntoView({ block: "nearest" })
  control.focus({ preventScroll: true })
  return true
}

/** @param {HTMLElement} slot what is chosen first on a card; what is on hold has nothing to choose */
const controlOf = (slot) => slot.querySelector(MAIN) ?? slot.querySelector(ALLERGY) ?? slot.querySelector(LINE) ?? slot.querySelector(".more-key")

/**
 * To the next card that has something to choose.
 * @param {HTMLElement[]} slots
 * @param {number} from
 * @param {1 | -1} by
 */
function step(slots, from, by) {
  for (let at = from + by; ; at += by) {
    const slot = slots[at]
    if (!slot) return false
    if (controlOf(slot)) return choose(slots, at, -1)
  }
}

/**
 * From line to line, and from the last to the card's own control and back.
 * @param {HTMLElement | undefined} slot
 * @param {1 | -1} by
 */
function walk(slot, by) {
  const stops = [...(slot?.querySelectorAll(LINE) ?? []), ...(slot?.querySelectorAll(MAIN) ?? [])]
  const at = stops.indexOf(/** @type {Element} */ (document.activeElement))
  const next = stops[(at + by + stops.length) % stops.length]
  if (!(next instanceof HTMLElement)) return false
  next.focus({ preventScroll: true })
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
