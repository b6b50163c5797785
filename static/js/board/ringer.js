// @ts-check
/**
 * Plays each cue of the cards on the wall once, also over a reload. How many were played and how many were too old
 * for it stands on the document: `data-cues-played`, `data-cues-counted`.
 */

import { cardIn } from "./card.js"
import { CueBook } from "./cues.js"

const KEY = "comanda:cues"

export class Ringer {
  #book = new CueBook(sessionStorage.getItem(KEY))
  #saved = ""
  #played = 0
  #counted = 0
  #isFirst = true
  #play

  /** @param {(kinds: string[]) => void} play */
  constructor(play) {
    this.#play = play
  }

  /**
   * @param {HTMLElement[]} slots
   * @param {Map<string, number>} late since when each late card is late
   * @param {number} nowMs server time
   */
  ring(slots, late, nowMs) {
    /** @type {string[]} */
    const kinds = []
    for (const slot of slots) {
      const card = cardIn(slot)
      if (!card) continue
      const lateMs = late.get(card.id)
      const cues = lateMs === undefined ? card.cues : `${card.cues} late@${lateMs}`
      // What a page was drawn with happened at some time before; what arrives without a time happens now.
      const stampedMs = card.stampedMs ?? (this.#isFirst ? 0 : null)
      const due = this.#book.see({ id: card.id, cues, stampedMs }, nowMs)
      kinds.push(...due.play)
      this.#counted += due.counted
    }
    this.#isFirst = false
    this.#played += kinds.length
    document.documentElement.dataset.cuesPlayed = String(this.#played)
    document.documentElement.dataset.cuesCounted = String(this.#counted)
    const saved = this.#book.save()
    if (saved !== this.#saved) sessionStorage.setItem(KEY, saved)
    this.#saved = saved
    this.#play(kinds)
  }
}
