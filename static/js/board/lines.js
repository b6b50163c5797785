// @ts-check
/**
 * The page's sockets: the one that frames come from, its successor during a drain, and when to dial the next one.
 * What is said on them is somebody else's business.
 */

import { backoffMs } from "./backoff.js"

const RETRY_WHILE_POLLING_MS = 30_000
const PROVED_AFTER_MS = 10_000
const SUCCESSOR_AGAIN_MS = 500

/**
 * @typedef {object} Line one socket
 * @property {WebSocket} socket
 * @property {number} openedAt
 * @property {number} since where the server's cursor was put: what arrives is good only while we stand where it counts from
 * @property {number | null} helloAt
 * @property {number | null} attachedAt asked to move the cursor; nothing counts until the hello
 * @property {number} beats
 */

/**
 * @typedef {object} Parts
 * @property {() => { address: string, since: number }} where the next line leads, and where we stand as it is dialled
 * @property {(line: Line, text: string) => void} onMessage
 * @property {(line: Line, code: number) => void} onLost the line that frames came from closed by itself
 * @property {import("./page.js").Env} env
 */

export class Lines {
  /** @type {Line | null} the one that frames come from */ main = null
  /** The snapshot is polled: a socket is tried now and then. */
  isPolling = false
  #parts
  /** @type {Line | null} */ #spare = null
  /** @type {any} */ #timer = null
  #attempt = 0
  #isEnded = false

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts
  }

  /** @param {boolean} [asSpare] beside the present line, to follow it */
  dial(asSpare = false) {
    if (this.#isEnded) return
    const { env, where, onMessage } = this.#parts
    env.clearTimeout(this.#timer)
    const { address, since } = where()
    /** @type {WebSocket} */
    let socket
    try {
      socket = env.dial(address)
    } catch {
      return this.dialLater({ code: 1006 })
    }
    /** @type {Line} */
    const line = { socket, openedAt: env.monotonicMs(), since, helloAt: null, attachedAt: null, beats: 0 }
    if (asSpare) this.#spare = line
    else this.main = line
    socket.onmessage = (event) => onMessage(line, String(event.data))
    socket.onclose = (event) => this.#closed(line, event.code)
  }

  /** @param {{ code?: number, retryAfterMs?: number }} [why] */
  dialLater(why = {}) {
    const { env } = this.#parts
    env.clearTimeout(this.#timer)
    const ms = this.isPolling ? RETRY_WHILE_POLLING_MS : backoffMs(this.#attempt, why, env.random)
    this.#attempt += 1
    this.#timer = env.setTimeout(() => this.dial(), ms)
  }

  /** Dials at once, and as if for the first time. */
  dialAfresh() {
    this.drop(this.main)
    this.#attempt = 0
    this.dial()
  }

  /** The server greets on this line: if it is the successor, it is the one from now on. @param {Line} line */
  greeted(line) {
    if (line === this.#spare) {
      this.#spare = null
      this.drop(this.main)
      this.main = line
    }
    this.#parts.env.clearTimeout(this.#timer) // the one before may have broken meanwhile: it needs no other successor
    line.helloAt ??= this.#parts.env.monotonicMs()
    line.attachedAt = null
    this.isPolling = false
  }

  /**
   * @param {object} message
   * @returns {boolean} whether it went out
   */
  send(message) {
    const line = this.main
    if (!line || line.helloAt === null || line.socket.readyState !== 1) return false
    line.socket.send(JSON.stringify(message))
    return true
  }

  /** No word of it is heard any more. @param {Line | null} line */
  drop(line) {
    if (!line) return
    line.socket.onmessage = null
    line.socket.onclose = null
    line.socket.close()
    if (line === this.main) this.main = null
    if (line === this.#spare) this.#spare = null
  }

  /** It is of no more use: another follows. @param {Line} line */
  giveUp(line) {
    this.drop(line)
    this.dialLater()
  }

  end() {
    this.#isEnded = true
    this.#parts.env.clearTimeout(this.#timer)
    this.drop(this.main)
    this.drop(this.#spare)
  }

  /**
   * @param {Line} line
   * @param {number} code
   */
  #closed(line, code) {
    const { env, onLost } = this.#parts
    if (line === this.#spare) {
      // The process that leaves may have answered itself: once more, for as long as it still carries us.
      this.#spare = null
      env.setTimeout(() => this.main && !this.#spare && this.dial(true), SUCCESSOR_AGAIN_MS * (0.5 + env.random()))
    }
    if (line !== this.main) return
    this.main = null
    if (line.helloAt !== null && env.monotonicMs() - line.helloAt >= PROVED_AFTER_MS) this.#attempt = 0
    onLost(line, code)
  }
}
