// @ts-check
/**
 * A page's connection to the live board. It owns when to connect, when to ask again and whether the page may
 * call itself live; what a board holds is the reducer's business, what it looks like is the page's.
 *
 * ```js
 * import { connect, pageBoard } from "./board/live.js"
 *
 * const root = document.getElementById("board")      // carries data-view, -epoch, -seq, -build, -now-ms
 * const live = connect({
 *   ...pageBoard(root),                              // or view, epoch, seq, build, nowMs, cards by hand
 *   onBoard(board, change) {},                       // after each frame: change = { put, gone, reset }
 *   onLink(link) {},                                 // each time what may be said about the connection changes
 *   onBuild(build) {},                               // the server runs another build than this page
 * })
 * live.board()      // { epoch, seq, cards: Map(id -> { seq, html }) }
 * live.link()       // { state, via, words, since, canAct, alarm }
 * live.now()        // milliseconds since 1970 by the server's clock
 * live.send({ t: "ack", seq, but })                  // true if it went out
 * live.refresh()    // ask the snapshot at once: after a command of one's own while not live
 * live.close()
 * ```
 *
 * A page that shows no cards of its own (the check page watching its table's tile) passes no `cards` and
 * `seq: 0`: it gets everything once, then each change. A page that shows some of a view's cards in its own way
 * (86'd items on the order page) reads `board.cards` and `change` and paints what it likes.
 *
 * `link.state` is `connecting | live | amber | dead | signed-out | not-here`; `dead` is the NOT LIVE band.
 */

import { backoffMs } from "./backoff.js"
import { createClock, wallTime } from "./clock.js"
import { parseFrame } from "./frames.js"
import { cause, freshness, isAlarming } from "./proof.js"
import { applyBeat, applyCards } from "./reducer.js"
import { askSnapshot } from "./snapshot.js"

const WATCH_EVERY_MS = 500
const POLL_EVERY_MS = 3_000
const SOCKET_RETRY_WHILE_POLLING_MS = 30_000
const FRAME_SILENCE_MAX_MS = 12_000
const PROVED_AFTER_MS = 10_000
const BEATS_A_HERE = 3
const SECOND_MISMATCH_WITHIN_MS = 30_000
const UPGRADES_REFUSED_UNTIL_POLLING = 2

/** @typedef {{ seq: number, html: string }} BoardCard one article as it came */
/** @typedef {{ epoch: string, seq: number, cards: Map<string, BoardCard> }} Board */
/** @typedef {{ put: string[], gone: string[], reset: boolean }} Change ids */
/** @typedef {"connecting" | "live" | "amber" | "dead" | "signed-out" | "not-here"} LinkState */
/** @typedef {{ state: LinkState, via: "socket" | "poll" | "none", words: string, since: number, canAct: boolean, alarm: boolean }} Link */
/** @typedef {{ socket: WebSocket, openedAt: number, helloAt: number | null, beats: number }} Line one socket */
/**
 * @typedef {object} LiveOptions
 * @property {string} view `station-grill`, `expo`, `floor`, `items`
 * @property {string} epoch
 * @property {number} seq 0: nothing yet
 * @property {string} build
 * @property {number} [nowMs] server time at which the page was drawn
 * @property {Map<string, BoardCard>} [cards] what the page was drawn with
 * @property {(board: Board, change: Change) => void} [onBoard]
 * @property {(link: Link) => void} [onLink]
 * @property {(build: string) => void} [onBuild]
 * @property {(sum: number) => boolean | null} [onBeat] whether the page shows what this sum says; null: cannot say now
 * @property {(times: number) => void} [onMismatch]
 * @property {Partial<Env>} [env] for tests
 */
/**
 * @typedef {object} Env
 * @property {(address: string) => WebSocket} dial
 * @property {typeof fetch} fetch
 * @property {(run: () => void, ms: number) => any} setTimeout
 * @property {(id: any) => void} clearTimeout
 * @property {() => number} monotonicMs
 * @property {() => number} random
 * @property {() => boolean} isOnline
 * @property {(onReturn: (fromCache: boolean) => void) => void} onReturn network, tab or page came back
 */

/**
 * @param {LiveOptions} options
 */
export function connect(options) {
  const live = new Live(options)
  live.start()
  return live
}

/**
 * What the server drew into the page: everything `connect` needs to know about `root`.
 * @param {HTMLElement} root the element with `data-view`
 * @param {ParentNode} [where] where its articles are, all-day among them
 */
