// @ts-check
/**
 * Where cards stand. The wall is a grid of narrow bands in a few columns, cut into pages; a card takes as many
 * bands as it is tall, and two columns or more when a page is not tall enough for it.
 *
 * A card on a page that someone looks at, or on one before it, keeps its place whatever its neighbours do:
 * nothing moves under a finger. What stands on later pages only waits: a gap is for the next in line who fits.
 * When nobody has touched the screen for a while the whole grid closes up, first come, first placed; `isOvertaken`
 * tells when that must not wait long, because somebody younger took a gap before an older card.
 */

/** @typedef {{ id: string, sort: string, bands: number, columns: number }} Standing a card, its turn, its size */
/** @typedef {{ column: number, band: number, bands: number, columns: number }} Place */
/** @typedef {{ columns: number, pageBands: number }} Wall */

/**
 * @param {Map<string, Place>} before where cards stood
 * @param {Standing[]} cards that stand now, in any order
 * @param {Wall} wall
 * @param {number} page the one looked at, from 0
 * @returns {Map<string, Place>}
 */
export function place(before, cards, wall, page) {
  const taken = new Taken(wall)
  /** @type {Map<string, Place>} */
  const places = new Map()
  /** @type {{ card: Standing, old: Place }[]} */
  const kept = []
  /** @type {Standing[]} */
  const waiting = []
  for (const card of cards) {
    const old = before.get(card.id)
    const stays = old && old.band < (page + 1) * wall.pageBands && old.columns === card.columns
    if (stays && old.column + card.columns <= wall.columns) kept.push({ card, old })
    else waiting.push(card)
  }
  // Who stood higher up goes first, so that a card that grew pushes down what is below it, never sideways.
  kept.sort((a, b) => a.old.band - b.old.band || a.old.column - b.old.column)
  for (const { card, old } of kept) {
    places.set(card.id, taken.take(old.column, taken.firstFrom(old.column, old.band, card), card))
  }
  for (const card of waiting.sort(bySort)) places.set(card.id, taken.takeFirst(card))
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
   * The first page with room; on it the leftmost column, so that the eye reads down, then right.
   * @param {Size} size
   */
  takeFirst(size) {
    const { columns, pageBands } = this.#wall
    for (let page = 0; ; page++) {
      for (let column = 0; column + size.columns <= columns; column++) {
        const free = pageBands - (this.#held[column]?.[page] ?? 0)
        if (free < Math.min(size.bands, pageBands)) continue // not even if it were all in one piece
        const band = this.firstFrom(column, page * pageBands, size)
        if (band < (page + 1) * pageBands) return this.take(column, band, size)
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
