// @ts-check
// The sheet: one dish with its choices, quantity, seat, course and note.

import { byId, el } from "../lib/dom.js"
import { amount, digits } from "../lib/money.js"
import { COURSES_MAX, NOTE_CHARS_MAX, QUANTITY_MAX, groupsOf, reasons, unitPrice } from "./basket.js"

/** @typedef {import("./basket.js").Line} Line */
/** @typedef {import("./basket.js").Menu} Menu */
/** @typedef {import("./basket.js").Group} Group */

const COURSES_SHOWN = 3

/**
 * @typedef {object} SheetOptions
 * @property {Menu} menu
 * @property {string} currency
 * @property {Line} line what it opens with
 * @property {number} seats how many seats are offered
 * @property {boolean} isNew added, or edited
 * @property {boolean} is86
 * @property {(line: Line) => string[]} against what it contains that its guest must not eat
 * @property {(line: Line) => void} onDone
 * @property {() => void} onRemove
 * @property {() => void} on86
 * @property {number | null} left portions that are left, if somebody counts
 * @property {(count: number | null, known: number | null) => Promise<{ words: string, now: number | null }>} onCount answers what became of it, and what is left now
 */

/** @param {SheetOptions} options */
export function openSheet(options) {
  const { menu, line } = options
  const item = menu.items.get(line.item_id)
  const dialog = /** @type {HTMLDialogElement} */ (byId("sheet"))
  const groups = groupsOf(menu, line.item_id)
  const form = el("form", { class: "sheet-form", method: "dialog", novalidate: true })
  const quantity = stepper(line.quantity)
  const note = el("textarea", { class: "field", name: "note", rows: 2, maxlength: NOTE_CHARS_MAX, placeholder: "To the kitchen" })
  note.value = line.note ?? ""
  const left = el("input", { class: "field sheet-left-field", type: "number", min: 0, max: 999, inputmode: "numeric", placeholder: "not counted", value: options.left ?? "" })
  /** What was left when this field was filled: somebody may order meanwhile. */
  let known = options.left
  const leftWords = el("span", { class: "sheet-left-words", role: "status" })
  const setLeft = async () => {
    const count = left.value === "" ? null : Number(left.value)
    const { words, now } = await options.onCount(count, known)
    leftWords.textContent = words
    known = now
    if (now !== count) left.value = now === null ? "" : String(now)
  }
  left.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return
    event.preventDefault() // it counts, and adds no dish
    void setLeft()
  })
  const go = el("button", { class: "btn btn-main sheet-go", type: "submit" })

  /** @returns {Line} what the form says now */
  const read = () => {
    const data = new FormData(form)
    const modifiers = groups.flatMap((group) => data.getAll(group.id).map(String).filter(Boolean))
    return {
      item_id: line.item_id,
      quantity: Number(quantity.input.value) || 1,
      modifiers,
      seat: Number(data.get("seat")) || null,
      course: Number(data.get("course")) || 1,
      note: note.value,
      ...(data.get("despite_allergy") ? { despite_allergy: asked } : {}),
    }
  }
  /** What the box is about. @type {string[]} */
  let asked = line.despite_allergy ?? []
  const allergy = el("label", { class: "sheet-allergy", hidden: true },
    el("input", { type: "checkbox", name: "despite_allergy", checked: asked.length > 0 }), " ", el("span", {}))
  /** The seat decides whose plate it is. */
  const warn = () => {
    const wrong = options.against(read())
    allergy.hidden = wrong.length === 0
    const words = allergy.querySelector("span")
    if (words) words.textContent = `Allergy: it contains ${wrong.join(", ")}. The guest was asked, and the kitchen leaves it out.`
    const box = allergy.querySelector("input")
    // It is said of these, and of no others: another seat asks anew.
    if (box && wrong.join() !== asked.join()) box.checked = false
    asked = wrong
  }
  const price = () => {
    const now = read()
    go.textContent = `${options.isNew ? "Add" : "Change"} · ${amount(unitPrice(menu, now) * now.quantity, options.currency)}`
  }
  /** @param {boolean} tell @returns {boolean} whether nothing is missing */
  const check = (tell) => {
    const missing = reasons(menu, read())
    for (const group of groups) {
      const words = form.querySelector(`[data-reason="${group.id}"]`)
      const reason = missing.find((one) => one.group === group.id)
      if (words && (tell || !reason)) words.textContent = reason?.message ?? ""
    }
    if (tell && missing[0]) form.querySelector(`[data-group="${missing[0].group}"]`)?.scrollIntoView({ block: "nearest" })
    if (tell && missing[0]) /** @type {HTMLElement | null} */ (form.querySelector(`[name="${missing[0].group}"]`))?.focus()
    return missing.length === 0
  }

  form.append(
    el("header", { class: "sheet-head" },
      el("div", {},
        el("h2", { id: "sheet-title", class: "sheet-title" }, item?.name ?? "No longer on the menu"),
        el("p", { class: "sheet-facts" }, [item?.description, item?.allergens.length ? `Contains ${item.allergens.join(", ")}` : ""].filter(Boolean).join(" · "))),
      el("div", { class: "sheet-tools" },
        el("button", { class: "btn", type: "button", disabled: options.is86, onclick: () => (dialog.close(), options.on86()) }, options.is86 ? "86’d" : "86 it"),
        el("button", { class: "btn", type: "button", onclick: () => dialog.close() }, "Close"))),
    el("div", { class: "sheet-body" },
      allergy,
      ...groups.map((group) => choiceSet(group, line)),
      el("div", { class: "sheet-pair" },
        el("fieldset", { class: "choice-set" }, el("legend", { class: "choice-title" }, "Quantity"), quantity.root),
        chips("Course", "course", line.course, Math.min(COURSES_MAX, Math.max(COURSES_SHOWN, line.course)))),
      options.seats > 0 && chips("Seat", "seat", line.seat ?? 0, options.seats, "Table"),
      el("label", { class: "choice-set" }, el("span", { class: "choice-title" }, "Note"), note),
      el("div", { class: "choice-set sheet-left" },
        el("label", { class: "choice-title" }, "Portions left ", left),
        el("button", { class: "btn", type: "button", onclick: setLeft }, "Set"), leftWords)),
    el("footer", { class: "sheet-foot" },
      !options.isNew && el("button", { class: "btn btn-danger", type: "button", onclick: () => (dialog.close(), options.onRemove()) }, "Remove"),
      go),
  )
  form.addEventListener("input", () => (price(), warn(), check(false)))
  form.addEventListener("click", (event) => {
    const radio = event.target instanceof HTMLInputElement && event.target.dataset.optional !== undefined ? event.target : null
    if (!radio) return
    if (radio.dataset.was === "on") radio.checked = false // a second tap takes an optional choice back
    for (const other of form.querySelectorAll(`input[name="${radio.name}"]`)) other.removeAttribute("data-was")
    if (radio.checked) radio.dataset.was = "on"
    price()
  })
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    if (!check(true)) return
    dialog.close()
    options.onDone(read())
  })
  dialog.replaceChildren(form)
  price()
  warn()
  dialog.showModal()
}

