// @ts-check
/**
 * Forms with `data-command` go by fetch; of a card that has several buttons, each says its own. What the server refuses is
 * said in the card's own slot; what may be undone offers that for some seconds. While the screen is not live a tap is refused,
 * with the reason.
 */

import { elementsOf } from "./swaps.js"

const TIMEOUT_MS = 8_000
const UNDO_MS = 5_000
const TOASTS_MAX = 2

/**
 * @typedef {object} Parts
 * @property {() => import("./live.js").Link} link
 * @property {() => void} onDone after a command went through
 * @property {() => void} onSignedOut
 * @property {HTMLElement} toasts where undo is offered
 */

/** @param {Parts} parts */
export function sendForms(parts) {
  for (const item of parts.toasts.children) leaveSoon(item) // what the page was drawn with
  document.addEventListener("submit", (event) => {
    const form = event.target
    if (!(form instanceof HTMLFormElement) || form.dataset.command === undefined) return
    event.preventDefault()
    submit(form, event.submitter, parts)
  })
}

/** @type {WeakSet<Element>} buttons whose command is under way: of a card's lines several may be */
const sending = new WeakSet()
/** @type {WeakSet<Element>} lines that were tapped: their card is drawn anew in a moment */
const ticked = new WeakSet()

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 * @param {Parts} parts
 */
async function submit(form, button, parts) {
  const said = button?.dataset.command ? button.dataset : form.dataset
  if (said.command === "line" && button) return tick(form, button, parts)
  const slot = form.closest(".slot")
  if (form.dataset.sending !== undefined || slot?.classList.contains("is-sent")) return
  const link = parts.link()
  if (!link.canAct) return say(slot, parts, `Not sent: this screen is not live. ${link.why}`)
  const { undo, undoMs, words } = said
  // The article stays as it came: that it was sent is the slot's to show.
  if (slot) slot.classList.add("is-sent")
  else form.dataset.sending = ""
  say(slot, parts, "")
  const refusal = await post(form, parts, button)
  delete form.dataset.sending
  if (refusal === null) {
    if (undo) offerUndo(parts, undo, words ?? "Done", Number(undoMs) || UNDO_MS)
    return parts.onDone()
  }
  slot?.classList.remove("is-sent")
  say(slot, parts, refusal)
  parts.onDone() // what refused it may be on its way: the current card
}

/**
 * One line of a card: the card stays under the finger, and its other lines may be tapped meanwhile.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} button
 * @param {Parts} parts
 */
async function tick(form, button, parts) {
  const slot = form.closest(".slot")
  if (sending.has(button)) return
  const link = parts.link()
  if (!link.canAct) return say(slot, parts, `Not sent: this screen is not live. ${link.why}`)
  sending.add(button)
  ticked.add(button)
  const { undo, words } = wholeIfLast(form) // asked now: of two quick taps only the second is the last
  say(slot, parts, "")
  const refusal = await post(form, parts, button)
  sending.delete(button)
  if (refusal !== null) {
    ticked.delete(button)
    say(slot, parts, refusal)
  } else if (undo) {
    offerUndo(parts, undo, words ?? "Done", UNDO_MS)
  }
  parts.onDone()
}

/**
 * The last line that is ticked takes its card along. Of two quick taps the card that was tapped does not know the first yet.
 * @param {HTMLFormElement} form
 * @returns {DOMStringMap | { undo?: string, words?: string }} how the card as a whole is brought back, if it left
 */
function wholeIfLast(form) {
  const left = [...form.querySelectorAll(".line:not(.is-ready) > .line-tap")].filter((line) => !ticked.has(line))
  const tookBack = [...form.querySelectorAll(".line.is-ready > .line-tap")].some((line) => ticked.has(line))
  // A void that nobody acknowledged keeps its card; a change is read by whoever ticks it.
  const isStruck = form.querySelector('[data-command="acknowledge"]') && form.querySelector(".line-void")
  if (left.length > 0 || tookBack || isStruck) return {}
  const bump = form.querySelector('[data-command="bump"]')
  return bump instanceof HTMLElement ? bump.dataset : {}
}

/**
 * @param {HTMLFormElement} form
 * @param {Parts} parts
 * @param {HTMLElement | null} button whose name and value go with the form, and which may say where to
 * @returns {Promise<string | null>} why not, in words
 */
async function post(form, parts, button) {
  const abort = new AbortController()
  const timeout = window.setTimeout(() => abort.abort(), TIMEOUT_MS)
  const body = new URLSearchParams()
  for (const [name, value] of new FormData(form)) body.append(name, String(value))
  if (button instanceof HTMLButtonElement && button.name) body.append(button.name, button.value) // not every wall's FormData takes it
  try {
    const response = await fetch(button?.getAttribute("formaction") ?? form.action, {
      method: "POST",
      headers: { accept: "application/json" },
      credentials: "same-origin",
      signal: abort.signal,
      body,
    })
    if (response.ok) return null
    if (response.status === 401) parts.onSignedOut()
    const answer = await response.json().catch(() => ({}))
    if (typeof answer.error === "string" && typeof answer.at === "string") return `${answer.error} (${time(answer.at)})`
    return typeof answer.error === "string" ? answer.error : `The server refused it (${response.status}). Tap again.`
  } catch {
    return "No answer from the server. Tap again: it counts once."
  } finally {
    window.clearTimeout(timeout)
  }
}

/**
 * @param {Element | null} slot
 * @param {Parts} parts
 * @param {string} words
 */
function say(slot, parts, words) {
  const note = slot?.querySelector(".slot-note")
  if (note) {
    note.textContent = words
  } else if (words) {
    toast(parts.toasts, document.createTextNode(words))
  }
}

/**
 * @param {Parts} parts
 * @param {string} action
 * @param {string} words
 * @param {number} ms how long
 */
function offerUndo(parts, action, words, ms) {
  const form = /** @type {HTMLFormElement} */ (
    elementsOf(`<form method="post" data-command="undo"><span></span><button class="button button-undo">Undo</button></form>`)[0]
  )
  form.action = action
  const label = form.querySelector("span")
  if (label) label.textContent = words
  toast(parts.toasts, form, ms)
}

/**
 * @param {HTMLElement} toasts
 * @param {Node} content
 * @param {number} [ms]
 */
function toast(toasts, content, ms = UNDO_MS) {
  const item = document.createElement("li")
  item.className = "toast"
  item.append(content)
  toasts.prepend(item)
  leaveSoon(item, ms)
  while (toasts.childElementCount > TOASTS_MAX) toasts.lastElementChild?.remove()
}

/** @param {Element} item @param {number} [ms] */
function leaveSoon(item, ms = UNDO_MS) {
  const leave = () => item.remove()
  window.setTimeout(leave, ms)
  item.addEventListener("submit", () => window.setTimeout(leave, 0))
}

/**
 * @param {string} at RFC 3339
 * @returns {string} the time of day on this screen's clock
 */
function time(at) {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" })
}
