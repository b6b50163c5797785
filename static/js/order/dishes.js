// @ts-check
// The menu's tiles: categories, search, what is 86'd, how many are in the basket.

import { byId } from "../lib/dom.js"
import { matches } from "./search.js"

/**
 * @param {import("./basket.js").Menu} menu
 * @param {(itemId: string) => void} onPick
 */
export function dishTiles(menu, onPick) {
  const tiles = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll(".dish")])
  const sections = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".category")])
  const search = /** @type {HTMLInputElement} */ (byId("search"))
  const tabs = byId("tabs")
  let category = sections[0]?.dataset.category ?? "0"

  /** @param {HTMLElement} tile */
  const wordsOf = (tile) => {
    const item = menu.items.get(tile.dataset.item ?? "")
    return item ? `${item.name} ${item.kitchen_name}` : (tile.textContent ?? "")
  }
  function show() {
    const query = search.value.trim()
    for (const section of sections) {
      const found = [...section.querySelectorAll(".dish")].filter((tile) => {
        const isFound = query === "" || matches(wordsOf(/** @type {HTMLElement} */ (tile)), query)
        ;/** @type {HTMLElement} */ (tile).hidden = !isFound
        return isFound
      })
      section.hidden = query === "" ? section.dataset.category !== category : found.length === 0
    }
    for (const tab of tabs.querySelectorAll("button")) {
      tab.setAttribute("aria-pressed", String(query === "" && tab.dataset.category === category))
    }
    const none = byId("no-match")
    none.hidden = query === "" || sections.some((section) => !section.hidden)
    none.textContent = none.hidden ? "" : `Nothing on the menu begins with “${query}”.`
  }

  search.addEventListener("input", show)
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") search.value = ""
    if (event.key === "Escape") show()
    if (event.key !== "Enter") return
    event.preventDefault()
    const found = tiles.filter((tile) => !tile.hidden && !tile.closest(".category")?.hasAttribute("hidden"))
    const only = found[0]
    if (search.value.trim() !== "" && found.length === 1 && only) only.click()
  })
  tabs.addEventListener("click", (event) => {
    const tab = event.target instanceof Element ? event.target.closest("button") : null
    if (!tab) return
    category = tab.dataset.category ?? category
    search.value = ""
    show()
    tab.scrollIntoView({ block: "nearest", inline: "nearest" })
  })
  document.addEventListener("click", (event) => {
    const tile = event.target instanceof Element ? event.target.closest(".dish") : null
    if (tile instanceof HTMLElement && tile.dataset.item) onPick(tile.dataset.item)
  })
  show()

  return {
    /** Search finds one dish, then the next: the field is ready for it. */
    searchDone() {
      if (search.value === "") return
      search.value = ""
      show()
    },
    /**
     * @param {Set<string>} eightySixed item ids
     * @param {Map<string, number>} left portions, by item, of what somebody counts
     * @param {Map<string, number>} counts units in the basket, by item
     * @param {(itemId: string) => string[]} against what it contains that whoever orders now must not eat
     */
    paint(eightySixed, left, counts, against) {
      for (const tile of tiles) {
        const id = tile.dataset.item ?? ""
        tile.toggleAttribute("data-86", eightySixed.has(id))
        const rest = tile.querySelector(".dish-left")
        const portions = left.get(id) ?? 0
        if (rest instanceof HTMLElement) {
          rest.hidden = portions === 0
          rest.textContent = portions === 0 ? "" : `${portions} left`
        }
        const wrong = against(id)
        const allergy = tile.querySelector(".dish-against")
        if (allergy instanceof HTMLElement) {
          allergy.hidden = wrong.length === 0
          allergy.textContent = wrong.length === 0 ? "" : `contains ${wrong.join(", ")}`
        }
        const count = tile.querySelector(".dish-count")
        const units = counts.get(id) ?? 0
        if (!(count instanceof HTMLElement)) continue
        count.hidden = units === 0
        count.textContent = units === 0 ? "" : `×${units}`
        count.setAttribute("aria-label", `${units} in the basket`)
      }
    },
  }
}