/** @param {Group} group @param {Line} line */
function choiceSet(group, line) {
  const single = group.max === 1
  const rule = group.min === 0
    ? single ? "optional" : `up to ${group.max}`
    : group.min === group.max ? `choose ${group.min}` : `choose ${group.min} to ${group.max}`
  return el("fieldset", { class: "choice-set", "data-group": group.id },
    el("legend", { class: "choice-title" }, group.name, " ", el("span", { class: "choice-rule", "data-forced": group.min > 0 }, rule)),
    el("p", { class: "choice-reason", "data-reason": group.id, role: "alert" }),
    el("div", { class: "choices" }, ...group.modifiers.map((modifier) => {
      const isChosen = line.modifiers.includes(modifier.id)
      const optional = single && group.min === 0
      return el("label", { class: "choice" },
        el("input", {
          class: "choice-input", type: single ? "radio" : "checkbox", name: group.id, value: modifier.id, checked: isChosen,
          "data-optional": optional, "data-was": optional && isChosen ? "on" : null,
        }),
        el("span", { class: "choice-face" },
          el("span", {}, modifier.prefix ? el("strong", { class: "choice-prefix" }, `${modifier.prefix} `) : null, modifier.name),
          modifier.price_minor !== 0 && el("span", { class: "choice-price" }, `${modifier.price_minor > 0 ? "+" : ""}${digits(modifier.price_minor)}`)))
    })))
}

/**
 * @param {string} title @param {string} name @param {number} chosen @param {number} upTo
 * @param {string} [none] the word for no number
 */
function chips(title, name, chosen, upTo, none) {
  const numbers = Array.from({ length: Math.max(upTo, chosen) }, (_, at) => at + 1)
  if (none) numbers.unshift(0)
  return el("fieldset", { class: "choice-set" },
    el("legend", { class: "choice-title" }, title),
    el("div", { class: "choices choices-numbers" }, ...numbers.map((number) =>
      el("label", { class: "choice" },
        el("input", { class: "choice-input", type: "radio", name, value: number, checked: number === chosen }),
        el("span", { class: "choice-face" }, number === 0 ? none : String(number))))))
}

/** @param {number} start */
function stepper(start) {
  const input = el("input", {
    class: "field stepper-field", type: "number", name: "quantity", min: 1, max: QUANTITY_MAX, value: start, inputmode: "numeric", "aria-label": "Quantity",
  })
  /** @param {number} by */
  const step = (by) => {
    input.value = String(Math.min(QUANTITY_MAX, Math.max(1, (Number(input.value) || 1) + by)))
    input.dispatchEvent(new Event("input", { bubbles: true }))
  }
  const root = el("div", { class: "stepper" },
    el("button", { class: "btn stepper-key", type: "button", "aria-label": "One less", onclick: () => step(-1) }, "−"),
    input,
    el("button", { class: "btn stepper-key", type: "button", "aria-label": "One more", onclick: () => step(1) }, "+"))
  return { root, input }
}
