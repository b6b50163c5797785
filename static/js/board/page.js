// @ts-check
/** What the connection needs of the page and its browser; tests bring their own. */

import { parseArticles } from "./frames.js"

/** @typedef {import("./reducer.js").Board} Board */
/** @typedef {import("./link.js").Link} Link */
/** @typedef {{ put: string[], gone: string[], reset: boolean }} Change ids; `reset`: every card is drawn again */
/**
 * @typedef {object} LiveOptions
 * @property {string} view `station-grill`, `screen-hot-line`, `expo`, `floor`, `items`
 * @property {string} epoch
 * @property {number} seq 0: nothing yet
 * @property {string} build
 * @property {number} [nowMs] server time at which the page was drawn
 * @property {ReadonlyMap<string, import("./frames.js").Article>} [cards] what the page was drawn with
 * @property {(board: Board, change: Change) => void} [onBoard] after each frame that changed something
 * @property {(link: Link) => void} [onLink] each time what may be said about the connection changes
 * @property {(build: string) => void} [onBuild] the server runs another build: see reloadOnce in build.js
 * @property {(sum: number) => boolean | null} [onBeat] whether the page shows what this sum says; null: cannot say now
 * @property {(times: number) => void} [onMismatch]
 * @property {Env} [env] for tests; the browser otherwise
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
 * What the server drew into the page: everything `connect` needs to know about `root`.
 * @param {HTMLElement} root the element with `data-view`
 * @param {ParentNode} [where] where its articles are, all-day among them
 */
export function pageBoard(root, where = document) {
  const { view = "", epoch = "", seq = "0", build = "", nowMs = "0" } = root.dataset
  /** @type {Map<string, import("./frames.js").Article>} */
  const cards = new Map()
  for (const article of where.querySelectorAll("article[id][data-seq]")) {
    for (const card of parseArticles(article.outerHTML)) cards.set(card.id, card)
  }
  return { view, epoch, seq: Number(seq), build, nowMs: Number(nowMs), cards }
}

/** @returns {Env} */
export function browser() {
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
