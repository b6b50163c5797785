// @ts-check
/**
 * Where cards stand. The wall is a grid of narrow bands in a few columns, cut into pages; a card takes as many
 * bands as it is tall, and two columns or more when a page is not tall enough for it.
 *
 * A card on a page that someone looks at, or on one before it, keeps its place whatever its neighbours do:
 * nothing moves under a finger. How gaps close is the screen's own choice, `refill`:
 * - "fill": what stands on later pages only waits, and a gap is for the next in line who fits. When nobody has touched the screen
 *   for a while the whole grid closes up, first come, first placed; `isOvertaken` tells when that must not wait long, because
 *   somebody younger took a gap before an older card.
 * - "at-once": whenever a card leaves, all others move up, but not between two taps: the second would fall on another card.
 * - "stay": a gap stays until somebody closes them up; who comes is placed behind all that stand. Only a page with nothing left on it
 *   does not stay empty, and nobody opens another page, where no one looks, while there is room on this one.
 */

/** @typedef {{ id: string, sort: string, bands: number, columns: number }} Standing a card, its turn, its size */
/** @typedef {{ column: number, band: number, bands: number, columns: number }} Place */
/** @typedef {{ columns: number, pageBands: number }} Wall */

/** @typedef {"fill" | "at-once" | "stay"} Refill */
/** @typedef {{ hasLeft: boolean, isTouched: boolean }} Lately a card has gone since all closed up; somebody touched the screen just now */

/**
 * Where cards stand after some came, changed or left.
 * @param {Refill} rule
 * @param {Map<string, Place>} before where cards stood
 * @param {Standing[]} cards that stand now, in any order
 * @param {Wall} wall
 * @param {number} page the one looked at, from 0
 * @param {Lately} lately
 * @returns {Map<string, Place>}
 */
export function refill(rule, before, cards, wall, page, { hasLeft, isTouched }) {
  if (rule === "fill" || (rule === "at-once" && !hasLeft)) return place(before, cards, wall, page)
  if (rule === "at-once" && !isTouched) return closeUp(cards, wall)
  const places = place(before, cards, wall, page, true)
  if (rule === "at-once") return places
  const isEmpty = [...places.values()].every(({ band }) => pageOf(band, wall) !== page)
  return isEmpty ? closeUp(cards, wall) : places
}

/**
 * @param {Map<string, Place>} before where cards stood
 * @param {Standing[]} cards that stand now, in any order
 * @param {Wall} wall
 * @param {number} page the one looked at, from 0
 * @param {boolean} [keepsGaps] nobody comes forward, and nobody is put before who stands
 * @returns {Map<string, Place>}
 */
export function place(before, cards, wall, page, keepsGaps = false) {
  const taken = new Taken(wall)
  /** @type {Map<string, Place>} */
  const places = new Map()
  /** @type {{ card: Standing, old: Place }[]} */
  const kept = []
  /** @type {Standing[]} */
  const waiting = []
  for (const card of cards) {
    const old = before.get(card.id)
    const stays = old && (keepsGaps || old.band < (page + 1) * wall.pageBands) && old.columns === card.columns
    if (stays && old.column + card.columns <= wall.columns) kept.push({ card, old })
    else waiting.push(card)
  }
  // Who stood higher up goes first, so that a card that grew pushes down what is below it, never sideways.
  kept.sort((a, b) => a.old.band - b.old.band || a.old.column - b.old.column)
  for (const { card, old } of kept) {
    places.set(card.id, taken.take(old.column, taken.firstFrom(old.column, old.band, card), card))
  }
  const behind = keepsGaps ? lastOf(places, wall) : null
  for (const card of waiting.sort(bySort)) {
    const spot = taken.findFirst(card, behind)
    const opensPage = behind !== null && pageOf(spot.band, wall) > page && [...places.values()].every(({ band }) => pageOf(band, wall) <= page)
    const { column, band } = opensPage ? taken.findOnOpenPage(card, page) : spot
    places.set(card.id, taken.take(column, band, card))
  }
  return places
}

/**
 * @param {Standing[]} cards
 * @param {Wall} wall
 * @returns {Map<string, Place>} all of them from the top left, as their turn says
 */
export function closeUp(cards, wall) {
  return place(new Map(), cards, wall, 0)
}

/**
 * @param {Map<string, Place>} places
 * @param {Wall} wall
 * @returns {Place | null} the one that is read last
 */
function lastOf(places, wall) {
  const inOrder = [...places.values()].sort((a, b) => {
    return pageOf(a.band, wall) - pageOf(b.band, wall) || a.column - b.column || a.band - b.band
  })
  return inOrder.at(-1) ?? null
}

/** @param {number} band @param {Wall} wall @returns {number} from 0 */
function pageOf(band, { pageBands }) {
  return Math.floor(band / pageBands)
}

