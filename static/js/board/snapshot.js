// @ts-check
/**
 * Asking for the board over HTTP: the same `cards` body that the socket sends. What the answer's status
 * says is turned into words here, once, so that nobody else compares numbers.
 */

import { retryAfterMs } from "./backoff.js"
import { parseFrame } from "./frames.js"

const TIMEOUT_MS = 8_000

/**
 * What a snapshot proves besides its cards. `checkedMs`: how long ago the server had asked its database.
 * @typedef {{ epoch?: string, seq?: number, checkedMs: number, nowMs?: number, build?: string }} Proof
 */

/**
 * @typedef {{ kind: "cards", frame: import("./frames.js").Cards, proof: Proof, etag: string | null }
 *   | { kind: "same", proof: Proof }
 *   | { kind: "signed-out" }
 *   | { kind: "not-here" }
 *   | { kind: "later", retryAfterMs?: number }
 *   | { kind: "broken", status: number }
 *   | { kind: "unreachable" }} Answer
 */

/**
 * @param {{ view: string, since: number, epoch: string, etag?: string | null }} ask since = 0: everything
 * @param {{ fetch: typeof fetch, setTimeout: (run: () => void, ms: number) => any, clearTimeout: (id: any) => void }} env
 * @returns {Promise<Answer>} never rejects
 */
export async function askSnapshot({ view, since, epoch, etag }, env) {
  const address = `/board/${encodeURIComponent(view)}?since=${since}&epoch=${encodeURIComponent(epoch)}`
  const abort = new AbortController()
  const timeout = env.setTimeout(() => abort.abort(), TIMEOUT_MS)
  try {
    /** @type {Record<string, string>} */
    const headers = etag ? { "if-none-match": etag } : {}
    const response = await env.fetch(address, { cache: "no-store", credentials: "same-origin", headers, signal: abort.signal })
    return await meaning(response)
  } catch (error) {
    // No network, no answer in time, or a body that breaks the bargain: nothing to paint.
    if (!(error instanceof TypeError) && !abort.signal.aborted) console.warn("a snapshot that is none", error)
    return { kind: "unreachable" }
  } finally {
    env.clearTimeout(timeout)
  }
}

/**
 * @param {Response} response
 * @returns {Promise<Answer>}
 */
async function meaning(response) {
  switch (response.status) {
    case 200: {
      const frame = parseFrame(await response.text())
      if (frame.t !== "cards") return { kind: "broken", status: 200 }
      return { kind: "cards", frame, proof: proofOf(response), etag: response.headers.get("etag") }
    }
    case 304:
      return { kind: "same", proof: proofOf(response) }
    case 401:
      return { kind: "signed-out" }
    case 403:
    case 404:
      return { kind: "not-here" }
    case 429:
    case 503:
      return { kind: "later", retryAfterMs: retryAfterMs(response.headers.get("retry-after"), Date.now()) }
    default:
      return { kind: "broken", status: response.status }
  }
}

/**
 * The headers, on "nothing new" too. The body's header line may have been written for an earlier screen.
 * @param {Response} response
 * @returns {Proof}
 */
function proofOf(response) {
  const text = (/** @type {string} */ name) => response.headers.get(`x-board-${name}`) ?? undefined
  const number = (/** @type {string} */ name) => (text(name) === undefined ? undefined : Number(text(name)))
  return {
    epoch: text("epoch"),
    seq: number("head"),
    // Without a word about it nothing is proved.
    checkedMs: number("checked-ms") ?? Infinity,
    nowMs: number("now-ms"),
    build: text("build"),
  }
}
