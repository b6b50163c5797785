// @ts-check
/** The sheet in which a screen is set up: sound, text, colours, full screen, keys. All of it by keys alone, too. */

import { ACTIONS, Keymap, keyWords } from "../board/keymap.js"
import { REFILLS, readOptions, saveOptions } from "../board/options.js"
import { byId, el, keep, kept } from "../lib/dom.js"

const OPTIONS_KEY = "comanda:screen"
const KEYS_KEY = "comanda:keys"

/** What the arrows walk through. */
const STOPS = "button, input"
/** Nobody sees a card behind it: left alone it goes away. */
const CLOSES_AFTER_MS = 60_000

/** @typedef {import("../board/options.js").Options} Options */

/**
 * @param {{ onOptions: (options: Options) => void, test: (kind: string) => void }} parts told at once, and after each change
 * @returns {{ keymap: Keymap, open: () => void, options: () => Options }}
 */
export function optionsSheet({ onOptions, test }) {
  const sheet = /** @type {HTMLDialogElement} */ (byId("options"))
  const keymap = new Keymap(kept(KEYS_KEY))
  let options = readOptions(kept(OPTIONS_KEY))

  /** @param {Partial<Options>} change */
  function set(change) {
    options = { ...options, ...change }
    keep(OPTIONS_KEY, saveOptions(options))
    show()
  }

  function show() {
    document.documentElement.dataset.text = options.text
    document.documentElement.dataset.colours = options.colours
    const volume = /** @type {HTMLInputElement} */ (byId("option-volume"))
    volume.value = String(options.volume)
    byId("option-volume-words").textContent = options.volume === 0 ? "off" : `${options.volume} %`
    for (const name of /** @type {const} */ (["text", "colours", "refill"])) {
      for (const button of sheet.querySelectorAll(`[data-${name}-is]`)) {
        button.setAttribute("aria-pressed", String(button.getAttribute(`data-${name}-is`) === options[name]))
      }
    }
    onOptions(options)
  }

  byId("option-volume").addEventListener("input", (event) => {
    set({ volume: Number(/** @type {HTMLInputElement} */ (event.target).value) })
  })
  sheet.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null
    if (!button) return
    const { textIs, coloursIs, refillIs, test: kind, keyOf } = button.dataset
    const rule = REFILLS.find((each) => each === refillIs)
    if (rule) set({ refill: rule })
    if (textIs) set({ text: textIs })
    if (coloursIs) set({ colours: coloursIs })
    if (kind) test(kind)
    if (keyOf) listen(button, keyOf)
  })
  byId("option-full").addEventListener("click", () => toggleFullScreen())
  byId("option-keys-reset").addEventListener("click", () => {
    keymap.reset()
    keep(KEYS_KEY, null)
    showKeys()
  })
  sheet.addEventListener("keydown", (event) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0
    if (by === 0 || event.defaultPrevented) return
    const stops = /** @type {HTMLElement[]} */ ([...sheet.querySelectorAll(STOPS)])
    const at = stops.indexOf(/** @type {HTMLElement} */ (document.activeElement))
    stops[(at + by + stops.length) % stops.length]?.focus()
    event.preventDefault()
  })

  /** The next key is that action's; Escape leaves it as it was. @param {HTMLButtonElement} button @param {string} action */
  function listen(button, action) {
    button.focus() // not every browser does for a tap
    button.textContent = "Press a key"
    button.setAttribute("aria-pressed", "true")
    const done = () => {
      button.removeEventListener("keydown", take)
      button.removeEventListener("blur", done)
      showKeys()
    }
    /** @param {KeyboardEvent} event */
    const take = (event) => {
      if (event.key === "Tab" || event.repeat) return
      event.preventDefault()
      event.stopPropagation()
      if (event.key !== "Escape") {
        const isTaken = keymap.assign(action, event.key)
        byId("option-keys-words").textContent = isTaken ? "" : `${event.key} belongs to the browser: press another one.`
        if (!isTaken) return
        keep(KEYS_KEY, keymap.save())
      }
      done()
    }
    button.addEventListener("keydown", take)
    button.addEventListener("blur", done)
  }

  function showKeys() {
    const rows = byId("option-keys")
    for (const { id, words } of ACTIONS) {
      const words_ = keyWords(keymap.keyOf(id))
      const known = rows.querySelector(`[data-key-of="${id}"]`)
      if (known) {
        known.textContent = words_
        known.setAttribute("aria-pressed", "false")
        continue
      }
      const button = el("button", { class: "button-option option-key", type: "button", "data-key-of": id, "aria-pressed": "false", "aria-describedby": `key-${id}` }, words_)
      rows.append(el("li", { class: "option-row" }, el("span", { id: `key-${id}` }, words), button))
    }
  }

  let closeLater = 0
  const closeInTime = () => {
    window.clearTimeout(closeLater)
    if (sheet.open) closeLater = window.setTimeout(() => sheet.close(), CLOSES_AFTER_MS)
  }
  for (const kind of ["click", "keydown", "input"]) sheet.addEventListener(kind, closeInTime)

  show()
  showKeys()
  return { keymap, open: () => (sheet.showModal(), closeInTime()), options: () => options }
}

/** Not every browser may, and an embedded one never. */
function toggleFullScreen() {
  const asked = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()
  asked?.catch(() => undefined)
}
