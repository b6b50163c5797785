// @ts-check
/**
 * A kitchen screen's wall: articles in slots. The article stands byte for byte as it came; where it stands and how
 * old it is are the slot's, beside it.
 */

import { Swaps, elementOf, replaceKeepingFocus } from "./swaps.js"
import { closeUp, isOvertaken, isSamePlaces, place } from "./slots.js"

/** About how tall a band is; a page holds a whole number of them. */
const BAND_PX = 36
const CLOSES_UP_AFTER_MS = 10_000
/** Where somebody touches all the time, a card may wait behind a younger one that long; then two calm seconds do. */
const OVERTAKEN_MAX_MS = 30_000
const CALM_MS = 2_000

/** @typedef {import("./slots.js").Place} Place */

export class Screen {
  #board
  #grid
  #swaps
  /** @type {Map<string, Place>} */ #places = new Map()
  /** @type {Map<string, { bands: number, columns: number }>} */ #sizes = new Map()
  #pageBands = 0
  #bandPx = BAND_PX
  #touchedAt = performance.now()
  #overtakenAt = performance.now()
  #onChange

  /**
   * @param {{ board: HTMLElement, grid: HTMLElement, onChange: () => void }} parts the scrolling wall, the grid of
   *   slots in it; `onChange` after each swap, once nothing waits
   */
  constructor({ board, grid, onChange }) {
    this.#board = board
    this.#grid = grid
    this.#onChange = onChange
    this.#swaps = new Swaps((changes) => this.#swap(changes), onChange)
    for (const slot of this.slots()) slot.dataset.for = articleIn(slot)?.id
    for (const kind of ["pointerdown", "pointerup", "keydown", "scroll"]) {
      window.addEventListener(kind, () => (this.#touchedAt = performance.now()), { passive: true, capture: true })
    }
  }

  /** Puts the cards that the page was drawn with into their places. */
  start() {
    new ResizeObserver(() => this.#measureWall()).observe(this.#board)
    document.fonts?.ready.then(() => this.#measureWall(true))
    window.setInterval(() => this.#closeUp(), 1_000)
    this.#measureWall(true)
  }

  /** @returns {HTMLElement[]} */
  slots() {
    return [...this.#grid.children].filter((child) => child instanceof HTMLElement)
  }

  /** @returns {boolean} whether a swap waits for a finger */
  get isWaiting() {
    return this.#swaps.isWaiting
  }

  /** @returns {{ id: string, seq: number }[]} all articles of the view, as the document has them */
  shown() {
    return [...document.querySelectorAll("article[id][data-seq]")].map((article) => {
      return { id: article.id, seq: Number(article.getAttribute("data-seq")) }
    })
  }

  /** @returns {number} cards that stand below what is on the screen */
  below() {
    const edge = this.#board.scrollTop + this.#board.clientHeight - this.#bandPx / 2
    return [...this.#places.values()].filter((place) => place.band * this.#bandPx >= edge).length
  }

  /** Turns to the next page; after the last comes the first. */
  nextPage() {
    const pagePx = this.#pageBands * this.#bandPx
    const next = this.#page() + 1
    const pages = Math.ceil(this.#grid.scrollHeight / pagePx - 0.01)
    this.#board.scrollTo({ top: next >= pages ? 0 : next * pagePx })
  }

  /**
   * @param {import("./live.js").Board} board
   * @param {import("./live.js").Change} change
   */
  apply(board, change) {
    /** @type {Map<string, string | null>} */
    const changes = new Map(change.gone.map((id) => [id, null]))
    for (const id of change.put) changes.set(id, board.cards.get(id)?.html ?? null)
    // After a reset also what the document has and the board never knew must go.
    if (change.reset) for (const { id } of this.shown()) if (!board.cards.has(id)) changes.set(id, null)
    this.#swaps.submit(changes)
    if (!this.isWaiting) this.#onChange()
  }

  /** @param {Map<string, string | null>} changes */
  #swap(changes) {
    /** @type {HTMLElement[]} */
    const touched = []
    for (const [id, html] of changes) {
      const before = document.getElementById(id)
      const slot = before?.closest(".slot")
      if (html === null) {
        ;(slot ?? before)?.remove()
        this.#sizes.delete(id)
        continue
      }
      const article = elementOf(html)
      if (before) replaceKeepingFocus(before, article)
      if (article.hasAttribute("data-fold")) continue
      touched.push(slot instanceof HTMLElement ? reset(slot) : this.#newSlot(article))
    }
    this.#measure(touched)
    this.#stand(place(this.#places, this.#standing(), this.#wall(), this.#page()))
  }

  /** @param {HTMLElement} article */
  #newSlot(article) {
    const slot = elementOf(
      `<div class="slot"><p class="slot-age"><span class="slot-clock"></span> <span class="slot-word"></span></p>` +
        `<p class="slot-note" role="status"></p></div>`,
    )
    slot.dataset.for = article.id
    slot.prepend(article)
    this.#grid.append(slot)
    return slot
  }

  /** @param {boolean} [always] */
  #measureWall(always = false) {
    const height = this.#board.clientHeight
    const pageBands = Math.max(4, Math.floor(height / BAND_PX))
    const bandPx = height / pageBands
    const columns = this.#columns()
    const isSame = bandPx === this.#bandPx && pageBands === this.#pageBands && columns === this.#knownColumns
    if (isSame && !always) return
    this.#pageBands = pageBands
    this.#bandPx = bandPx
    this.#knownColumns = columns
    this.#grid.style.setProperty("--band", `${bandPx}px`)
    this.#measure(this.slots())
    this.#stand(closeUp(this.#standing(), this.#wall()))
    this.#onChange()
  }

  #knownColumns = 0

  #columns() {
    return getComputedStyle(this.#grid).gridTemplateColumns.split(" ").length
  }

  #wall() {
    return { columns: this.#columns(), pageBands: this.#pageBands }
  }

  /** @param {HTMLElement[]} slots asked how tall they want to be, all in one layout */
  #measure(slots) {
    const tall = this.#measureIn(slots, 1)
    if (this.#columns() > 1) this.#measureIn(tall, 2)
  }

  /**
   * @param {HTMLElement[]} slots
   * @param {number} columns how many each may take
   * @returns {HTMLElement[]} those that a page is not tall enough for
   */
  #measureIn(slots, columns) {
    for (const slot of slots) {
      slot.classList.add("is-measuring")
      slot.classList.toggle("is-wide", columns > 1)
      slot.style.gridArea = `1 / 1 / auto / span ${columns}`
    }
    const heights = slots.map((slot) => slot.getBoundingClientRect().height)
    return slots.filter((slot, at) => {
      slot.classList.remove("is-measuring")
      const bands = Math.max(1, Math.ceil(((heights[at] ?? 0) - 0.5) / this.#bandPx))
      this.#sizes.set(slot.dataset.for ?? "", { bands, columns })
      return bands > this.#pageBands
    })
  }

  #page() {
    return Math.round(this.#board.scrollTop / (this.#pageBands * this.#bandPx))
  }

  /** @returns {import("./slots.js").Standing[]} */
  #standing() {
    return this.slots().flatMap((slot) => {
      const article = articleIn(slot)
      if (!article) return []
      const { bands, columns } = this.#sizes.get(article.id) ?? { bands: 1, columns: 1 }
      return [{ id: article.id, sort: article.dataset.sort ?? "", bands, columns }]
    })
  }

  /** @param {Map<string, Place>} places */
  #stand(places) {
    this.#grid.classList.add("is-placed")
    this.#places = places
    let last = 0
    for (const slot of this.slots()) {
      const where = places.get(slot.dataset.for ?? "")
      if (!where) continue
      last = Math.max(last, where.band + where.bands)
      slot.style.gridArea = `${where.band + 1} / ${where.column + 1} / span ${where.bands} / span ${where.columns}`
    }
    const pages = Math.max(1, Math.ceil(last / this.#pageBands))
    this.#grid.style.minHeight = `${pages * this.#pageBands * this.#bandPx}px`
    this.#readInOrder(places)
  }

  /**
   * Tab and screen readers go as the eye does.
   * @param {Map<string, Place>} places
   */
  #readInOrder(places) {
    const rank = (/** @type {HTMLElement} */ slot) => {
      const where = places.get(slot.dataset.for ?? "")
      if (!where) return Infinity
      const page = Math.floor(where.band / this.#pageBands)
      return (page * 100 + where.column) * 1_000 + where.band
    }
    const slots = this.slots()
    const wanted = [...slots].sort((a, b) => rank(a) - rank(b))
    if (slots.every((slot, at) => slot === wanted[at])) return
    const focused = document.activeElement
    this.#grid.append(...wanted)
    if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus({ preventScroll: true })
  }

  #closeUp() {
    const now = performance.now()
    const standing = this.#standing()
    if (!isOvertaken(this.#places, standing, this.#wall())) this.#overtakenAt = now
    const calmMs = now - this.#overtakenAt > OVERTAKEN_MAX_MS ? CALM_MS : CLOSES_UP_AFTER_MS
    if (now - this.#touchedAt < calmMs || this.isWaiting) return
    const places = closeUp(standing, this.#wall())
    if (isSamePlaces(places, this.#places)) return
    this.#stand(places)
    this.#onChange()
  }
}

/** @param {HTMLElement} slot @returns {HTMLElement | null} */
export function articleIn(slot) {
  return slot.querySelector("article")
}

/** A card that came back changed is a card nobody has acted upon. @param {HTMLElement} slot */
function reset(slot) {
  slot.classList.remove("is-sent")
  const note = slot.querySelector(".slot-note")
  if (note) note.textContent = ""
  return slot
}
