// @ts-check
/**
 * A wire between page and server that can be broken the ways real ones break. A browser's own "offline" does not cut
 * an open WebSocket, so tests that lose the network go through here.
 *
 * `pass`: bytes flow. `black`: silence in both directions, new connections hang; what was in flight arrives later.
 * `cut`: every connection is destroyed, new ones at once. Beside that, answers can be lost and frames held back.
 */

import net from "node:net"

/** @typedef {"pass" | "black" | "cut"} Mode */

export class Proxy {
  /** @type {Mode} */ #mode = "pass"
  /** @type {Set<Wire>} */ #wires = new Set()
  /** @type {string | null} requests that begin so are delivered, and their answers lost */ #lost = null
  #framesHeld = false
  #server
  #upstream
  answersLost = 0

  /** @param {number} upstream port of the server */
  constructor(upstream) {
    this.#upstream = upstream
    this.#server = net.createServer({ pauseOnConnect: true }, (page) => {
      const wire = new Wire(page, this.#upstream, this)
      this.#wires.add(wire)
      page.once("close", () => this.#wires.delete(wire))
      if (this.#mode === "cut") wire.destroy()
      if (this.#mode === "pass") wire.open()
    })
  }

  /** @returns {Promise<void>} */
  listen() {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject)
      this.#server.listen(0, "127.0.0.1", resolve)
    })
  }

  get url() {
    const address = this.#server.address()
    if (address === null || typeof address === "string") throw new Error("the proxy does not listen")
    return `http://localhost:${address.port}`
  }

  /** New connections lead to another process; the old ones stay where they are. @param {number} upstream its port */
  moveTo(upstream) {
    this.#upstream = upstream
  }

  /** @param {Mode} mode */
  set(mode) {
    this.#mode = mode
    for (const wire of this.#wires) {
      if (mode === "cut") wire.destroy()
      else if (mode === "black") wire.silence()
      else wire.open()
    }
  }

  /** Answers to requests with that first line never arrive: the connection is cut instead. @param {string | null} line */
  loseAnswersTo(line) {
    this.#lost = line
  }

  /** WebSockets are silent towards the page; HTTP flows. @param {boolean} held */
  holdFrames(held) {
    this.#framesHeld = held
    if (!held) for (const wire of this.#wires) wire.deliverFrames()
  }

  get lost() {
    return this.#lost
  }

  get framesHeld() {
    return this.#framesHeld
  }

  async close() {
    for (const wire of this.#wires) wire.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

class Wire {
  #page
  #upstream
  #proxy
  /** @type {net.Socket | null} */ #server = null
  #isWebSocket = false
  #losesAnswer = false
  /** @type {Buffer[]} */ #held = []

  /** @param {net.Socket} page @param {number} upstream @param {Proxy} proxy */
  constructor(page, upstream, proxy) {
    this.#page = page
    this.#upstream = upstream
    this.#proxy = proxy
    page.on("error", () => this.destroy())
    page.on("close", () => this.#server?.destroy())
    page.on("data", (bytes) => this.#asked(bytes))
  }

  open() {
    if (this.#page.destroyed) return
    const server = (this.#server ??= this.#dial())
    this.#page.resume()
    server.resume()
  }

  silence() {
    this.#page.pause()
    this.#server?.pause()
  }

  destroy() {
    this.#page.destroy()
    this.#server?.destroy()
  }

  deliverFrames() {
    for (const bytes of this.#held.splice(0)) this.#page.write(bytes)
  }

  #dial() {
    const server = net.connect(this.#upstream, "127.0.0.1")
    server.on("error", () => this.destroy())
    server.on("close", () => this.#page.destroy())
    server.on("data", (bytes) => this.#answered(bytes))
    return server
  }

  /** @param {Buffer} bytes */
  #asked(bytes) {
    const start = bytes.subarray(0, 2_000).toString("latin1")
    if (/^upgrade: *websocket/im.test(start)) this.#isWebSocket = true
    const { lost } = this.#proxy
    if (lost !== null && start.startsWith(lost)) this.#losesAnswer = true
    this.#server?.write(bytes)
  }

  /** @param {Buffer} bytes */
  #answered(bytes) {
    if (this.#losesAnswer) {
      this.#proxy.answersLost += 1
      return this.destroy()
    }
    const isUpgrade = bytes.subarray(0, 12).toString("latin1") === "HTTP/1.1 101"
    if (this.#isWebSocket && this.#proxy.framesHeld && !isUpgrade) this.#held.push(bytes)
    else this.#page.write(bytes)
  }
}
