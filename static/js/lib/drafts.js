// @ts-check
// What this tablet keeps and has not got to the kitchen: so that no order is forgotten on a page nobody looks at.

const PREFIX = "comanda.draft."

/** @typedef {{ place: string, units: number, isPending: boolean }} Unsent place: a table's id, or an order type */

/**
 * @param {Iterable<[string, string]>} entries of the storage
 * @returns {Unsent[]} unconfirmed ones first
 */
export function unsent(entries) {
  /** @type {Unsent[]} */
  const found = []
  for (const [key, text] of entries) {
    if (!key.startsWith(PREFIX) || key.endsWith(".last")) continue
    const place = key.slice(PREFIX.length).split(".")[1] ?? ""
    const { lines, pending, allergies } = read(text)
    if (pending.length > 0) found.push({ place, units: count(pending), isPending: true })
    else if (lines.length > 0 || allergies.length > 0) found.push({ place, units: count(lines), isPending: false })
  }
  return found.sort((one, other) => Number(other.isPending) - Number(one.isPending))
}

/** @param {string} text @returns {{ lines: any[], pending: any[], allergies: any[] }} */
function read(text) {
  try {
    const kept = JSON.parse(text)
    const list = (/** @type {any} */ value) => (Array.isArray(value) ? value : [])
    return { lines: list(kept?.lines), pending: list(kept?.pending?.lines), allergies: list(kept?.allergies) }
  } catch {
    return { lines: [], pending: [], allergies: [] }
  }
}

/** @param {any[]} lines */
const count = (lines) => lines.reduce((sum, line) => sum + (Number(line?.quantity) || 0), 0)

/** @returns {[string, string][]} nothing where storage is refused */
export function storageEntries() {
  try {
    return Object.entries(localStorage)
  } catch {
    return []
  }
}
