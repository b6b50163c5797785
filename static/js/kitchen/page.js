// @ts-check
/** A kitchen screen, a station's or expo's: puts the board's modules together. */

import { Acks } from "../board/acks.js"
import { lateSince, writeAges } from "../board/ages.js"
import { reloadOnce } from "../board/build.js"
import { cardIn } from "../board/card.js"
import { sendForms } from "../board/commands.js"
import { Front } from "../board/front.js"
import { sendKeys } from "../board/keys.js"
import { connect } from "../board/live.js"
import { pageBoard } from "../board/page.js"
import { Pins } from "../board/pins.js"
import { checksum } from "../board/reducer.js"
import { Ringer } from "../board/ringer.js"
import { Screen } from "../board/screen.js"
import { Sound } from "../board/sound.js"
import { Strip } from "../board/strip.js"
import { stayAwake } from "../board/wake.js"
import { keep, kept } from "../lib/dom.js"
import { words as timeWords } from "../lib/times.js"
import { takeAbout } from "./about.js"
import { optionsSheet } from "./options_sheet.js"

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function part(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no #${id}`)
  return element
}

/**
 * @param {string} id
 * @param {string} text
 */
function write(id, text) {
  const element = part(id)
  if (element.textContent !== text) element.textContent = text
}

/** A median moves slowly. */
const PACE_EVERY_MS = 30_000

const html = document.documentElement
const board = part("board")
/** Only for those who may take a bump back. */
const recall = /** @type {HTMLFormElement | null} */ (document.getElementById("recall"))
const recent = /** @type {HTMLAnchorElement | null} */ (document.getElementById("recent"))
const drawnWith = pageBoard(board)

const front = new Front(part("front"))
const strip = new Strip({
  strip: part("all-day-strip"),
  rest: part("all-day-rest"),
  list: () => document.querySelector("#all-day .all-day-dishes"),
  isOpen: () => html.dataset.allDay === "open",
})
const sound = new Sound((heard) => (part("sound-bar").hidden = heard))
/** What the cards were placed with; null before they are. @type {{ text: string, refill: string } | null} */
let placedWith = null
const sheet = optionsSheet({
  onOptions: ({ volume, text, refill }) => {
    sound.volume = volume
    write("sound", volume === 0 ? "Sound is off" : "Enable sound")
    if (placedWith === null) return
    const before = placedWith
    placedWith = { text, refill }
    // Whatever else was chosen is no reason to close gaps, nor to measure the whole wall.
    if (before.text !== text) screen.measure()
    else if (before.refill !== refill) screen.closeUp()
  },
  test: (kind) => sound.unlock(kind),
})
const ringer = new Ringer((kinds) => sound.play(kinds))
const PINS_KEY = `comanda:pinned:${drawnWith.view}`
const screen = new Screen({
  board,
  grid: part("slots"),
  onChange: (changed) => drawn(changed),
  pins: new Pins(kept(PINS_KEY), (saved) => void keep(PINS_KEY, saved)),
  rule: () => sheet.options().refill,
})
const live = connect({
  ...drawnWith,
  onBoard: (next, change) => screen.apply(next, change),
  onLink: (link) => linkChanged(link),
  onBuild: (build) => reloadOnce(build, drawnWith.build),
  onBeat: (sum) => (screen.isWaiting ? null : checksum(screen.shown()) === sum),
  onMismatch: (times) => differs(times),
})
const acks = new Acks({
  board,
  slots: () => screen.slots(),
  isWaiting: () => screen.isWaiting,
  isCovered,
  seq: () => live.board().seq,
  send: (message) => live.send(message),
})

sendForms({
  link: () => live.link(),
  onDone: () => live.link().via !== "socket" && live.refresh(),
  onSignedOut: signIn,
  toasts: part("toasts"),
})
sendKeys({
  keymap: sheet.keymap,
  slots: () => screen.slots(),
  nextPage: () => screen.nextPage(),
  closeUp: () => screen.closeUp(),
  pin: (slot) => screen.pin(slot),
  allDay: toggleAllDay,
  letGo: () => showAllDay(false),
  options: sheet.open,
  recall,
  recent,
})
stayAwake((awake) => (part("sleepy").hidden = awake))
part("sound").addEventListener("click", () => (sheet.options().volume === 0 ? sheet.open() : sound.unlock()))
part("open-options").addEventListener("click", sheet.open)
part("options").addEventListener("close", () => acks.changed())
part("all-day-key").addEventListener("click", toggleAllDay)
part("more").addEventListener("click", () => screen.nextPage())
board.addEventListener("scroll", drawMore, { passive: true })
screen.start()
placedWith = sheet.options()
everySecond()
window.setInterval(tellPace, PACE_EVERY_MS)

