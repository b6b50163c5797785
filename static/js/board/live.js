// @ts-check
/**
 * A page's connection to the live board. It owns when to connect, when to ask again and whether the page may
 * call itself live; what a board holds is the reducer's business, what it looks like is the page's.
 *
 * ```js
 * const root = document.getElementById("board")      // carries data-view, -epoch, -seq, -build, -now-ms
 * const live = connect({ ...pageBoard(root), onBoard, onLink })   // see LiveOptions in page.js
 * live.board()      // { epoch, seq, cards: Map(id -> { id, seq, html, ... }) }: see reducer.js
 * live.link()       // { state, via, words, why, since, canAct, alarm }: see link.js
 * ```
 *
 * A page that shows no cards of its own (the check page watching its table's tile) passes no `cards` and
 * `seq: 0`: it gets everything once, then each change. A page that shows some of a view's cards in its own way
 * (86'd items on the order page) reads `board.cards` and `change` and paints what it likes.
 */

import { Asker } from "./asker.js"
import { createClock } from "./clock.js"
import { parseFrame } from "./frames.js"
import { Lines } from "./lines.js"
import { isSameLink } from "./link.js"
import { browser } from "./page.js"
import { applyBeat, applyCards, applyHello } from "./reducer.js"
import { askSnapshot } from "./snapshot.js"
import { Witness } from "./witness.js"

const WATCH_EVERY_MS = 500
const POLL_EVERY_MS = 3_000
const BEATS_A_HERE = 3
const RESET_FOLLOWS_MAX_MS = 3_000
const HELLO_AFTER_ATTACH_MAX_MS = 5_000
const UPGRADES_REFUSED_UNTIL_POLLING = 2

/** @typedef {import("./page.js").Change} Change */
/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("./reducer.js").Board} Board */
/** @typedef {import("./frames.js").Hello} Hello */
/** @typedef {import("./frames.js").Cards} Cards */
/** @typedef {import("./frames.js").Beat} Beat */
/** @typedef {import("./lines.js").Line} Line */
/** @typedef {import("./page.js").LiveOptions} LiveOptions */
/** @typedef {import("./page.js").Env} Env */

/**
 * @param {LiveOptions} options
 */
export function connect(options) {
  const live = new Live(options)
  live.start()
  return live
}

class Live {
  /** @type {LiveOptions} */ #options
  /** @type {Env} */ #env
  /** @type {Board} */ #board
  #clock
  #witness
  #lines
  #asker
  #upgradesRefused = 0
  /** @type {"signed-out" | "not-here" | null} */ #ended = null
  /** @type {string | null} the epoch a reset leads to */ #resetTo = null
  /** @type {string | null} */ #etag = null
  #beatMs = 5_000
  /** @type {Link} */ #link

