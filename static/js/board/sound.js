// @ts-check
/**
 * Tones for cues, made here (no files). A browser is mute until someone taps; a burst of cues gives one tone
 * every two seconds, the most urgent first.
 */

import { mostUrgent } from "./cues.js"

const GAP_MS = 2_000
/** Of a tone at full volume; above it a small loudspeaker only rattles. */
const LOUDEST = 0.6

/** Each kind is a little melody: [hertz, seconds] one after the other. @type {Record<string, [number, number][]>} */
const TONES = {
  new: [[660, 0.12], [880, 0.2]],
  come: [[660, 0.12], [880, 0.2]],
  allergy: [[1047, 0.12], [523, 0.12], [1047, 0.12], [523, 0.12], [1047, 0.24]],
  changed: [[880, 0.1], [622, 0.1], [880, 0.1], [622, 0.18]],
  refire: [[988, 0.09], [1319, 0.09], [988, 0.09], [1319, 0.2]],
  message: [[784, 0.14], [988, 0.14], [784, 0.14], [988, 0.24]],
  rush: [[988, 0.09], [988, 0.09], [988, 0.09], [1319, 0.2]],
  recalled: [[740, 0.1], [740, 0.1], [988, 0.18]],
  ready: [[523, 0.1], [659, 0.1], [784, 0.24]],
  unrouted: [[440, 0.14], [349, 0.14], [440, 0.14], [349, 0.2]],
  late: [[392, 0.22], [392, 0.22]],
  lost: [[330, 0.3], [247, 0.5]],
}

export class Sound {
  /** @type {AudioContext | null} */ #context = null
  /** @type {string[]} */ #due = []
  #playedAt = -Infinity
  #timer = 0
  #volume = 1
  #onChange

  /** @param {(heard: boolean) => void} onChange whether tones can be heard now */
  constructor(onChange) {
    this.#onChange = onChange
    // Where the house's browser allows sound without a tap, the bar goes away by itself.
    this.#open()
  }

  get isHeard() {
    return this.#context?.state === "running"
  }

  /** @param {number} percent 0: silent */
  set volume(percent) {
    this.#volume = percent / 100
    this.#tell()
  }

  /** After a tap: wakes the audio, in silence. */
  wake() {
    this.#open()
    this.#context?.resume().catch(() => undefined)
  }

  /** After a tap: wakes the audio and plays a test. @param {string} [kind] */
  async unlock(kind = "new") {
    this.#open()
    await this.#context?.resume().catch(() => undefined)
    this.#tell()
    this.#tone(kind)
  }

  /** @param {string[]} kinds */
  play(kinds) {
    if (kinds.length === 0) return
    this.#due.push(...kinds)
    const waitMs = this.#playedAt + GAP_MS - performance.now()
    if (waitMs <= 0) return this.#playDue()
    if (this.#timer === 0) this.#timer = window.setTimeout(() => this.#playDue(), waitMs)
  }

  #playDue() {
    window.clearTimeout(this.#timer)
    this.#timer = 0
    const kind = mostUrgent(this.#due)
    this.#due = []
    this.#playedAt = performance.now()
    if (kind) this.#tone(kind)
  }

  /** @param {string} kind */
  #tone(kind) {
    const context = this.#context
    if (!context || context.state !== "running" || this.#volume === 0) return
    let at = context.currentTime + 0.02
    for (const [hertz, seconds] of TONES[kind] ?? TONES.new ?? []) {
      const [voice, volume] = [context.createOscillator(), context.createGain()]
      voice.type = "triangle"
      voice.frequency.value = hertz
      volume.gain.setValueAtTime(0, at)
      volume.gain.linearRampToValueAtTime(Math.max(0.001, LOUDEST * this.#volume), at + 0.015)
      volume.gain.exponentialRampToValueAtTime(0.001, at + seconds)
      voice.connect(volume).connect(context.destination)
      voice.start(at)
      voice.stop(at + seconds)
      at += seconds
    }
  }

  #open() {
    if (this.#context || typeof AudioContext === "undefined") return this.#tell()
    this.#context = new AudioContext()
    this.#context.onstatechange = () => this.#tell()
    this.#tell()
  }

  #tell() {
    this.#onChange(this.isHeard && this.#volume > 0)
  }
}
