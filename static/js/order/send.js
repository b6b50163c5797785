// @ts-check
// One Send over the network, and what its answer means for the draft.

const ANSWER_WITHIN_MS = 10_000

/** @typedef {{ id: string, check_id: string, check_no: number, send_no: number, seq: number, tickets: { ticket_id: string, station: string | null }[] }} Sent */
/**
 * @typedef {{ kind: "sent", answer: Sent }
 *   | { kind: "refused", words: string, fields: import("./basket.js").FieldError[], keySpent: boolean, signIn: boolean }
 *   | { kind: "unknown", words: string }} Outcome
 */

/**
 * @param {number} status
 * @param {any} answer the JSON body, or null
 * @returns {Outcome}
 */
export function outcome(status, answer) {
  if ((status === 200 || status === 201) && answer) return { kind: "sent", answer }
  const said = typeof answer?.error === "string" ? answer.error : null
  const fields = Array.isArray(answer?.fields) ? answer.fields : []
  // A server that is busy or gone may have written the order: only the same slip under the same key may follow.
  if (status < 400 || status >= 500 || status === 408 || status === 425 || status === 429) {
    return { kind: "unknown", words: said ?? "The server did not confirm it." }
  }
  if (status === 401) return { kind: "refused", words: "You are signed out. Sign in and send again.", fields, keySpent: false, signIn: true }
  return { kind: "refused", words: said ?? "The order was refused.", fields, keySpent: status === 409, signIn: false }
}

/**
 * @param {object} body
 * @returns {Promise<Outcome>}
 */
export async function post(body) {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), ANSWER_WITHIN_MS)
  try {
    const response = await fetch("/orders", {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: patience.signal,
    })
    const answer = await response.json().catch(() => null)
    return outcome(response.status, answer)
  } catch {
    return { kind: "unknown", words: navigator.onLine ? "The server does not answer." : "This tablet has no network." }
  } finally {
    clearTimeout(timer)
  }
}
