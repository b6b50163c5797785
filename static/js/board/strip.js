// @ts-check
/** The all-day strip is one row: what it has no room for is counted on the key that opens it, so nobody takes the row for all. */

export class Strip {
  #rest
  #list
  #isOpen
  /** @type {Element | null} the list whose rest is written */ #known = null

  /**
   * @param {{ strip: HTMLElement, rest: HTMLElement, list: () => Element | null, isOpen: () => boolean }} parts `rest` is where the number
   *   stands, `list` the dishes as they are now; opened, all of them are seen
   */
  constructor({ strip, rest, list, isOpen }) {
    this.#rest = rest
    this.#list = list
    this.#isOpen = isOpen
    new ResizeObserver(() => this.#count()).observe(strip)
  }

  /** Something was swapped: whether it was the totals is seen here. */
  draw() {
    if (this.#list() !== this.#known) this.#count()
  }

  #count() {
    const list = this.#list()
    if (!list || this.#isOpen()) return
    this.#known = list
    const first = list.firstElementChild
    const hidden = [...list.children].filter((dish) => topOf(dish) > topOf(first)).length
    const words = hidden > 0 ? `+${hidden}` : ""
    if (this.#rest.textContent !== words) this.#rest.textContent = words
  }
}

/** @param {Element | null} element */
const topOf = (element) => (element instanceof HTMLElement ? element.offsetTop : 0)