/**
 * @param {Map<string, Place>} places
 * @param {Standing[]} cards
 * @param {Wall} wall
 * @returns {boolean} whether a card waits on a later page whom a close-up would bring to the first
 */
export function isOvertaken(places, cards, wall) {
  const best = closeUp(cards, wall)
  return cards.some(({ id }) => {
    const [now, then] = [places.get(id), best.get(id)]
    return now !== undefined && then !== undefined && now.band >= wall.pageBands && then.band < wall.pageBands
  })
}

/**
 * @param {Map<string, Place>} a
 * @param {Map<string, Place>} b
 */
export function isSamePlaces(a, b) {
  if (a.size !== b.size) return false
  const keys = /** @type {const} */ (["column", "band", "bands", "columns"])
  for (const [id, place] of a) {
    const other = b.get(id)
    if (!other || keys.some((key) => place[key] !== other[key])) return false
  }
  return true
}

/** @typedef {{ bands: number, columns: number }} Size */

class Taken {
  /** @type {Wall} */ #wall
  /** @type {boolean[][]} by column, by band */ #bands
  /** @type {number[][]} how many bands are held, by column, by page */ #held

  /** @param {Wall} wall */
  constructor(wall) {
    this.#wall = wall
    this.#bands = Array.from({ length: wall.columns }, () => [])
    this.#held = Array.from({ length: wall.columns }, () => [])
  }

  /**
   * @param {number} column
   * @param {number} from
   * @param {Size} size
   * @returns {number} the first band at or below `from` with room on one page
   */
  firstFrom(column, from, size) {
    let band = from
    for (;;) {
      band = this.#onOnePage(band, size.bands)
      const held = this.#lastHeld(column, band, size)
      if (held < 0) return band
      band = held + 1
    }
  }

  /**
   * @param {number} column
   * @param {number} band
   * @param {Size} size
   * @returns {Place}
   */
  take(column, band, { bands, columns }) {
    const { pageBands } = this.#wall
    for (let next = column; next < column + columns; next++) {
      const [taken, held] = [this.#bands[next] ?? [], this.#held[next] ?? []]
      for (let at = band; at < band + bands; at++) {
        const page = Math.floor(at / pageBands)
        taken[at] = true
        held[page] = (held[page] ?? 0) + 1
      }
    }
    return { column, band, bands, columns }
  }

  /**
   * The page that is looked at; if it has no room, the first that has.
   * @param {Size} size
   * @param {number} page
   * @returns {{ column: number, band: number }}
   */
  findOnOpenPage(size, page) {
    const here = this.findFirst(size, null, page)
    return pageOf(here.band, this.#wall) === page ? here : this.findFirst(size)
  }

  /**
   * The first page with room; on it the leftmost column, so that the eye reads down, then right.
   * @param {Size} size
   * @param {Place | null} [behind] whom it is read after
   * @param {number} [firstPage]
   * @returns {{ column: number, band: number }}
   */
  findFirst(size, behind = null, firstPage = behind ? pageOf(behind.band, this.#wall) : 0) {
    const { columns, pageBands } = this.#wall
    for (let page = firstPage; ; page++) {
      const last = page === firstPage ? behind : null
      for (let column = last?.column ?? 0; column + size.columns <= columns; column++) {
        const free = pageBands - (this.#held[column]?.[page] ?? 0)
        if (free < Math.min(size.bands, pageBands)) continue // not even if it were all in one piece
        const top = last?.column === column ? last.band + last.bands : page * pageBands
        const band = this.firstFrom(column, top, size)
        if (band < (page + 1) * pageBands) return { column, band }
      }
    }
  }

  /**
   * No card is cut by the edge of a page; one taller than a page begins where a page does.
   * @param {number} band
   * @param {number} bands
   * @returns {number} the first one at or below `band` where that holds
   */
  #onOnePage(band, bands) {
    const { pageBands } = this.#wall
    const onPage = band % pageBands
    const isCut = bands > pageBands ? onPage !== 0 : onPage + bands > pageBands
    return isCut ? band - onPage + pageBands : band
  }

  /**
   * @param {number} column
   * @param {number} band
   * @param {Size} size
   * @returns {number} the lowest band in the way of a card that stood there, for the next try is below it; -1: none
   */
  #lastHeld(column, band, { bands, columns }) {
    for (let at = band + bands - 1; at >= band; at--) {
      for (let next = column; next < column + columns; next++) if (this.#bands[next]?.[at]) return at
    }
    return -1
  }
}

/**
 * @param {Standing} a
 * @param {Standing} b
 */
function bySort(a, b) {
  return a.sort < b.sort ? -1 : Number(a.sort > b.sort)
}
