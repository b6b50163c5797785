// @ts-check
/**
 * Which key does what on a kitchen screen. Every bump bar sends keys of its own, so each can be given to another action by
 * pressing it; where that takes a key from somebody, they swap, and nothing is out of reach. Only an action that is newer than what was
 * saved may find its key taken: it has none until it is given one, for no key may come to mean what nobody chose.
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
  return key === "" ? "No key" : key === " " ? "Space" : key.length === 1 ? key.toUpperCase() : key.replace("Arrow", "Arrow ")
}

export class Keymap {
  /** @type {Map<string, string>} key by action, "" where it has none */ #keys = new Map()

  /** @param {string | null} saved what `save` gave */
  constructor(saved = null) {
    this.#takeKeys(parse(saved))
  }

  reset() {
    this.#takeKeys([])
  }

  /** @param {string} key as a browser names it @returns {string | null} the action */
  actionOf(key) {
    if (key === "") return null
    for (const [action, known] of this.#keys) if (known === plain(key)) return action
    return null
  }

  /** @param {string} action @returns {string} "": none */
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
    if (own === undefined || !isUsable(wanted)) return false
    const holder = this.actionOf(wanted)
    if (holder) this.#keys.set(holder, own)
    this.#keys.set(action, wanted)
    this.#giveFreeKeys()
    return true
  }

  /** @returns {string} for the next page load: what differs from the start */
  save() {
    const changed = ACTIONS.map(({ id, key }) => ({ id, key, own: this.keyOf(id) })).filter(({ key, own }) => own !== key && own !== "")
    return JSON.stringify(changed.map(({ id, own }) => [id, own]))
  }

  /** @param {[string, string][]} chosen go before what the others have from the start */
  #takeKeys(chosen) {
    this.#keys = new Map(ACTIONS.map(({ id }) => [id, ""]))
    for (const [action, key] of chosen) {
      const wanted = plain(key)
      if (this.#keys.has(action) && isUsable(wanted) && this.actionOf(wanted) === null) this.#keys.set(action, wanted)
    }
    this.#giveFreeKeys()
  }

  /** Who has none takes the one from the start, as soon as nobody else has that. */
  #giveFreeKeys() {
    for (const { id, key } of ACTIONS) if (this.keyOf(id) === "" && this.actionOf(key) === null) this.#keys.set(id, key)
  }
}

/** @param {string} key @returns {boolean} whether a screen may have it */
function isUsable(key) {
  return key !== "" && !UNUSABLE.has(key) && key.length <= 30
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
