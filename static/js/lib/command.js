// @ts-check
// A form's command without leaving the page.

/** @typedef {{ ok: boolean, status: number, words: string }} Done */

/**
 * @param {string} address
 * @param {object} body
 * @returns {Promise<Done>}
 */
export async function command(address, body) {
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify(body),
    })
    const answer = response.status === 204 ? null : await response.json().catch(() => null)
    const words = typeof answer?.error === "string" ? answer.error : "The server refused it. Try again."
    return { ok: response.ok, status: response.status, words }
  } catch {
    return { ok: false, status: 0, words: "The server does not answer. Nothing was changed; try again." }
  }
}
