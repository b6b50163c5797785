// @ts-check
/**
 * A bump bar is a keyboard. Which key does what is the keymap's; here is what each action does: a card is chosen in reading
 * order, and chosen again it is bumped; its neighbours, its lines, and what its buttons do.
 */

const MAIN = ".ticket-foot .button:not(.button-start, .button-rush, .button-anyway, .button-allergy)"
const ALLERGY = ".button-allergy"
const LEFT = ".line:not(.is-ready) > .line-tap"
const LINE = ".line-tap"

/**
 * @typedef {object} Parts
 * @property {import("./keymap.js").Keymap} keymap
 * @property {() => HTMLElement[]} slots in reading order
 * @property {() => void} nextPage
 * @property {() => void} closeUp
 * @property {(slot: HTMLElement) => boolean} pin
 * @property {() => void} allDay
 * @property {() => void} letGo
 * @property {() => void} options
 * @property {HTMLFormElement | null} recall
 * @property {HTMLAnchorElement | null} recent
 */

/** @param {Parts} parts */
export function sendKeys(parts) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return
    if (event.target instanceof Element && event.target.closest("input:not([type=hidden]), textarea, select")) return
    // On a card the keymap alone says what these do, held down or not.
    const isByItself = (event.key === "Enter" || event.key === " ") && document.activeElement?.closest(".slot") != null
    const action = event.repeat ? null : parts.keymap.actionOf(event.key)
    if ((action && act(action, parts)) || isByItself) event.preventDefault()
  })
}

/**
 * @param {string} action
 * @param {Parts} parts
 * @returns {boolean} whether it meant something
 */
function act(action, parts) {
  const slots = parts.slots()
  const chosen = slots.findIndex((slot) => slot.contains(document.activeElement))
  const isLine = document.activeElement?.matches(LINE) === true
  if (action.startsWith("card-")) return choose(slots, Number(action.slice("card-".length)) - 1, chosen)
  switch (action) {
    case "next":
      return step(slots, chosen, 1)
    case "previous":
      return step(slots, chosen, -1)
    case "down":
      return chosen < 0 ? step(slots, -1, 1) : walk(slots[chosen], 1)
    case "up":
      return chosen < 0 ? step(slots, -1, 1) : walk(slots[chosen], -1)
    case "line":
      return isLine ? press() : tap(slots[chosen], LEFT)
    case "bump":
      return isLine ? tap(slots[chosen], MAIN) : press()
    case "start":
      return tap(slots[chosen], ".button-start")
    case "rush":
      return tap(slots[chosen], ".button-rush")
    case "anyway":
      return tap(slots[chosen], ".button-anyway")
    case "acknowledge":
      return tap(slots[chosen], ".button-message") || tap(slots[chosen], ALLERGY) || tap(slots[chosen], 'button[data-command="acknowledge"]')
    case "pin":
      return slots[chosen] !== undefined && parts.pin(slots[chosen])
    case "recall":
      parts.recall?.requestSubmit()
      return parts.recall !== null
    case "recent":
      parts.recent?.click()
      return parts.recent !== null
    case "all-day":
      parts.allDay()
      return true
    case "page":
      parts.nextPage()
      return true
    case "close-up":
      parts.closeUp()
      return true
    case "options":
      parts.options()
      return true
    case "let-go":
      parts.letGo()
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
      return true
    default:
      return false
  }
}

/** Whatever has the focus. */
function press() {
  const focused = document.activeElement
  if (!(focused instanceof HTMLElement) || !focused.matches("button, a, summary")) return false
  focused.click()
  return true
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
