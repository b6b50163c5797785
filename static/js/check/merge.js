// @ts-check
// Takes a freshly fetched page into the one on screen, part by part, so that focus, open forms and what was half
// typed stay. A part is an element with `data-part` and an id. Parts inside a part are merged; a part without any is
// replaced whole when its markup differs, unless somebody is at work in it.

/**
 * @param {Element} old
 * @param {Element} fresh
 */
export function merge(old, fresh) {
  const freshParts = partsOf(fresh)
  const oldParts = new Map(partsOf(old).map((part) => [part.id, part]))
  if (freshParts.length === 0 && oldParts.size === 0) return replace(old, fresh)
  /** @type {Element | null} */
  let previous = null
  for (const part of freshParts) {
    const known = oldParts.get(part.id)
    oldParts.delete(part.id)
    if (known) merge(known, part)
    const placed = known ? (document.getElementById(part.id) ?? known) : document.importNode(part, true)
    if (!known) remember(placed)
    if (!known) place(old, fresh, placed, part, previous)
    previous = placed
  }
  for (const gone of oldParts.values()) if (!isBusy(gone)) gone.remove()
}

/**
 * @param {Element} root
 * @returns {Element[]} the nearest parts below, in order
 */
function partsOf(root) {
  return [...root.querySelectorAll("[data-part][id]")].filter((part) => part.parentElement?.closest("[data-part]") === nearest(root))
}

/** @param {Element} root */
function nearest(root) {
  return root.hasAttribute("data-part") ? root : root.closest("[data-part]")
}

/**
 * A new part goes after the one before it, or first where its siblings stand.
 * @param {Element} old
 * @param {Element} fresh
 * @param {Element} placed
 * @param {Element} part
 * @param {Element | null} previous
 */
function place(old, fresh, placed, part, previous) {
  if (previous && previous.parentElement) return previous.after(placed)
  const parentClass = part.parentElement === fresh ? null : part.parentElement?.getAttribute("class")
  const parent = parentClass ? old.querySelector(`.${parentClass.split(" ")[0]}`) : old
  ;(parent ?? old).prepend(placed)
}

/** What the server last said of each part: scripts write local times into it. */
const said = new WeakMap()

/** @param {Element} root before anything is written into it: what the server drew */
export function remember(root) {
  for (const part of [root, ...root.querySelectorAll("[data-part]")]) {
    if (!part.querySelector("[data-part]")) said.set(part, part.outerHTML)
  }
}

/**
 * @param {Element} old
 * @param {Element} fresh
 */
function replace(old, fresh) {
  if (said.get(old) === fresh.outerHTML || isBusy(old)) return
  const next = document.importNode(fresh, true)
  said.set(next, fresh.outerHTML)
  old.replaceWith(next)
}

/** @param {Element} part somebody types or has typed there */
function isBusy(part) {
  if (part.contains(document.activeElement) && document.activeElement !== document.body) return true
  return [...part.querySelectorAll("input, select, textarea")].some((field) => {
    if (field instanceof HTMLInputElement && (field.type === "radio" || field.type === "checkbox")) return field.checked !== field.defaultChecked
    if (field instanceof HTMLSelectElement) {
      const first = [...field.options].findIndex((option) => option.defaultSelected)
      return field.selectedIndex !== Math.max(0, first)
    }
    if (field instanceof HTMLInputElement && field.type !== "hidden") return field.value !== field.defaultValue
    return field instanceof HTMLTextAreaElement && field.value !== field.defaultValue
  })
}
