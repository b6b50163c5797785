// @ts-check
/**
 * Tells how much room an article wants before it is put on the wall, in a corner of its own: asking on the wall
 * would lay out all of it.
 */

/** @typedef {{ columns: number, columnPx: number, pageBands: number, bandPx: number }} Wall */
/** @typedef {{ bands: number, columns: number }} Size */

export class Ruler {
  #host = document.createElement("div")

  /** @param {HTMLElement} board */
  constructor(board) {
    this.#host.className = "ruler"
    this.#host.setAttribute("aria-hidden", "true")
    board.append(this.#host)
  }

  /**
   * @param {HTMLElement[]} articles on the wall or not yet; those that are not are left to the caller
   * @param {Wall} wall
   * @returns {Map<string, Size>} by id
   */
  measure(articles, wall) {
    /** @type {Map<string, Size>} */
    const sizes = new Map()
    const slots = articles.map((article) => {
      const slot = document.createElement("div")
      slot.className = "slot"
      slot.append(article.isConnected ? article.cloneNode(true) : article)
      return slot
    })
    this.#host.append(...slots)
    // A page is not tall enough for some: those get two columns.
    const tall = this.#try(slots, 1, wall, sizes)
    if (wall.columns > 1) this.#try(tall, 2, wall, sizes)
    this.#host.replaceChildren()
    return sizes
  }

  /**
   * @param {HTMLElement[]} slots
   * @param {number} columns how many each may take
   * @param {Wall} wall
   * @param {Map<string, Size>} sizes
   * @returns {HTMLElement[]} the ones taller than a page
   */
  #try(slots, columns, { columnPx, bandPx, pageBands }, sizes) {
    for (const slot of slots) {
      slot.style.width = `${columnPx * columns}px`
      slot.classList.toggle("is-wide", columns > 1)
    }
    const heights = slots.map((slot) => slot.getBoundingClientRect().height)
    return slots.filter((slot, at) => {
      const bands = Math.max(1, Math.ceil(((heights[at] ?? 0) - 0.5) / bandPx))
      sizes.set(slot.firstElementChild?.id ?? "", { bands, columns })
      return bands > pageBands
    })
  }
}
