// @ts-check
/**
 * Keyed swaps: an article replaces the one of its id, in place, and nothing else moves. A card under a finger
 * waits, at most 1.5 s, and then shows its latest state. Focus stays on the control it was on.
 */

const FINGER_MAX_MS = 1_500
/** A click comes just after the finger left; swapping in between would send it to another card. */
const CLICK_FOLLOWS_MS = 80

export class Swaps {
  /** @type {Map<string, string | null>} what waits: the latest html, or null to leave */ #waiting = new Map()
  /** @type {string | null} */ #touched = null
  #timer = 0
  #apply
  #onSettled

  /**
   * @param {(changes: Map<string, string | null>) => void} apply ids with their html, null for those that leave
   * @param {() => void} onSettled what waited has been applied
   */
  constructor(apply, onSettled = () => {}) {
    this.#apply = apply
    this.#onSettled = onSettled
    document.addEventListener("pointerdown", (event) => this.#down(event), { passive: true, capture: true })
    for (const kind of ["pointerup", "pointercancel"]) {
      document.addEventListener(kind, () => this.#letGoIn(CLICK_FOLLOWS_MS), { passive: true, capture: true })
    }
  }

  /** @returns {boolean} whether a change is not on the screen yet */
  get isWaiting() {
    return this.#waiting.size > 0
  }

  /** @param {Map<string, string | null>} changes */
  submit(changes) {
    const now = new Map(changes)
    const touched = this.#touched
    if (touched !== null && now.has(touched)) {
      this.#waiting.set(touched, now.get(touched) ?? null)
      now.delete(touched)
    }
    if (now.size > 0) this.#apply(now)
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const article = event.target instanceof Element ? event.target.closest("article[id]") : null
    // Of two quick taps on one card the second would fall on what is just being replaced: it goes on waiting.
    if (article?.id !== this.#touched) this.#letGo()
    if (!article) return
    this.#touched = article.id
    this.#letGoIn(FINGER_MAX_MS)
  }

  /** @param {number} ms */
  #letGoIn(ms) {
    window.clearTimeout(this.#timer)
    this.#timer = window.setTimeout(() => this.#letGo(), ms)
  }

  #letGo() {
    window.clearTimeout(this.#timer)
    this.#touched = null
    if (this.#waiting.size === 0) return
    const changes = this.#waiting
    this.#waiting = new Map()
    this.#apply(changes)
    this.#onSettled()
  }
}

/**
 * @param {string} html elements side by side
 * @returns {HTMLElement[]}
 */
export function elementsOf(html) {
  const template = document.createElement("template")
  template.innerHTML = html
  return [...template.content.children].filter((element) => element instanceof HTMLElement)
}

/**
 * Replaces `before` by `after`, and keeps the focus on the control that does the same.
 * @param {Element} before
 * @param {HTMLElement} after
 */
export function replaceKeepingFocus(before, after) {
  const focused = before.contains(document.activeElement) ? document.activeElement : null
  const path = focused && focused !== before ? controlOf(focused) : null
  before.replaceWith(after)
  if (!focused) return
  const same = path && after.querySelector(path)
  // An allergy is confirmed by whoever means it: what came under a finger or a key that meant another button has no focus.
  // Nor does Enter on a line that is gone bump the card: only who stood on the card's own buttons goes on to the next of them,
  // or who has just read that allergy.
  const [unread, wasUnread] = [after, before].map((card) => card.querySelector(".button-allergy") !== null)
  const goesOn = !unread && (focused.closest(".ticket-foot") !== null || (wasUnread && focused === before))
  const next = same ?? (goesOn ? after.querySelector(".ticket-foot button:last-of-type") : null)
  if (next instanceof HTMLElement) return next.focus({ preventScroll: true })
  after.tabIndex = -1
  after.focus({ preventScroll: true })
}

/**
 * @param {Element} control
 * @returns {string} a selector for the control that does the same
 */
function controlOf(control) {
  const form = control.closest("form")
  const goesTo = control.getAttribute("formaction")
  if (goesTo) return `${control.tagName.toLowerCase()}[formaction="${CSS.escape(goesTo)}"]`
  const inside = control.tagName.toLowerCase()
  const named = control.getAttribute("name")
  // Of a card's lines each has its own: the value begins with which, and goes on with what a tap would make of it.
  const which = control.getAttribute("value")?.split(":")[0]
  const self = named ? `${inside}[name="${CSS.escape(named)}"]${which ? `[value^="${CSS.escape(which)}"]` : ""}` : inside
  return form ? `form[action="${CSS.escape(form.getAttribute("action") ?? "")}"] ${self}` : self
}
