// A browser as the connection sees it, with a clock that only tests move.

/** Time, timers and sockets in one hand. */
export class FakeBrowser {
  now = 0
  online = true
  /** @type {{ at: number, run: () => void, id: number }[]} */ #timers = []
  #lastId = 0
  /** @type {FakeSocket[]} every socket ever dialled, oldest first */ sockets = []
  /** @type {string[]} snapshots asked for */ asked = []
  /** @type {(address: string) => { status?: number, headers?: Record<string, string>, body?: string } | null} */
  answer = () => null
  /** @type {((fromCache: boolean) => void)[]} */ #returns = []

  env() {
    return {
      dial: (address) => {
        const socket = new FakeSocket(address)
        this.sockets.push(socket)
        return socket
      },
      fetch: async (address) => {
        this.asked.push(String(address))
        const answer = this.answer(String(address))
        if (answer === null) throw new TypeError("no network")
        const { status = 200, headers = {}, body = "" } = answer
        return { status, headers: new Headers(headers), text: async () => body }
      },
      setTimeout: (run, ms) => {
        this.#lastId += 1
        this.#timers.push({ at: this.now + ms, run, id: this.#lastId })
        return this.#lastId
      },
      clearTimeout: (id) => {
        this.#timers = this.#timers.filter((timer) => timer.id !== id)
      },
      monotonicMs: () => this.now,
      random: () => 0.5,
      isOnline: () => this.online,
      onReturn: (back) => this.#returns.push(back),
    }
  }

  get socket() {
    return this.sockets.at(-1)
  }

  comeBack(fromCache = false) {
    for (const back of this.#returns) back(fromCache)
  }

  /** Lets time pass, timer by timer. */
  async pass(ms) {
    const until = this.now + ms
    for (;;) {
      await settle()
      this.#timers.sort((a, b) => a.at - b.at || a.id - b.id)
      const next = this.#timers[0]
      if (!next || next.at > until) break
      this.#timers.shift()
      this.now = Math.max(this.now, next.at)
      next.run()
    }
    this.now = until
    await settle()
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

export class FakeSocket {
  readyState = 1
  onmessage = null
  onclose = null
  sent = []

  constructor(address) {
    this.address = address
  }

  send(text) {
    this.sent.push(JSON.parse(text))
  }

  close() {
    this.readyState = 3
  }

  /** The server says something. */
  say(header, articles = []) {
    const body = articles.length > 0 ? `\n${articles.join("\n")}` : ""
    this.onmessage?.({ data: JSON.stringify(header) + body })
  }

  /** The server, or the network, hangs up. */
  hangUp(code) {
    this.readyState = 3
    this.onclose?.({ code })
  }
}

/** @param {string} id @param {number} seq */
export function article(id, seq, words = "") {
  return `<article id="${id}" data-seq="${seq}">${words}</article>`
}
