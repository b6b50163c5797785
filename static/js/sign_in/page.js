// @ts-check
// Sign-in: tap your tile, type the PIN on the pad or on a keyboard. The form itself posts; this only helps.

import { byId } from "../lib/dom.js"

const form = /** @type {HTMLFormElement} */ (byId("sign-in"))
const pin = /** @type {HTMLInputElement} */ (byId("pin"))
const words = byId("pad-words")
const go = /** @type {HTMLButtonElement} */ (byId("pad-go"))
const PIN_DIGITS_MAX = pin.maxLength
document.documentElement.classList.add("scripts")

/** @returns {HTMLInputElement | null} */
const chosen = () => form.querySelector("input[name=staff_id]:checked")

function showChosen() {
  const person = chosen()
  form.dataset.step = person ? "pin" : "person"
  byId("pad-name").textContent = person ? ` for ${person.dataset.name}` : ""
  const printed = person?.parentElement?.querySelector(".person-pin")?.textContent
  const hint = document.getElementById("pad-demo")
  if (hint && printed) hint.textContent = `This is a demo restaurant: ${printed}.`
}

/** @param {string} digit */
function press(digit) {
  if (go.disabled) return
  if (!chosen()) {
    words.textContent = "Choose your name first."
    return
  }
  if (pin.value.length < PIN_DIGITS_MAX) pin.value += digit
  words.textContent = ""
}

/** @param {number} seconds nothing is tried for so long */
function wait(seconds) {
  go.disabled = seconds > 0
  if (seconds <= 0) {
    words.textContent = "Enter your PIN again."
    return
  }
  words.textContent = `Too many wrong PINs. Try again in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`
  setTimeout(() => wait(seconds - 1), 1_000)
}

// The pad is the keyboard: the system's own would cover it.
if (matchMedia("(pointer: coarse)").matches) pin.inputMode = "none"

form.addEventListener("change", (event) => {
  if (!(event.target instanceof HTMLInputElement) || event.target.name !== "staff_id") return
  pin.value = ""
  words.textContent = ""
  showChosen()
})
form.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null
  // The arrows, which choose among the names, click as well: who uses them is not through yet.
  if (event.detail > 0 && target?.closest(".person")) setTimeout(() => pin.focus({ preventScroll: true }), 0)
  const key = target?.closest("button")
  if (key?.dataset.digit) press(key.dataset.digit)
  if (key?.dataset.key === "clear") pin.value = ""
  if (key?.dataset.key === "delete") pin.value = pin.value.slice(0, -1)
})
byId("pad-back").addEventListener("click", () => {
  const person = chosen()
  if (person) person.checked = false
  pin.value = ""
  words.textContent = ""
  showChosen()
})
/** @param {EventTarget | null} target @returns {boolean} whether Enter means itself there */
const isPressed = (target) => target instanceof Element && target.closest("a, button, summary") !== null

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target === pin) return
  if (/^\d$/.test(event.key)) press(event.key)
  else if (event.key === "Backspace") pin.value = pin.value.slice(0, -1)
  else if (event.key === "Enter" && chosen() && !isPressed(event.target)) {
    event.preventDefault()
    if (pin.value) form.requestSubmit()
    else pin.focus({ preventScroll: true })
  }
})
form.addEventListener("submit", (event) => {
  if (go.disabled) event.preventDefault()
  else go.textContent = "Signing in…"
})
addEventListener("pageshow", () => {
  go.textContent = "Sign in"
  pin.value = ""
})

showChosen()
if (chosen()) pin.focus({ preventScroll: true })
if (Number(form.dataset.waitS) > 0) wait(Number(form.dataset.waitS))