export function pageBoard(root, where = document) {
  const { view = "", epoch = "", seq = "0", build = "", nowMs = "0" } = root.dataset
  /** @type {Map<string, BoardCard>} */
  const cards = new Map()
  for (const article of where.querySelectorAll("article[id][data-seq]")) {
    cards.set(article.id, { seq: Number(article.getAttribute("data-seq")), html: article.outerHTML })
  }
  return { view, epoch, seq: Number(seq), build, nowMs: Number(nowMs), cards }
}

/** @returns {Env} */
function browser() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:"
  return {
    dial: (address) => new WebSocket(`${scheme}//${location.host}${address}`, ["board.v1"]),
    fetch: (input, init) => fetch(input, init),
    setTimeout: (run, ms) => window.setTimeout(run, ms),
    clearTimeout: (id) => window.clearTimeout(id),
    monotonicMs: () => performance.now(),
    random: Math.random,
    isOnline: () => navigator.onLine,
    onReturn(onReturn) {
      window.addEventListener("online", () => onReturn(false))
      window.addEventListener("pageshow", (event) => event.persisted && onReturn(true))
      document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && onReturn(false))
    },
  }
}

class Live {
  /** @type {LiveOptions} */ #options
  /** @type {Env} */ #env
  /** @type {Board} */ #board
  #clock
  /** @type {Line | null} the socket frames come from */ #line = null
  /** @type {Line | null} its successor, during a drain */ #spare = null
  /** @type {any} */ #dialTimer = null
  #attempt = 0
  #upgradesRefused = 0
  #everLive = false
  #polling = false
  /** @type {"signed-out" | "not-here" | null} */ #ended = null
  /** @type {number} monotonic: the last moment the database is known to have agreed */ #provedAt
  #frameAt = -Infinity
  #asking = false
  #askedAt = -Infinity
  /** @type {number | null} a snapshot is owed: from where */ #owed = null
  #asksFailed = 0
  /** @type {string | null} the epoch a reset leads to */ #resetTo = null
  /** @type {string | null} */ #etag = null
  #mismatches = 0
  #mismatchAt = -Infinity
  #doubted = false
  #beatMs = 5_000
  /** @type {Link} */ #link

  /** @param {LiveOptions} options */
  constructor(options) {
    this.#options = options
    this.#env = /** @type {Env} */ (typeof window === "undefined" ? { ...options.env } : { ...browser(), ...options.env })
    this.#board = { epoch: options.epoch, seq: options.seq, cards: options.cards ?? new Map() }
    this.#clock = createClock(this.#env.monotonicMs)
    if (options.nowMs) this.#clock.sample(options.nowMs)
    this.#provedAt = this.#env.monotonicMs()
    this.#link = this.#describe()
  }

