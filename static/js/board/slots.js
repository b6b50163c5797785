// @ts-check
/**
 * Where cards stand. The wall is a grid of narrow bands in a few columns, cut into pages; a card takes as many
 * bands as it is tall. A card that has a place keeps it, whatever its neighbours do: nothing moves under a
 * finger. Gaps fill with the next new card that fits; when nobody has touched the screen for a while the grid
 * closes up, oldest first.
 */

/** @typedef {{ id: string, sort: string, bands: number }} Standing a card, where it wants to be, how tall it is */
/** @typedef {{ column: number, band: number, bands: number }} Place */
/** @typedef {{ columns: number, pageBands: number }} Wall */

/**
 * @param {Map<string, Place>} before where cards stood
 * @param {Standing[]} cards that stand now, in any order
 * @param {Wall} wall
 * @returns {Map<string, Place>}
 */
export function place(before, cards, wall) {
  const taken = new Taken(wall)
  /** @type {Map<string, Place>} */
  const places = new Map()
  /** @type {Standing[]} */
  const homeless = []
  // Who stood higher up goes first, so that a card that grew pushes down what is below it, never sideways.
  for (const card of [...cards].sort((a, b) => byPlace(before.get(a.id), before.get(b.id)))) {
    const old = before.get(card.id)
    if (!old || old.column >= wall.columns) {
      homeless.push(card)
      continue
    }
    const band = taken.firstFrom(old.column, old.band, card.bands)
    places.set(card.id, taken.take(old.column, band, card.bands))
  }
  for (const card of homeless.sort(bySort)) places.set(card.id, taken.takeFirst(card.bands))
  return places
}

/**
 * @param {Standing[]} cards
 * @param {Wall} wall
 * @returns {Map<string, Place>} all of them from the top left, as their sort says
 */
export function closeUp(cards, wall) {
  return place(new Map(), cards, wall)
}

/**
 * @param {Map<string, Place>} a
 * @param {Map<string, Place>} b
 */
export function isSamePlaces(a, b) {
  if (a.size !== b.size) return false
  for (const [id, place] of a) {
    const other = b.get(id)
    if (!other || other.column !== place.column || other.band !== place.band || other.bands !== place.bands) return false
  }
  return true
}

class Taken {
  /** @type {Wall} */ #wall
  /** @type {boolean[][]} by column, by band */ #bands

  /** @param {Wall} wall */
  constructor(wall) {
    this.#wall = wall
    this.#bands = Array.from({ length: wall.columns }, () => [])
  }

  /**
   * @param {number} column
   * @param {number} from
   * @param {number} bands
   * @returns {number} the first band at or below `from` where so many are free on one page
   */
  firstFrom(column, from, bands) {
    for (let band = from; ; band++) {
      if (this.#fits(column, band, bands)) return band
    }
  }

  /**
   * @param {number} column
   * @param {number} band
   * @param {number} bands
   * @returns {Place}
   */
  take(column, band, bands) {
    const held = this.#bands[column] ?? []
    for (let at = band; at < band + bands; at++) held[at] = true
    return { column, band, bands }
  }

  /**
   * The first page with room; on it the leftmost column, so that the eye reads down, then right.
   * @param {number} bands
   */
  takeFirst(bands) {
    const { columns, pageBands } = this.#wall
    for (let page = 0; ; page++) {
      for (let column = 0; column < columns; column++) {
        const band = this.firstFrom(column, page * pageBands, bands)
        if (band < (page + 1) * pageBands) return this.take(column, band, bands)
      }
    }
  }

  /**
   * @param {number} column
   * @param {number} band
   * @param {number} bands
   */
  #fits(column, band, bands) {
    const { pageBands } = this.#wall
    const onPage = band % pageBands
    // No card is cut by the edge of a page; one taller than a page begins where a page does.
    if (bands > pageBands ? onPage !== 0 : onPage + bands > pageBands) return false
    const held = this.#bands[column] ?? []
    for (let at = band; at < band + bands; at++) if (held[at]) return false
    return true
  }
}

/**
 * @param {Place | undefined} a
 * @param {Place | undefined} b
 */
function byPlace(a, b) {
  return (a?.band ?? Infinity) - (b?.band ?? Infinity) || (a?.column ?? 0) - (b?.column ?? 0) || 0
}

/**
 * @param {Standing} a
 * @param {Standing} b
 */
function bySort(a, b) {
  return a.sort < b.sort ? -1 : Number(a.sort > b.sort)
}
