// @ts-check
// The manager's page: finding an item to 86, copying a token.

import { byId } from "../lib/dom.js"
import { localize } from "../lib/times.js"
import { matches } from "../order/search.js"

const search = /** @type {HTMLInputElement} */ (byId("item-search"))

search.addEventListener("input", () => {
  const query = search.value.trim()
  let found = 0
  for (const row of byId("item-rows").querySelectorAll("li")) {
    row.hidden = !matches(row.dataset.words ?? "", query)
    if (!row.hidden) found += 1
  }
  const none = byId("item-none")
  none.hidden = found > 0
  none.textContent = found > 0 ? "" : `Nothing on the menu begins with “${query}”.`
})

document.getElementById("copy-token")?.addEventListener("click", async (event) => {
  const button = /** @type {HTMLButtonElement} */ (event.currentTarget)
  const token = byId("made-token")
  try {
    await navigator.clipboard.writeText(token.textContent ?? "")
    button.textContent = "Copied"
  } catch {
    getSelection()?.selectAllChildren(token) // no clipboard on plain http: marked, ready to copy by hand
    button.textContent = "Marked: copy it now"
  }
})

localize(document)