  start() {
    this.#env.onReturn((fromCache) => this.#cameBack(fromCache))
    this.#options.onLink?.(this.#link)
    this.#dial()
    const watch = () => {
      this.#watch()
      if (!this.#ended) this.#env.setTimeout(watch, WATCH_EVERY_MS)
    }
    this.#env.setTimeout(watch, WATCH_EVERY_MS)
  }

  /** @returns {Board} */
  board() {
    return this.#board
  }

  /** @returns {Link} */
  link() {
    return this.#link
  }

  /** @returns {number} */
  now() {
    return this.#clock.now()
  }

  /**
   * @param {object} message
   * @returns {boolean} whether it went out
   */
  send(message) {
    const line = this.#line
    if (!line || line.helloAt === null || line.socket.readyState !== 1) return false
    line.socket.send(JSON.stringify(message))
    return true
  }

  /** Asks the snapshot at once. */
  refresh() {
    this.#ask(this.#board.seq)
  }

  close() {
    this.#end("not-here")
  }

  // --- sockets ------------------------------------------------------------------------------------------

  /** @param {boolean} [asSpare] beside the present socket, to follow it */
  #dial(asSpare = false) {
    if (this.#ended) return
    this.#env.clearTimeout(this.#dialTimer)
    const { epoch, seq } = this.#board
    const query = new URLSearchParams({ epoch, since: String(seq), build: this.#options.build })
    /** @type {WebSocket} */
    let socket
    try {
      socket = this.#env.dial(`/board/${encodeURIComponent(this.#options.view)}/live?${query}`)
    } catch {
      return this.#dialLater({ code: 1006 })
    }
    /** @type {Line} */
    const line = { socket, openedAt: this.#env.monotonicMs(), helloAt: null, beats: 0 }
    if (asSpare) this.#spare = line
    else this.#line = line
    socket.onmessage = (event) => this.#heard(line, String(event.data))
    socket.onclose = (event) => this.#closed(line, event.code)
  }

  /** @param {{ code?: number, retryAfterMs?: number }} [why] */
  #dialLater(why = {}) {
    this.#env.clearTimeout(this.#dialTimer)
    const ms = this.#polling ? SOCKET_RETRY_WHILE_POLLING_MS : backoffMs(this.#attempt, why, this.#env.random)
    this.#attempt += 1
    this.#dialTimer = this.#env.setTimeout(() => this.#dial(), ms)
  }

  /** @param {Line | null} line no word of it is heard any more */
  #drop(line) {
    if (!line) return
    line.socket.onmessage = null
    line.socket.onclose = null
    line.socket.close()
    if (line === this.#line) this.#line = null
    if (line === this.#spare) this.#spare = null
  }

  /**
   * @param {Line} line
   * @param {number} code
   */
  #closed(line, code) {
    if (line === this.#spare) this.#spare = null
    if (line !== this.#line) return
    this.#line = null
    if (code === 4401 || code === 4403) return this.#end("signed-out")
    if (line.helloAt === null) return void this.#upgradeFailed()
    if (this.#env.monotonicMs() - line.helloAt >= PROVED_AFTER_MS) this.#attempt = 0
    this.#dialLater({ code })
  }

  /** A refusal before the upgrade looks like a dead network: the snapshot's status says which it was. */
  async #upgradeFailed() {
    this.#upgradesRefused += 1
    const answer = await this.#ask(this.#board.seq)
    if (this.#ended || this.#line) return
    const reached = answer?.kind === "cards" || answer?.kind === "same"
    if (reached && this.#upgradesRefused >= UPGRADES_REFUSED_UNTIL_POLLING) this.#polling = true
    this.#dialLater(answer?.kind === "later" ? { retryAfterMs: answer.retryAfterMs } : {})
  }

  /** @param {"signed-out" | "not-here"} why */
  #end(why) {
    this.#ended = why
    this.#env.clearTimeout(this.#dialTimer)
    this.#drop(this.#line)
    this.#drop(this.#spare)
    this.#tell()
  }

  // --- frames -------------------------------------------------------------------------------------------

  /**
   * @param {Line} line
   * @param {string} text
   */
  #heard(line, text) {
    const frame = parseFrame(text)
    if (!frame) return console.warn("a frame that is none", text.slice(0, 80))
    this.#frameAt = this.#env.monotonicMs()
    if (frame.now_ms) this.#clock.sample(frame.now_ms)
    switch (frame.t) {
      case "hello":
        this.#onHello(line, frame)
        break
      case "cards":
        if (this.#resetTo === null) this.#onCards(frame)
        break
      case "beat":
        if (this.#resetTo === null) this.#onBeat(line, frame)
        break
      case "reset":
        this.#resetTo = frame.epoch
        this.#env.setTimeout(() => this.#ask(0), this.#env.random() * frame.within_ms)
        break
      case "drain":
        this.#env.setTimeout(() => this.#dial(true), this.#env.random() * 0.8 * frame.within_ms)
        break
    }
    this.#tell()
  }

  /**
   * @param {Line} line
   * @param {any} frame
   */
  #onHello(line, frame) {
    if (line === this.#spare) {
      this.#spare = null
      this.#drop(this.#line)
      this.#line = line
    }
    line.helloAt = this.#env.monotonicMs()
    this.#beatMs = frame.beat_ms ?? this.#beatMs
    this.#everLive = true
    this.#polling = false
    this.#upgradesRefused = 0
    if (frame.build && frame.build !== this.#options.build) this.#options.onBuild?.(frame.build)
    const strange = this.#board.epoch !== "" && (frame.epoch !== this.#board.epoch || frame.seq < this.#board.seq)
    // The server follows a strange hello with a reset; should it not, we ask for everything ourselves.
    if (strange) this.#env.setTimeout(() => line === this.#line && this.#isStrange(frame) && this.#ask(0), 3_000)
    else if (frame.seq === this.#board.seq && frame.checked_ms !== undefined) this.#proved(frame.checked_ms)
    else if (freshness(this.#silentMs()) !== "live") this.#ask(this.#board.seq)
  }

  /** @param {any} hello */
  #isStrange(hello) {
    return this.#resetTo === null && (hello.epoch !== this.#board.epoch || hello.seq < this.#board.seq)
  }

  /** @param {any} frame */
  #onCards(frame) {
    const next = applyCards(this.#board, frame)
    if (next === "resync") return void this.#ask(frame.all ? 0 : this.#board.seq)
    if (frame.seq >= next.seq) this.#proved(frame.checked_ms ?? 0)
    if (next !== this.#board) this.#take(next, false)
  }

  /**
   * @param {Line} line
   * @param {any} frame
   */
  #onBeat(line, frame) {
    line.beats += 1
    if (line.beats % BEATS_A_HERE === 0) this.send({ t: "here" })
    const next = applyBeat(this.#board, frame)
    if (next === "resync") return void this.#ask(this.#board.seq)
    this.#proved(frame.checked_ms)
    if (next !== this.#board) this.#take(next, false)
    if (frame.sum !== undefined) this.#compare(frame.sum)
  }

  /** @param {number} sum of the view's articles on the server */
  #compare(sum) {
    const same = this.#options.onBeat?.(sum) ?? null
    if (same === null) return
    if (same) {
      this.#doubted = false
      return
    }
    const at = this.#env.monotonicMs()
    this.#doubted = at - this.#mismatchAt < SECOND_MISMATCH_WITHIN_MS
    this.#mismatchAt = at
    this.#mismatches += 1
    console.warn("this screen shows other cards than the server holds; asking for all", this.#mismatches)
    this.#options.onMismatch?.(this.#mismatches)
    this.#ask(0)
  }

  /**
   * @param {Board} next
   * @param {boolean} reset every card is drawn again
   */
  #take(next, reset) {
    const before = this.#board.cards
    const put = [...next.cards].filter(([id, card]) => reset || !isSame(before.get(id), card)).map(([id]) => id)
    const gone = [...before.keys()].filter((id) => !next.cards.has(id))
    this.#board = next
    this.#options.onBoard?.(next, { put, gone, reset })
  }

  // --- snapshots ----------------------------------------------------------------------------------------

  /**
   * One at a time; what is asked meanwhile is asked afterwards.
   * @param {number} since 0: everything
   * @returns {Promise<import("./snapshot.js").Answer | undefined>}
   */
  async #ask(since) {
    if (this.#ended) return undefined
    if (this.#asking) {
      this.#owed = this.#owed === null ? since : Math.min(this.#owed, since)
      return undefined
    }
    this.#asking = true
    this.#askedAt = this.#env.monotonicMs()
    const epoch = this.#resetTo ?? this.#board.epoch
    const etag = since > 0 && this.#polling ? this.#etag : null
    const answer = await askSnapshot({ view: this.#options.view, since, epoch, etag }, this.#env)
    this.#asking = false
    if (this.#ended) return answer
    this.#answered(answer, since)
    this.#tell()
    this.#askWhatIsOwed()
    return answer
  }

  /**
   * @param {import("./snapshot.js").Answer} answer
   * @param {number} since what was asked
   */
  #answered(answer, since) {
    switch (answer.kind) {
      case "cards":
        this.#asksFailed = 0
        this.#etag = answer.etag
        this.#takeSnapshot(answer.frame, answer.proof)
        break
      case "same":
        this.#asksFailed = 0
        this.#heardProof(answer.proof)
        break
      case "signed-out":
      case "not-here":
        this.#end(answer.kind)
        break
      default:
        this.#asksFailed += 1
        // With a socket nobody else would ask again.
        if (this.#line?.helloAt != null || this.#resetTo !== null) this.#owed = Math.min(this.#owed ?? since, since)
    }
  }

  /**
   * @param {any} frame
   * @param {import("./snapshot.js").Proof} proof
   */
  #takeSnapshot(frame, proof) {
    const { epoch = this.#board.epoch } = proof
    const other = epoch !== this.#board.epoch || this.#resetTo !== null
    if (other && frame.from !== 0) return void (this.#owed = 0)
    // An answer that a socket's frame has overtaken: older than what stands here, so not for us.
    if (!other && frame.seq < this.#board.seq) return
    const next = applyCards(other ? { epoch, seq: 0, cards: new Map() } : this.#board, frame)
    if (next === "resync") return void (this.#owed = 0)
    this.#heardProof(proof)
    if (next !== this.#board) this.#take(next, frame.from === 0)
    if (this.#resetTo === null) return
    this.#resetTo = null
    this.send({ t: "attach", epoch, since: next.seq })
  }

  #askWhatIsOwed() {
    if (this.#owed === null || this.#ended) return
    const since = this.#owed
    this.#owed = null
    const ms = this.#asksFailed === 0 ? 0 : backoffMs(this.#asksFailed, {}, this.#env.random)
    this.#env.setTimeout(() => this.#ask(since), ms)
  }

  // --- proof --------------------------------------------------------------------------------------------

  /** @param {import("./snapshot.js").Proof} proof */
  #heardProof(proof) {
    this.#everLive = true
    if (proof.nowMs) this.#clock.sample(proof.nowMs)
    if (proof.build && proof.build !== this.#options.build) this.#options.onBuild?.(proof.build)
    this.#proved(proof.checkedMs)
  }

  /** @param {number} checkedMs how long ago the server had asked its database */
  #proved(checkedMs) {
    this.#provedAt = Math.max(this.#provedAt, this.#env.monotonicMs() - checkedMs)
  }

  #silentMs() {
    return this.#env.monotonicMs() - this.#provedAt
  }

  /** Twice a second: is the socket mute, is a poll due, what may be said? */
  #watch() {
    const at = this.#env.monotonicMs()
    const line = this.#line
    if (line && at - Math.max(line.openedAt, this.#frameAt) > FRAME_SILENCE_MAX_MS) {
      const helloed = line.helloAt !== null
      this.#drop(line)
      if (helloed) this.#dialLater()
      else this.#upgradeFailed()
    }
    if (this.#polling && at - this.#askedAt >= POLL_EVERY_MS) this.#ask(this.#board.seq)
    this.#tell()
  }

  /**
   * Network, tab or page came back: nothing said before counts until it is proved again.
   * @param {boolean} fromCache the page stood in the back/forward cache
   */
  #cameBack(fromCache) {
    if (this.#ended) return
    const line = this.#line
    const fresh = this.#silentMs() <= this.#beatMs + 2_000
    if (!fromCache && fresh && line && line.helloAt !== null && line.socket.readyState === 1) return
    this.#drop(line)
    this.#attempt = 0
    this.#dial()
    this.#ask(this.#board.seq)
    this.#tell()
  }

  #tell() {
    const link = this.#describe()
    const { state, via, words, alarm } = this.#link
    if (link.state === state && link.via === via && link.words === words && link.alarm === alarm) return
    this.#link = link
    this.#options.onLink?.(link)
  }

  /** @returns {Link} */
  #describe() {
    const silentMs = this.#silentMs()
    const since = this.#clock.now() - silentMs
    const via = this.#line?.helloAt != null ? "socket" : this.#polling ? "poll" : "none"
    if (this.#ended) {
      const words = this.#ended === "signed-out" ? "Signed out. Sign in again." : "This board is not for this screen."
      return { state: this.#ended, via: "none", words, since, canAct: false, alarm: false }
    }
    const fresh = this.#doubted ? "dead" : freshness(silentMs)
    const state = fresh === "live" && !this.#everLive ? "connecting" : fresh
    const alarm = state === "dead" && isAlarming(silentMs)
    return { state, via, words: this.#words(state, via, since), since, canAct: state !== "dead", alarm }
  }

  /**
   * @param {LinkState} state
   * @param {string} via
   * @param {number} since
   */
  #words(state, via, since) {
    switch (state) {
      case "live":
        return via === "poll" ? "Live, asking every 3 s" : "Live"
      case "connecting":
        return "Connecting"
      case "amber":
        return "Checking the connection"
      default: {
        const framesArrive = this.#env.monotonicMs() - this.#frameAt < FRAME_SILENCE_MAX_MS
        const why = this.#doubted
          ? "This screen shows other cards than the server holds."
          : cause({ online: this.#env.isOnline(), framesArrive })
        return `Not live since ${wallTime(since)}. ${why}`
      }
    }
  }
}

/**
 * @param {BoardCard | undefined} before
 * @param {BoardCard} card
 */
function isSame(before, card) {
  return before !== undefined && before.seq === card.seq && before.html === card.html
}
