// @ts-check
/**
 * Which key does what on a kitchen screen. Every bump bar sends keys of its own, so each can be given to another action by
 * pressing it; where that takes a key from somebody, they swap, and nothing is ever out of reach.
 */

/** @typedef {{ id: string, words: string, key: string }} Action with the key it has from the start */

/** @type {Action[]} */
const SLOTS = Array.from({ length: 10 }, (_, at) => {
  return { id: `card-${at + 1}`, words: `Card ${at + 1}; again: bump it`, key: String((at + 1) % 10) }
})

/** @type {Action[]} in the order of the list that people see */
export const ACTIONS = [
  { id: "bump", words: "Bump, or tick the chosen line", key: "Enter" },
  { id: "line", words: "Tick the first line that is left", key: " " },
  { id: "next", words: "Next card", key: "ArrowRight" },
  { id: "previous", words: "Previous card", key: "ArrowLeft" },
  { id: "down", words: "Next line of the card", key: "ArrowDown" },
  { id: "up", words: "Previous line of the card", key: "ArrowUp" },
  { id: "start", words: "Start cooking", key: "c" },
  { id: "acknowledge", words: "Allergy, void or message seen", key: "a" },
  { id: "rush", words: "Rush, at the pass", key: "p" },
  { id: "anyway", words: "Hand over anyway, at the pass", key: "h" },
  { id: "pin", words: "Keep the card first, or no longer", key: "f" },
  { id: "recall", words: "Recall the last one", key: "r" },
  { id: "recent", words: "What left lately", key: "l" },
  { id: "all-day", words: "All day, with modifiers", key: "s" },
  { id: "page", words: "Next page", key: "n" },
  { id: "close-up", words: "Close up the gaps", key: "g" },
  { id: "options", words: "These options", key: "o" },
  { id: "let-go", words: "Let go", key: "Escape" },
  ...SLOTS,
]

/** Keys that belong to the browser, or to nobody. */
const UNUSABLE = new Set(["Tab", "Shift", "Control", "Alt", "AltGraph", "Meta", "Dead", "Process", "Unidentified", "CapsLock", "F5", "F11", "F12"])

/** @param {string} key as a browser names it @returns {string} the same with and without Shift */
export function plain(key) {
  return key.length === 1 ? key.toLowerCase() : key
}

/** @param {string} key @returns {string} as a person reads it */
export function keyWords(key) {
  return key === " " ? "Space" : key.length === 1 ? key.toUpperCase() : key.replace("Arrow", "Arrow ")
}

export class Keymap {
  /** @type {Map<string, string>} key by action */ #keys = new Map()

  /** @param {string | null} saved what `save` gave */
  constructor(saved = null) {
    this.reset()
    for (const [action, key] of parse(saved)) if (this.#keys.has(action)) this.assign(action, key)
  }

  reset() {
    this.#keys = new Map(ACTIONS.map(({ id, key }) => [id, key]))
  }

  /** @param {string} key as a browser names it @returns {string | null} the action */
  actionOf(key) {
    for (const [action, known] of this.#keys) if (known === plain(key)) return action
    return null
  }

  /** @param {string} action @returns {string} */
  keyOf(action) {
    return this.#keys.get(action) ?? ""
  }

  /**
   * @param {string} action
   * @param {string} key
   * @returns {boolean} whether a screen may have that key
   */
  assign(action, key) {
    const [wanted, own] = [plain(key), this.#keys.get(action)]
    if (own === undefined || wanted === "" || UNUSABLE.has(wanted) || wanted.length > 30) return false
    const holder = this.actionOf(wanted)
    if (holder) this.#keys.set(holder, own)
    this.#keys.set(action, wanted)
    return true
  }

  /** @returns {string} for the next page load: what differs from the start */
  save() {
    const changed = ACTIONS.flatMap(({ id, key }) => (this.keyOf(id) === key ? [] : [[id, this.keyOf(id)]]))
    return JSON.stringify(changed)
  }
}

/**
 * @param {string | null} saved
 * @returns {[string, string][]}
 */
function parse(saved) {
  try {
    const pairs = JSON.parse(saved ?? "[]")
    if (!Array.isArray(pairs)) return []
    return pairs.slice(0, ACTIONS.length).flatMap((pair) => {
      const [action, key] = Array.isArray(pair) ? pair : []
      return typeof action === "string" && typeof key === "string" ? [[action, key]] : []
    })
  } catch {
    return []
  }
}
