// @ts-check
// The basket as it is seen: lines, what stands in their way, the last Send's fate, the total.

import { byId, el } from "../lib/dom.js"
import { amount, digits } from "../lib/money.js"
import { choices, courses, isHeld, total, unitPrice, units } from "./basket.js"

/** @typedef {import("./basket.js").Draft} Draft */
/** @typedef {import("./basket.js").Menu} Menu */
/** @typedef {import("./basket.js").Line} Line */
/**
 * What the panel says above the lines.
 * @typedef {{ tone: "ready" | "late" | "warn", title: string, words: string, actions: { words: string, main?: boolean, run?: () => void, href?: string }[] }} News
 */
/**
 * @typedef {object} BasketView
 * @property {Draft} draft
 * @property {Menu} menu
 * @property {string} currency
 * @property {Map<number, string>} obstacles by line
 * @property {News | null} news
 * @property {boolean} isSending
 * @property {boolean} canRepeat
 * @property {import("./basket.js").Allergy[]} allergies the check's, and what is told with the next Send
 * @property {import("./basket.js").Allergy[]} untold of these, what no station knows yet
 * @property {(seat: number | null) => void} onAllergy
 * @property {boolean} hasCourses whether what is ordered may wait: at a table
 * @property {(course: number, held: boolean) => void} onHold
 * @property {(at: number, by: number) => void} onStep
 * @property {(at: number) => void} onEdit
 * @property {() => void} onRepeat
 */

/** @param {BasketView} view */
export function paintBasket(view) {
  const { draft, menu } = view
  const lines = byId("basket-lines")
  const focus = focusPath(lines)
  const known = courses(draft)
  const saysCourses = view.hasCourses || known.some((course) => course > 1)
  lines.replaceChildren(...known.flatMap((course) => [
    ...(saysCourses ? [courseRow(view, course)] : []),
    ...draft.lines.flatMap((line, at) => (line.course === course ? [row(view, line, at)] : [])),
  ]))
  lines.prepend(...view.allergies.map((one) => allergyRow(view, one)))
  refocus(lines, focus)
  paintNews(view)
  const empty = byId("basket-empty")
  empty.hidden = draft.lines.length > 0 || draft.pending !== null
  empty.replaceChildren("Tap a dish to add it.", view.canRepeat ? el("button", { class: "btn", type: "button", onclick: view.onRepeat }, "Repeat the last round") : "")
  const count = units(draft.lines)
  byId("basket-count").textContent = count === 0 ? "Basket is empty" : `${count} ${count === 1 ? "dish" : "dishes"}`
  byId("basket-total").textContent = amount(total(draft.lines, menu), view.currency)
  const send = /** @type {HTMLButtonElement} */ (byId("send"))
  send.disabled = count === 0 || view.isSending || draft.pending !== null
  send.textContent = view.isSending ? "Sending…" : "Send"
}

/** @param {BasketView} view @param {import("./basket.js").Allergy} allergy */
function allergyRow({ onAllergy, untold }, { seat, allergens }) {
  const isTold = !untold.some((one) => one.seat === seat)
  return el("li", { class: "basket-allergy" },
    el("button", { class: "basket-allergy-key", type: "button", onclick: () => onAllergy(seat) },
      el("strong", {}, "ALLERGY"), ` ${seat === null ? "Table" : `Seat ${seat}`}: ${allergens.join(", ")}`, isTold ? null : el("span", { class: "basket-untold" }, " · told with Send")))
}

/** What becomes of a course at Send, and the way to change that. @param {BasketView} view @param {number} course */
function courseRow({ draft, onHold }, course) {
  const held = isHeld(draft, course)
  return el("li", { class: "basket-course", "data-held": held },
    el("span", { class: "basket-course-name" }, `Course ${course}`),
    el("span", { class: "basket-course-word" }, held ? "on hold until fired" : "cooked at once"),
    el("button", { class: "btn basket-course-key", type: "button", onclick: () => onHold(course, !held) },
      held ? "Fire with Send" : "Hold", el("span", { class: "hide" }, ` course ${course}`)))
}

/** @param {BasketView} view @param {Line} line @param {number} at */
function row({ menu, obstacles, onStep, onEdit }, line, at) {
  const item = menu.items.get(line.item_id)
  const name = item?.name ?? "No longer on the menu"
  const obstacle = obstacles.get(at)
  const facts = [line.seat ? `Seat ${line.seat}` : "", line.despite_allergy ? "Allergy: the kitchen leaves it out" : ""].filter(Boolean).join(" · ")
  return el("li", { class: "basket-line", "data-obstacle": obstacle !== undefined },
    el("div", { class: "basket-count" },
      el("button", { class: "count-key", type: "button", "aria-label": `One ${name} less`, onclick: () => onStep(at, -1) }, "−"),
      el("span", { class: "count-number", "aria-label": `${line.quantity} times` }, String(line.quantity)),
      el("button", { class: "count-key", type: "button", "aria-label": `One ${name} more`, onclick: () => onStep(at, 1) }, "+")),
    el("button", { class: "basket-words", type: "button", "aria-label": `Change ${name}`, onclick: () => onEdit(at) },
      el("span", { class: "basket-name" }, name),
      ...choices(menu, line).map((words) => el("span", { class: "basket-choice" }, words)),
      line.note ? el("span", { class: "basket-note" }, `“${line.note}”`) : null,
      facts ? el("span", { class: "basket-facts" }, facts) : null,
      obstacle ? el("span", { class: "basket-obstacle" }, obstacle) : null),
    el("span", { class: "basket-price" }, digits(unitPrice(menu, line) * line.quantity)))
}

/** @param {BasketView} view */
function paintNews({ news }) {
  const place = byId("basket-news")
  if (!news) {
    place.hidden = true
    place.replaceChildren()
    return
  }
  place.hidden = false
  place.dataset.tone = news.tone
  place.replaceChildren(
    el("strong", { class: "news-title" }, news.title),
    el("span", { class: "news-words" }, news.words),
    el("span", { class: "news-actions" }, ...news.actions.map(({ words, main, run, href }) =>
      href
        ? el("a", { class: main ? "btn btn-main" : "btn", href }, words)
        : el("button", { class: main ? "btn btn-main" : "btn", type: "button", onclick: () => run?.() }, words))))
}

/** @param {HTMLElement} list @returns {[number, number] | null} which row, and which of its buttons */
function focusPath(list) {
  const row = [...list.children].findIndex((child) => child.contains(document.activeElement))
  if (row < 0) return null
  return [row, [.../** @type {Element} */ (list.children[row]).querySelectorAll("button")].indexOf(/** @type {any} */ (document.activeElement))]
}

/** @param {HTMLElement} list @param {[number, number] | null} path */
function refocus(list, path) {
  if (!path) return
  const row = list.children[Math.min(path[0], list.children.length - 1)]
  row?.querySelectorAll("button")[path[1]]?.focus({ preventScroll: true })
}
