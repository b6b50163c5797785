// @ts-check
// Which tiles a waiter asked for.

/** @typedef {{ state: string, waiters: string[] }} TileFacts */

/**
 * @param {TileFacts} tile
 * @param {string} show all, mine, ready or free
 * @param {string} viewer who looks
 * @returns {boolean}
 */
export function isShown(tile, show, viewer) {
  switch (show) {
    case "mine":
      return tile.waiters.includes(viewer)
    case "ready":
    case "free":
      return tile.state === show
    default:
      return true
  }
}

/** @param {TileFacts[]} tiles @returns {Record<string, number>} how many stand in each state */
export function counts(tiles) {
  /** @type {Record<string, number>} */
  const found = {}
  for (const { state } of tiles) found[state] = (found[state] ?? 0) + 1
  return found
}