/** The wall changed: whatever is said about it is said anew. @param {HTMLElement[]} changed slots with another card */
function drawn(changed) {
  if (takeAbout()) screen.measure()
  if (changed.length > 0 && html.dataset.allDay === "open") closeAllDayIn(SEEN_IN_TIME_MS) // before anybody is alarmed
  const slots = screen.slots()
  part("empty").hidden = slots.length > 0
  write("open-count", String(slots.filter((slot) => cardIn(slot)?.fuse).length))
  drawAges(changed)
  front.draw(slots)
  strip.draw()
  drawMore()
  acks.changed()
}

/** Whoever walks off with something open over the cards must not find it there. */
const COVERED_MAX_MS = 20_000
/** A card that nobody confirms for five seconds alarms the floor. */
const SEEN_IN_TIME_MS = 2_500
let uncoverLater = 0
let uncoverAt = Infinity

/** @returns {boolean} whether something lies over the cards: nobody sees those */
function isCovered() {
  return html.dataset.allDay === "open" || document.querySelector("dialog[open]") !== null
}

/** All day as a whole, with modifiers, over the cards; and away again, by itself in the end. */
function toggleAllDay() {
  showAllDay(html.dataset.allDay !== "open")
}

/** @param {boolean} isOpen */
function showAllDay(isOpen) {
  window.clearTimeout(uncoverLater)
  uncoverAt = Infinity
  if (isOpen) closeAllDayIn(COVERED_MAX_MS)
  else acks.changed()
  html.dataset.allDay = isOpen ? "open" : ""
  part("all-day-key").setAttribute("aria-expanded", String(isOpen))
}

/** Sooner, if something comes; never later. @param {number} ms */
function closeAllDayIn(ms) {
  uncoverAt = Math.min(uncoverAt, performance.now() + ms)
  window.clearTimeout(uncoverLater)
  uncoverLater = window.setTimeout(() => showAllDay(false), uncoverAt - performance.now())
}

function drawMore() {
  const [below, hasGaps] = [screen.below(), screen.hasGaps]
  part("more").hidden = below === 0 && screen.isAtTop && !hasGaps
  const next = below > 0 ? `+${below} more below` : "Back to the first"
  write("more-words", !hasGaps ? next : below > 0 ? `Close up: +${below} below` : "Close up")
}

/** @param {HTMLElement[]} slots a second has passed for, or whose card is another; a swap leaves the others alone */
function drawAges(slots) {
  const now = live.now()
  writeAges(slots, now)
  const late = lateSince(screen.slots())
  write("late-count", String(late.size))
  part("late").classList.toggle("is-none", late.size === 0)
  ringer.ring(slots, late, now)
}

/** The checksum is another: what stands here is told before everything is asked for again. @param {number} times */
function differs(times) {
  html.dataset.mismatches = String(times)
  const { epoch, seq } = live.board()
  const shown = screen.shown().map((card) => [card.id, card.seq])
  fetch(`/board/${drawnWith.view}/differs`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ epoch, seq, shown }),
  }).catch(() => undefined) // away: the link says so
}

/** How long the day's tickets took, in the middle; what was written last stays where nobody answers. */
async function tellPace() {
  try {
    const answer = await fetch(part("pace").dataset.pace ?? "", { headers: { accept: "application/json" } })
    if (!answer.ok) return
    const { median_s: seconds } = await answer.json()
    write("pace", seconds === null ? "–" : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`)
  } catch {
    // Away: the link says so.
  }
}

/** Just after the server's second turned. */
function everySecond() {
  drawAges(screen.slots())
  write("last-proof", `Last proof ${wallClock(live.link().since)}.`)
  window.setTimeout(everySecond, 1_005 - (live.now() % 1_000))
}

/** @param {import("../board/link.js").Link} link */
function linkChanged(link) {
  const wasAlarming = html.dataset.alarm === "true"
  const hadSocket = html.dataset.via === "socket"
  html.dataset.link = link.state
  html.dataset.via = link.via
  html.dataset.alarm = String(link.alarm)
  write("link-words", link.words)
  part("not-live").hidden = link.why === ""
  write("not-live-words", link.state === "dead" ? `NOT LIVE since ${wallClock(link.since)}` : link.words)
  write("not-live-why", link.why)
  if (link.alarm && !wasAlarming) sound.play(["lost"])
  if (link.state === "signed-out") signIn()
  if (link.via === "socket" && !hadSocket) queueMicrotask(() => acks.reconnected())
}

/** @param {number} ms */
function wallClock(ms) {
  return timeWords(new Date(ms), "second", html.dataset.timeZone ?? "UTC")
}

function signIn() {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`)
}