  /** @param {LiveOptions} options */
  constructor(options) {
    this.#options = options
    this.#env = options.env ?? browser()
    this.#board = { epoch: options.epoch || null, seq: options.seq, cards: options.cards ?? new Map() }
    this.#clock = createClock(this.#env.monotonicMs)
    if (options.nowMs) this.#clock.sample(options.nowMs)
    this.#witness = new Witness(this.#env, this.#clock)
    this.#lines = new Lines({
      where: () => this.#where(),
      onMessage: (line, text) => this.#heard(line, text),
      onLost: (line, code) => this.#lost(line, code),
      env: this.#env,
    })
    this.#asker = new Asker({
      fetch: (since) => this.#fetch(since),
      onAnswer: (answer) => this.#answered(answer),
      mustSucceed: () => this.#lines.main?.helloAt != null || this.#resetTo !== null,
      env: this.#env,
    })
    this.#link = this.#describe()
  }

  start() {
    this.#env.onReturn((fromCache) => this.#cameBack(fromCache))
    this.#options.onLink?.(this.#link)
    this.#lines.dial()
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
    return this.#describe()
  }

  /** @returns {number} milliseconds since 1970 by the server's clock */
  now() {
    return this.#clock.now()
  }

  /**
   * @param {object} message
   * @returns {boolean} whether it went out
   */
  send(message) {
    return this.#lines.send(message)
  }

  /** Asks the snapshot at once: after a command of one's own while not live. */
  refresh() {
    this.#asker.ask(this.#board.seq)
  }

  close() {
    this.#end("not-here")
  }

  // --- sockets ------------------------------------------------------------------------------------------

  #where() {
    const { epoch, seq } = this.#board
    const query = new URLSearchParams({ epoch: epoch ?? "", since: String(seq), build: this.#options.build })
    return { address: `/board/${encodeURIComponent(this.#options.view)}/live?${query}`, since: seq }
  }

  /**
   * @param {Line} line
   * @param {number} code
   */
  #lost(line, code) {
    if (code === 4401 || code === 4403) return this.#end("signed-out")
    if (line.helloAt === null) return void this.#upgradeFailed()
    this.#lines.dialLater({ code })
  }

  /** A refusal before the upgrade looks like a dead network: the snapshot's status says which it was. */
  async #upgradeFailed() {
    this.#upgradesRefused += 1
    const answer = await this.#asker.ask(this.#board.seq)
    if (this.#ended || this.#lines.main) return
    const reached = answer?.kind === "cards" || answer?.kind === "same"
    if (reached && this.#upgradesRefused >= UPGRADES_REFUSED_UNTIL_POLLING) this.#lines.isPolling = true
    this.#lines.dialLater(answer?.kind === "later" ? { retryAfterMs: answer.retryAfterMs } : {})
  }

  /** @param {"signed-out" | "not-here"} why */
  #end(why) {
    this.#ended = why
    this.#asker.stop()
    this.#lines.end()
    this.#tell()
  }

  // --- frames -------------------------------------------------------------------------------------------

  /**
   * @param {Line} line
   * @param {string} text
   */
  #heard(line, text) {
    /** @type {import("./frames.js").Message} */
    let frame
    try {
      frame = parseFrame(text)
    } catch (error) {
      console.warn("a message that breaks the bargain; connecting anew", error)
      return this.#lines.giveUp(line)
    }
    this.#witness.heard()
    if ("now_ms" in frame && frame.now_ms) this.#clock.sample(frame.now_ms)
    this.#act(line, frame)
    this.#tell()
  }

  /**
   * @param {Line} line
   * @param {import("./frames.js").Message} frame
   */
  #act(line, frame) {
    const isDeaf = this.#resetTo !== null || line.attachedAt !== null
    switch (frame.t) {
      case "hello":
        return this.#onHello(line, frame)
      case "cards":
        return isDeaf ? undefined : this.#onCards(frame)
      case "beat":
        return isDeaf ? undefined : this.#onBeat(line, frame)
      case "reset":
        this.#resetTo = frame.epoch ?? ""
        return void this.#env.setTimeout(() => this.#asker.ask(0), this.#env.random() * frame.within_ms)
      case "drain":
        return void this.#env.setTimeout(() => this.#lines.dial(true), this.#env.random() * 0.8 * frame.within_ms)
    }
  }

  /**
   * @param {Line} line
   * @param {Hello & { checked_ms?: number }} frame
   */
  #onHello(line, frame) {
    this.#lines.greeted(line)
    this.#beatMs = frame.beat_ms ?? this.#beatMs
    this.#witness.met()
    this.#upgradesRefused = 0
    if (frame.build && frame.build !== this.#options.build) this.#options.onBuild?.(frame.build)
    // A snapshot came while this line was being dialled: its cursor counts from where we no longer stand.
    if (line.since !== this.#board.seq) return this.#attach(line)
    if (applyHello(this.#board, frame) === "reset") return this.#awaitReset(line)
    if (frame.seq === this.#board.seq && frame.checked_ms !== undefined) this.#witness.proved(frame.checked_ms)
    else if (!this.#witness.isFresh()) this.#asker.ask(this.#board.seq)
  }

  /**
   * The server follows a strange hello with a reset; should it not, we ask for everything ourselves.
   * @param {Line} line
   */
  #awaitReset(line) {
    this.#env.setTimeout(() => {
      if (line === this.#lines.main && this.#resetTo === null && line.attachedAt === null) this.#asker.ask(0)
    }, RESET_FOLLOWS_MAX_MS)
  }

  /**
   * Moves the server's cursor to where we stand; what it sent before the next hello was counted from elsewhere.
   * @param {Line} line
   */
  #attach(line) {
    const { epoch, seq } = this.#board
    line.since = seq
    line.attachedAt = this.#env.monotonicMs()
    this.send({ t: "attach", epoch: epoch ?? "", since: seq })
  }

  /** @param {Cards & { checked_ms?: number }} frame */
  #onCards(frame) {
    const step = applyCards(this.#board, frame)
    if (step === "resync") return void this.#asker.ask(this.#board.seq)
    if (step === "resync-from-0") return void this.#asker.ask(0)
    if (frame.seq >= step.board.seq) this.#witness.proved(frame.checked_ms ?? 0)
    this.#take(step, false)
  }

  /**
   * @param {Line} line
   * @param {Beat} frame
   */
  #onBeat(line, frame) {
    line.beats += 1
    if (line.beats % BEATS_A_HERE === 0) this.send({ t: "here" })
    const { onBeat } = this.#options
    const step = applyBeat(this.#board, frame, { check: !onBeat })
    if (step === "resync") return void this.#asker.ask(this.#board.seq)
    if (frame.seq < this.#board.seq) return // a beat of an older state proves nothing
    if (step === "mismatch") return this.#mismatched()
    this.#witness.proved(frame.checked_ms ?? 0)
    this.#take(step, false)
    const same = onBeat && frame.sum !== undefined ? onBeat(frame.sum) : true
    if (same === false) this.#mismatched()
    else if (same === true) this.#witness.agreed()
  }

  #mismatched() {
    const times = this.#witness.differed()
    console.warn("this screen shows other cards than the server holds; asking for all", times)
    this.#options.onMismatch?.(times)
    this.#asker.ask(0)
  }

  /**
   * @param {import("./reducer.js").Step} step
   * @param {boolean} reset every card is drawn again
   */
  #take({ board, put, gone }, reset) {
    if (board === this.#board) return
    this.#board = board
    this.#options.onBoard?.(board, { put, gone, reset })
  }

  // --- snapshots ----------------------------------------------------------------------------------------

  /**
   * @param {number} since 0: everything
   */
  async #fetch(since) {
    const epoch = this.#resetTo || this.#board.epoch || ""
    const etag = since > 0 && this.#lines.isPolling ? this.#etag : null
    return askSnapshot({ view: this.#options.view, since, epoch, etag }, this.#env)
  }

  /** @param {import("./snapshot.js").Answer} answer */
  #answered(answer) {
    switch (answer.kind) {
      case "cards":
        this.#etag = answer.etag
        this.#takeSnapshot(answer.frame, answer.proof)
        break
      case "same":
        this.#heardProof(answer.proof)
        break
      case "signed-out":
      case "not-here":
        this.#end(answer.kind)
        break
    }
    this.#tell()
  }

  /**
   * @param {Cards} frame
   * @param {import("./snapshot.js").Proof} proof
   */
  #takeSnapshot(frame, proof) {
    const epoch = proof.epoch ?? this.#board.epoch
    const other = epoch !== this.#board.epoch || this.#resetTo !== null
    if (other && frame.from !== 0) return this.#asker.owe(0)
    // An answer that a frame has overtaken: older than what stands here, so not for us.
    if (!other && frame.seq < this.#board.seq) return
    const step = applyCards(this.#board, { ...frame, epoch: epoch ?? undefined })
    if (typeof step === "string") return this.#asker.owe(0)
    this.#resetTo = null
    this.#heardProof(proof)
    this.#take(step, frame.from === 0)
    const line = this.#lines.main
    if (line && line.helloAt !== null) this.#attach(line)
  }

  // --- proof --------------------------------------------------------------------------------------------

  /** @param {import("./snapshot.js").Proof} proof */
  #heardProof(proof) {
    this.#witness.met()
    if (proof.nowMs) this.#clock.sample(proof.nowMs)
    if (proof.build && proof.build !== this.#options.build) this.#options.onBuild?.(proof.build)
    this.#witness.proved(proof.checkedMs)
  }

  /** Twice a second: is the socket mute, is a poll due, what may be said? */
  #watch() {
    const at = this.#env.monotonicMs()
    const line = this.#lines.main
    if (line && this.#witness.isMute(line.openedAt)) {
      this.#lines.drop(line)
      if (line.helloAt !== null) this.#lines.dialLater()
      else this.#upgradeFailed()
    }
    if (line?.attachedAt != null && at - line.attachedAt > HELLO_AFTER_ATTACH_MAX_MS) {
      this.#lines.giveUp(line)
    }
    if (this.#lines.isPolling && at - this.#asker.askedAt >= POLL_EVERY_MS) this.#asker.ask(this.#board.seq)
    this.#tell()
  }

  /**
   * Network, tab or page came back: nothing said before counts until it is proved again.
   * @param {boolean} fromCache the page stood in the back/forward cache
   */
  #cameBack(fromCache) {
    if (this.#ended) return
    const line = this.#lines.main
    const fresh = this.#witness.silentMs() <= this.#beatMs + 2_000
    if (!fromCache && fresh && line && line.helloAt !== null && line.socket.readyState === 1) return
    this.#lines.dialAfresh()
    this.#asker.ask(this.#board.seq)
    this.#tell()
  }

  #tell() {
    const link = this.#describe()
    if (isSameLink(link, this.#link)) return
    this.#link = link
    this.#options.onLink?.(link)
  }

  #describe() {
    return this.#witness.describe({
      hasSocket: this.#lines.main?.helloAt != null,
      isPolling: this.#lines.isPolling,
      ended: this.#ended,
    })
  }
}
