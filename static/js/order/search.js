// @ts-check
// Finding a dish by a few letters.

/** @param {string} text @returns {string} small letters without accents */
export function fold(text) {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
}

/**
 * @param {string} words what stands on the menu
 * @param {string} query what was typed
 * @returns {boolean} every typed word begins a word of it
 */
export function matches(words, query) {
  const known = fold(words).split(/[^\p{L}\p{N}]+/u)
  return fold(query).split(/\s+/).filter(Boolean).every((typed) => known.some((word) => word.startsWith(typed)))
}
