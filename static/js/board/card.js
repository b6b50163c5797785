// @ts-check
/**
 * What the page asks of an article again and again, read once: an article stands byte for byte as it came, so what was
 * read of it holds until another takes its place.
 */

/**
 * @typedef {object} Card
 * @property {string} id
 * @property {number} seq
 * @property {import("./age.js").Fuse | null} fuse when it grows old; null: never
 * @property {string} cues what it sounds for: see cues.js
 * @property {number | null} stampedMs server time of its last change; null: not said
 * @property {ReadonlySet<string>} marks its classes
 * @property {string} place in words: "Table 4"
 */

/** @type {WeakMap<Element, Card>} */
const read = new WeakMap()

/**
 * @param {HTMLElement} slot
 * @returns {HTMLElement | null} the article in it, which always stands first
 */
export function articleIn(slot) {
  const first = slot.firstElementChild
  return first instanceof HTMLElement && first.localName === "article" ? first : null
}

/**
 * @param {HTMLElement} slot
 * @returns {Card | null}
 */
export function cardIn(slot) {
  const article = articleIn(slot)
  return article && cardOf(article)
}

/** @param {HTMLElement} article @returns {Card} */
function cardOf(article) {
  const known = read.get(article)
  if (known) return known
  const { seq, cues = "", stampedMs, place = "" } = article.dataset
  const card = {
    id: article.id,
    seq: Number(seq),
    fuse: fuseOf(article),
    cues,
    stampedMs: stampedMs ? Number(stampedMs) : null,
    marks: new Set(article.classList),
    place,
  }
  read.set(article, card)
  return card
}

/** @param {HTMLElement} article */
function fuseOf(article) {
  const anchor = article.querySelector("time.age")
  if (!(anchor instanceof HTMLElement)) return null
  const { firedMs, warnS, lateS } = anchor.dataset
  return { firedMs: Number(firedMs), warnS: Number(warnS), lateS: Number(lateS) }
}
