// @ts-check
/**
 * What a screen should sound for, each cue once, also over a reload. A card lists its cues in `data-cues`, each
 * `kind@mark`; `new@<ms>`, `rush@<ms>`, `message@<ms>` and `late@<ms>` carry when it happened, the others happened when the card was last stamped.
 * A cue that left a card which still stands is forgotten, so that what is ready a second time sounds a second
 * time; the cues of a card that left are kept, so that an undone bump is not a new ticket.
 */

const PLAYED_WITHIN_MS = 60_000
const CARDS_REMEMBERED_MAX = 300

/** @typedef {{ id: string, cues: string, stampedMs: number | null }} Ringing a card with its cues; null: happens now */
/** @typedef {{ play: string[], counted: number }} Due kinds to play, and how many were too old for that */

/** @type {Due} */
const NOTHING_NEW = { play: [], counted: 0 }

export class CueBook {
  /** @type {Map<string, { cues: Set<string>, text: string | null }>} by card, the card first seen first */ #known = new Map()
  /** @type {string | null} what `save` gave, while nothing has changed since */ #saved = null

  /** @param {string | null} saved what `save` gave */
  constructor(saved = null) {
    for (const [id, cues] of parse(saved)) this.#known.set(id, { cues: new Set(cues), text: null })
  }

  /**
   * @param {Ringing} card as it stands now
   * @param {number} nowMs server time
   * @returns {Due}
   */
  see({ id, cues, stampedMs }, nowMs) {
    const before = this.#known.get(id)
    if (before?.text === cues) return NOTHING_NEW
    const listed = cues.split(" ").filter((cue) => cue !== "")
    const known = before?.cues ?? new Set()
    /** @type {string[]} */
    const play = []
    let counted = 0
    for (const cue of listed) {
      if (known.has(cue)) continue
      const at = happenedMs(cue, stampedMs)
      if (at === null || nowMs - at <= PLAYED_WITHIN_MS) play.push(kindOf(cue))
      else counted += 1
    }
    this.#known.set(id, { cues: new Set(listed), text: cues })
    this.#saved = null
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= CARDS_REMEMBERED_MAX) break
      this.#known.delete(oldest)
    }
    return { play, counted }
  }

  /** @returns {string} for the next page load */
  save() {
    this.#saved ??= JSON.stringify([...this.#known].map(([id, { cues }]) => [id, [...cues]]))
    return this.#saved
  }
}

/** What is heard when several are due at once: the worst news. */
const BY_URGENCY = ["allergy", "void", "changed", "message", "unrouted", "refire", "rush", "recalled", "late", "ready", "come", "new"]

/**
 * @param {string[]} kinds
 * @returns {string | undefined} the most urgent
 */
export function mostUrgent(kinds) {
  return BY_URGENCY.find((kind) => kinds.includes(kind)) ?? kinds[0]
}

/** @param {string} cue */
function kindOf(cue) {
  return cue.split("@", 1)[0] ?? cue
}

/**
 * @param {string} cue
 * @param {number | null} stampedMs
 * @returns {number | null}
 */
function happenedMs(cue, stampedMs) {
  if (!["new", "late", "rush", "refire", "message"].includes(kindOf(cue))) return stampedMs
  const at = Number(cue.slice(cue.indexOf("@") + 1))
  return Number.isFinite(at) ? at : stampedMs
}

/**
 * @param {string | null} saved
 * @returns {[string, string[]][]}
 */
function parse(saved) {
  try {
    const cards = JSON.parse(saved ?? "[]")
    return Array.isArray(cards) ? cards.map(([id, cues]) => [String(id), Array.from(cues, String)]) : []
  } catch {
    return []
  }
}
