// @ts-check
// What is ready at the pass, for whoever serves that table: until they say that they know, or it is served or recalled.

import { Sound } from "../board/sound.js"
import { command } from "../lib/command.js"
import { el } from "../lib/dom.js"

/** @typedef {{ id: string, action: string, words: string, since: string, waiter: string, place: string, href: string }} Call */

/** @param {string} html of a tile @returns {Call[]} */
export function callsOf(html) {
  const template = document.createElement("template")
  template.innerHTML = html
  const tile = template.content.querySelector("article")
  return [...template.content.querySelectorAll("form.tile-call")].flatMap((form) => {
    if (!(form instanceof HTMLFormElement)) return []
    const { fire = "", words = "", since = "", waiter = "", check = "" } = form.dataset
    const place = tile?.querySelector(".tile-label")?.textContent ?? ""
    return [{ id: `${fire}@${since}`, action: form.getAttribute("action") ?? "", words, since, waiter, place, href: `/checks/${check}` }]
  })
}

/**
 * @param {HTMLElement} place where the calls stand
 * @param {string} viewer whose
 * @param {(words: string) => void} onRefused
 */
export function inbox(place, viewer, onRefused) {
  const sound = new Sound(() => {})
  document.addEventListener("pointerdown", () => sound.wake(), { once: true })
  /** @type {Set<string> | null} what was called already; null: nothing was drawn yet */
  let called = null
  return {
    /** @param {Iterable<string>} tiles their markup */
    show(tiles) {
      const calls = [...tiles].filter((html) => html.includes("tile-call")).flatMap(callsOf).filter(({ waiter }) => waiter === viewer)
      calls.sort((one, other) => one.since.localeCompare(other.since))
      const known = called
      if (known && calls.some(({ id }) => !known.has(id))) {
        sound.play(["ready"])
        navigator.vibrate?.(200)
      }
      called = new Set(calls.map(({ id }) => id))
      place.hidden = calls.length === 0
      const ids = [...place.children].map((row) => row.getAttribute("data-call"))
      if (ids.join() === calls.map(({ id }) => id).join()) return
      place.replaceChildren(...calls.map((call) => row(call, onRefused)))
    },
  }
}

/** @param {Call} call @param {(words: string) => void} onRefused */
function row({ id, action, words, since, place, href }, onRefused) {
  const seen = el("button", { class: "btn call-seen", type: "button" }, "Seen", el("span", { class: "hide" }, ` ${place} ${words}`))
  seen.addEventListener("click", async () => {
    seen.disabled = true
    const done = await command(action, {})
    if (done.ok) return
    seen.disabled = false
    onRefused(done.words)
  })
  return el("li", { class: "call", "data-call": id },
    el("a", { class: "call-words", href }, el("strong", {}, `READY ${place}`), ` ${words} `, el("time", { datetime: since, "data-ago": true })),
    seen)
}
