// @ts-check
/**
 * A kitchen screen's wall: articles in slots. The article stands byte for byte as it came; where it stands and how
 * old it is are the slot's, beside it.
 */

import { articleIn } from "./card.js"
import { PIN, dress } from "./pins.js"
import { measure, widen } from "./ruler.js"
import { Swaps, elementsOf, replaceKeepingFocus } from "./swaps.js"
import { closeUp, isOvertaken, isSamePlaces, refill } from "./slots.js"

/** About how tall a band is; a page holds a whole number of them. */
const BAND_PX = 36
/** Browsers lay out in such parts of a pixel: what is finer is lost, a little more on each page. */
const PART_PX = 1 / 64
const CLOSES_UP_AFTER_MS = 10_000
/** Where somebody touches all the time, a card may wait behind a younger one that long; then two calm seconds do. */
const OVERTAKEN_MAX_MS = 30_000
const CALM_MS = 2_000
/** The second of two quick taps comes within that: until then nobody moves up under the finger. */
const TAPS_AGAIN_MS = 600

/** @typedef {import("./slots.js").Place} Place */

export class Screen {
  #board
  #grid
  #swaps
  #gauge
  #onChange
  #pins
  #rule
  /** @type {Map<string, Place>} */ #places = new Map()
  /** @type {HTMLElement[]} slots with another card, since `onChange` was told */ #changed = []
  /** @type {Map<string, import("./slots.js").Standing>} what stands on the wall, by id */ #cards = new Map()
  /** @type {WeakMap<HTMLElement, string>} what was written, for writing it again costs a layout */ #areas = new WeakMap()
  /** @type {import("./ruler.js").Wall} */ #wall = { columns: 1, columnPx: 0, pageBands: 1, bandPx: BAND_PX }
  /** Since the grid was closed up somebody's card has gone. */
  #hasLeft = false
  #scrollTop = 0
  #touchedAt = performance.now()
  #overtakenAt = performance.now()

