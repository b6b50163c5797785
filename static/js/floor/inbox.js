// @ts-check
// What is ready at the pass, for whoever serves that table; what is late, for whoever manages: until they say that they
// know, or it is over.

import { Sound } from "../board/sound.js"
import { command } from "../lib/command.js"
import { el } from "../lib/dom.js"

const KEY = "comanda:called"
const CALLED_MAX = 100

/** @typedef {{ id: string, kind: string, action: string, words: string, since: string, waiter: string, place: string, href: string }} Call */

/** @param {string} html of a tile @returns {Call[]} */
export function callsOf(html) {
  const template = document.createElement("template")
  template.innerHTML = html
  const tile = template.content.querySelector("article")
  return [...template.content.querySelectorAll("form.tile-call")].flatMap((form) => {
    if (!(form instanceof HTMLFormElement)) return []
    const { fire = "", kind = "READY", words = "", since = "", waiter = "", check = "" } = form.dataset
    const place = tile?.querySelector(".tile-label")?.textContent ?? ""
    return [{ id: `${fire}@${since}`, kind, action: form.getAttribute("action") ?? "", words, since, waiter, place, href: `/checks/${check}` }]
  })
}

/**
 * @param {HTMLElement} place where the calls stand
 * @param {{ name: string, manages: boolean }} viewer whose
 * @param {(words: string) => void} onRefused
 */
export function inbox(place, viewer, onRefused) {
  const sound = new Sound(() => {})
  /** @param {Call} call */
  const isMine = ({ kind, waiter }) => (kind === "LATE" ? viewer.manages : waiter === viewer.name)
  // What counts as a touch differs from browser to browser: until it is heard, each one is tried.
  const wake = () => void (sound.isHeard || sound.wake())
  for (const kind of ["click", "keydown"]) document.addEventListener(kind, wake)
  /** What was called already, also by the page before. */
  const called = new Set((sessionStorage.getItem(KEY) ?? "").split(" ").filter(Boolean))
  return {
    /** @param {Iterable<string>} tiles their markup */
    show(tiles) {
      const calls = [...tiles].filter((html) => html.includes("tile-call")).flatMap(callsOf).filter(isMine)
      calls.sort((one, other) => one.since.localeCompare(other.since))
      const fresh = calls.filter(({ id }) => !called.has(id))
      if (fresh.length > 0) {
        sound.play(fresh.map(({ kind }) => kind.toLowerCase()))
        navigator.vibrate?.(200)
      }
      for (const { id } of calls) called.add(id)
      sessionStorage.setItem(KEY, [...called].slice(-CALLED_MAX).join(" "))
      place.hidden = calls.length === 0
      // Row by row: what is under a finger or a reader's cursor stays.
      const rows = new Map([...place.children].map((known) => [known.getAttribute("data-call") ?? "", known]))
      for (const [id, known] of rows) if (!calls.some((call) => call.id === id)) known.remove()
      for (const call of calls) {
        const known = rows.get(call.id)
        if (!known) place.append(row(call, onRefused))
        else if (known.getAttribute("data-says") !== says(call)) known.replaceWith(row(call, onRefused)) // they sit elsewhere now, it is plated
      }
    },
  }
}

/** @param {{ place: string, words: string }} call */
const says = ({ place, words }) => `${place} ${words}`

/** @param {Call} call @param {(words: string) => void} onRefused */
function row({ id, kind, action, words, since, place, href }, onRefused) {
  const seen = el("button", { class: "btn call-seen", type: "button" }, "Seen", el("span", { class: "hide" }, ` ${place} ${words}`))
  seen.addEventListener("click", async () => {
    seen.disabled = true
    const done = await command(action, {})
    if (done.ok) return
    seen.disabled = false
    onRefused(done.words)
  })
  return el("li", { class: "call", "data-call": id, "data-kind": kind, "data-says": says({ place, words }) },
    el("a", { class: "call-words", href }, el("strong", {}, `${kind} ${place}`), ` ${words} · `, el("time", { datetime: since, "data-ago": true })),
    seen)
}
