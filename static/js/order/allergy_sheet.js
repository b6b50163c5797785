// @ts-check
// The sheet of allergies: whose, and which of the fourteen.

import { byId, el } from "../lib/dom.js"

/** The fourteen that EU law names. */
export const ALLERGENS = [
  "celery", "crustaceans", "eggs", "fish", "gluten", "lupin", "milk", "molluscs", "mustard", "nuts", "peanuts", "sesame", "soya", "sulphites",
]

/**
 * @typedef {object} AllergySheet
 * @property {number | null} seat whose it opens with; null: the whole table's
 * @property {number} seats how many are offered
 * @property {(seat: number | null) => string[]} told what is told with the next Send
 * @property {(seat: number | null) => string[]} known what the check knows: that is taken back on its own page
 * @property {(seat: number | null, allergens: string[]) => void} onDone
 */

/** @param {AllergySheet} options */
export function openAllergySheet(options) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("sheet"))
  let seat = options.seat
  const boxes = el("div", { class: "choices" })
  const paint = () => {
    const [told, known] = [options.told(seat), options.known(seat)]
    boxes.replaceChildren(...ALLERGENS.map((allergen) =>
      el("label", { class: "choice" },
        el("input", { class: "choice-input", type: "checkbox", name: allergen, checked: told.includes(allergen) || known.includes(allergen), disabled: known.includes(allergen) }),
        el("span", { class: "choice-face" }, allergen))))
  }
  const form = el("form", { class: "sheet-form", method: "dialog" })
  /** What is ticked belongs to the seat that is shown. */
  const take = () => {
    const ticked = [...boxes.querySelectorAll("input")].map((box) => (box.checked ? box.name : ""))
    const known = options.known(seat) // asked now: what was on its way may have come back meanwhile
    options.onDone(seat, ticked.filter((name) => name !== "" && !known.includes(name)))
  }
  const seats = Array.from({ length: Math.max(options.seats, seat ?? 0) + 1 }, (_, at) => at)
  form.append(
    el("header", { class: "sheet-head" },
      el("div", {},
        el("h2", { id: "sheet-title", class: "sheet-title" }, "Allergies"),
        el("p", { class: "sheet-facts" }, "Told to every station with the next Send. What the kitchen knows already is taken back on the check.")),
      el("div", { class: "sheet-tools" }, el("button", { class: "btn", type: "button", onclick: () => dialog.close() }, "Close"))),
    el("div", { class: "sheet-body" },
      seats.length > 1 && el("fieldset", { class: "choice-set" },
        el("legend", { class: "choice-title" }, "Whose"),
        el("div", { class: "choices choices-numbers" }, ...seats.map((number) =>
          el("label", { class: "choice" },
            el("input", {
              class: "choice-input", type: "radio", name: "seat", value: number, checked: number === (seat ?? 0),
              onchange: () => (take(), (seat = number || null), paint()),
            }),
            el("span", { class: "choice-face" }, number === 0 ? "Table" : String(number)))))),
      el("fieldset", { class: "choice-set" }, el("legend", { class: "choice-title" }, "Must not eat"), boxes)),
    el("footer", { class: "sheet-foot" }, el("button", { class: "btn btn-main sheet-go", type: "submit" }, "Done")))
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    take()
    dialog.close()
  })
  paint()
  dialog.replaceChildren(form)
  dialog.showModal()
}