  /**
   * @param {{ board: HTMLElement, grid: HTMLElement, onChange: (changed: HTMLElement[]) => void, pins: import("./pins.js").Pins,
   *   rule: () => import("./slots.js").Refill }} parts the scrolling wall, the grid of slots in it; `onChange` after each swap, once
   *   nothing waits, with the slots that have another card; which cards stand first; how gaps close
   */
  constructor({ board, grid, onChange, pins, rule }) {
    this.#board = board
    this.#grid = grid
    this.#onChange = onChange
    this.#pins = pins
    this.#rule = rule
    this.#gauge = this.#newGauge()
    this.#swaps = new Swaps((changes) => this.#swap(changes), () => this.#tell())
    for (const slot of this.slots()) {
      slot.dataset.for = articleIn(slot)?.id
      slot.append(...elementsOf(PIN))
      dress(slot, pins)
      this.#know(slot, new Map())
    }
    pins.forget((id) => this.#cards.has(id))
    grid.addEventListener("click", ({ target }) => {
      const slot = target instanceof Element ? target.closest(".slot-pin")?.parentElement : null
      if (slot) this.pin(slot)
    })
    // Whatever was chosen stays chosen: Enter is for the card, not for its pin.
    grid.addEventListener("mousedown", (event) => {
      if (event.target instanceof Element && event.target.closest(".slot-pin")) event.preventDefault()
    })
    board.addEventListener("scroll", () => (this.#scrollTop = board.scrollTop), { passive: true })
    for (const kind of ["pointerdown", "pointerup", "keydown", "scroll"]) {
      window.addEventListener(kind, () => (this.#touchedAt = performance.now()), { passive: true, capture: true })
    }
  }

  /** Puts the cards that the page was drawn with into their places. */
  start() {
    this.#grid.classList.add("is-placed")
    new ResizeObserver(() => this.#measureWall()).observe(this.#board)
    document.fonts?.ready.then(() => this.#measureWall(true))
    window.setInterval(() => this.#closeUp(), 1_000)
    this.#measureWall(true)
  }

  /** Its cards are of another size now. */
  measure() {
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
    const { bandPx, pageBands } = this.#wall
    const edge = this.#scrollTop + (pageBands - 0.5) * bandPx
    return [...this.#places.values()].filter((place) => place.band * bandPx >= edge).length
  }

  /** @returns {boolean} whether the first cards are on the screen */
  get isAtTop() {
    return this.#scrollTop < 8
  }

  /** @returns {boolean} whether gaps stand that only a person closes */
  get hasGaps() {
    return this.#hasLeft && this.#rule() === "stay" && !isSamePlaces(closeUp([...this.#cards.values()], this.#wall), this.#places)
  }

  /** All from the top left, as their turn says. */
  closeUp() {
    this.#hasLeft = false
    this.#stand(closeUp([...this.#cards.values()], this.#wall))
    this.#tell()
  }

  /**
   * Keeps a card first on this screen, or no longer.
   * @param {HTMLElement} slot
   * @returns {boolean} whether it may be
   */
  pin(slot) {
    const id = slot.dataset.for ?? ""
    if (!slot.querySelector(":scope > .slot-pin") || !this.#pins.toggle(id)) return false
    dress(slot, this.#pins)
    const sizes = new Map(this.#cards)
    for (const one of this.slots()) this.#know(one, sizes)
    this.#know(slot, measure([slot], this.#wall)) // the word above it takes room
    this.closeUp()
    slot.scrollIntoView({ block: "nearest" })
    return true
  }

  /** Turns to the next page; after the last comes the first. Where gaps stay, they are closed first: who comes forward was not seen yet. */
  nextPage() {
    if (this.hasGaps) return this.closeUp()
    const pagePx = this.#wall.pageBands * this.#wall.bandPx
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
    this.#tell()
  }

  #tell() {
    const changed = this.#changed
    this.#changed = []
    this.#onChange(changed)
  }

  /** @param {Map<string, string | null>} changes */
  #swap(changes) {
    const htmls = [...changes.values()].filter((html) => html !== null)
    for (const [id, html] of changes) if (html === null) this.#remove(id)
    const slots = elementsOf(htmls.join("")).flatMap((article) => this.#put(article) ?? [])
    const sizes = measure(slots, this.#wall)
    for (const slot of slots) this.#know(slot, sizes)
    this.#changed.push(...slots)
    this.#pins.forget((id) => this.#cards.has(id))
    const [rule, isTouched] = [this.#rule(), performance.now() - this.#touchedAt < TAPS_AGAIN_MS]
    const lately = { hasLeft: this.#hasLeft, isTouched }
    this.#stand(refill(rule, this.#places, [...this.#cards.values()], this.#wall, this.#page(), lately))
    if (rule === "at-once" && !isTouched) this.#hasLeft = false
  }

  /** @param {HTMLElement} slot @param {Map<string, import("./ruler.js").Size>} sizes */
  #know(slot, sizes) {
    const article = articleIn(slot)
    if (!article) return
    const { bands, columns } = sizes.get(article.id) ?? { bands: 1, columns: 1 }
    this.#cards.set(article.id, { id: article.id, sort: this.#pins.turn(article.id, article.dataset.sort ?? ""), bands, columns })
  }

  /** @param {string} id */
  #remove(id) {
    const element = document.getElementById(id)
    ;(element?.closest(".slot") ?? element)?.remove()
    if (this.#cards.delete(id)) this.#hasLeft = true
  }

  /** @param {HTMLElement} article @returns {HTMLElement | null} its slot; a fold stands in none */
  #put(article) {
    const before = document.getElementById(article.id)
    if (before) replaceKeepingFocus(before, article)
    const slot = before ? article.closest(".slot") : this.#grid.appendChild(slotFor(article))
    if (!(slot instanceof HTMLElement)) return null
    if (before) forgetTap(slot)
    dress(slot, this.#pins)
    return slot
  }

  /**
   * An empty grid over the whole wall: the one with the cards would count the columns they were put in, so a screen
   * that was turned or made smaller would never have fewer.
   */
  #newGauge() {
    const gauge = document.createElement("div")
    gauge.className = "slots"
    gauge.setAttribute("aria-hidden", "true")
    this.#board.prepend(gauge)
    return gauge
  }

  /** @param {boolean} [always] */
  #measureWall(always = false) {
    const height = this.#board.clientHeight
    const pageBands = Math.max(4, Math.floor(height / BAND_PX))
    const tracks = getComputedStyle(this.#gauge).gridTemplateColumns.split(" ")
    const bandPx = Math.floor(height / pageBands / PART_PX) * PART_PX
    const wall = { columns: tracks.length, columnPx: Number.parseFloat(tracks[0] ?? ""), pageBands, bandPx }
    const keys = /** @type {const} */ (["columns", "columnPx", "pageBands", "bandPx"])
    if (!always && keys.every((key) => wall[key] === this.#wall[key])) return
    this.#wall = wall
    this.#grid.style.setProperty("--band", `${wall.bandPx}px`)
    const slots = this.slots()
    const sizes = measure(slots, wall)
    for (const slot of slots) this.#know(slot, sizes)
    this.#changed = slots
    this.closeUp()
  }

  #page() {
    return Math.round(this.#scrollTop / (this.#wall.pageBands * this.#wall.bandPx))
  }

  /** @param {Map<string, Place>} places */
  #stand(places) {
    this.#places = places
    let last = 0
    for (const slot of this.slots()) {
      const where = places.get(slot.dataset.for ?? "")
      if (!where) continue
      last = Math.max(last, where.band + where.bands)
      const area = `${where.band + 1} / ${where.column + 1} / span ${where.bands} / span ${where.columns}`
      if (this.#areas.get(slot) === area) continue
      this.#areas.set(slot, area)
      slot.style.gridArea = area
      widen(slot, where.columns)
    }
    const { pageBands, bandPx } = this.#wall
    this.#grid.style.minHeight = `${Math.max(1, Math.ceil(last / pageBands)) * pageBands * bandPx}px`
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
      const page = Math.floor(where.band / this.#wall.pageBands)
      return (page * 100 + where.column) * 1_000 + where.band
    }
    const ranked = this.slots().map((slot) => ({ slot, rank: rank(slot) }))
    if (ranked.every(({ rank }, at) => rank >= (ranked[at - 1]?.rank ?? 0))) return
    ranked.sort((a, b) => a.rank - b.rank)
    const focused = document.activeElement
    // Only who stands wrong is moved: an element put back where it was is laid out anew all the same.
    let next = this.#grid.firstElementChild
    for (const { slot } of ranked) {
      if (slot === next) next = slot.nextElementSibling
      else this.#grid.insertBefore(slot, next)
    }
    if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus({ preventScroll: true })
  }

  #closeUp() {
    const rule = this.#rule()
    if (rule === "stay") return
    const now = performance.now()
    const standing = [...this.#cards.values()]
    if (!isOvertaken(this.#places, standing, this.#wall)) this.#overtakenAt = now
    const untilCalmMs = now - this.#overtakenAt > OVERTAKEN_MAX_MS ? CALM_MS : CLOSES_UP_AFTER_MS
    const calmMs = rule === "at-once" && this.#hasLeft ? TAPS_AGAIN_MS : untilCalmMs
    if (now - this.#touchedAt < calmMs || this.isWaiting) return
    if (!isSamePlaces(closeUp(standing, this.#wall), this.#places)) return this.closeUp()
    this.#hasLeft = false
  }
}

const [SLOT] = elementsOf(
  `<div class="slot"><p class="slot-age"><span class="slot-clock"></span> <span class="slot-word"></span></p>` +
    `<p class="slot-note" role="status"></p>${PIN}</div>`,
)

/** @param {HTMLElement} article */
function slotFor(article) {
  const slot = /** @type {HTMLElement} */ (SLOT?.cloneNode(true))
  slot.dataset.for = article.id
  slot.prepend(article)
  return slot
}

/** A card that came back changed is a card nobody has acted upon. @param {HTMLElement} slot */
function forgetTap(slot) {
  slot.classList.remove("is-sent")
  const note = slot.querySelector(".slot-note")
  if (note) note.textContent = ""
}
