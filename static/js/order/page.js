// @ts-check
// The order page: tap dishes, Send once, lose nothing.

import { pageBoard } from "../board/page.js"
import { command } from "../lib/command.js"
import { watch } from "../lib/connection.js"
import { byId, el } from "../lib/dom.js"
import { newId } from "../lib/ids.js"
import { words as timeWords } from "../lib/times.js"
import { openAllergySheet } from "./allergy_sheet.js"
import * as basket from "./basket.js"
import { paintBasket } from "./basket_view.js"
import { hearCalls } from "./calls.js"
import { dishTiles } from "./dishes.js"
import { draftStore, keyOf } from "./draft.js"
import { post } from "./send.js"
import { openSheet } from "./sheet.js"

/** @typedef {import("./basket.js").Line} Line */

const TOAST_MS = 5_000
const SEATS_WITHOUT_TABLE = 6
const DINE_IN = "dine_in"

const data = JSON.parse(byId("menu").textContent ?? "{}")
const menu = basket.menuOf(data)
const board = byId("board")
const store = draftStore(keyOf(data), () => paint())
const tiles = dishTiles(menu, pick)

/** Portions left, by item, of what somebody counts or what is off the menu: of that, 0. */
let left = new Map([...board.querySelectorAll("article")].map((article) => leftOf(article.id, article.outerHTML)))
let eightySixed = outOf(left)
/** @type {import("./basket_view.js").News | null} */
let news = null
/** @type {Map<number, string>} what the server said about lines, until they change */
let said = new Map()
let isSending = false
/** What the next tap on a dish is for. */
let seat = 0
let course = 1

/** @param {string} id @param {string} html of an item's card @returns {[string, number]} */
function leftOf(id, html) {
  return [id.slice(2), Number(/ data-left="(\d+)"/.exec(html)?.[1] ?? 0)]
}

/** @param {Map<string, number>} portions @returns {Set<string>} */
function outOf(portions) {
  return new Set([...portions].flatMap(([id, count]) => (count === 0 ? [id] : [])))
}

function paint() {
  const draft = store.get()
  const counts = new Map()
  for (const line of draft.lines) counts.set(line.item_id, (counts.get(line.item_id) ?? 0) + line.quantity)
  const allergies = knownAllergies(draft)
  tiles.paint(eightySixed, left, counts, (itemId) => basket.against(menu, { item_id: itemId, seat: seat || null }, allergies))
  const obstacles = new Map([...said, ...basket.obstacles(draft, menu, eightySixed, allergies, left)])
  paintBasket({
    draft, menu, obstacles, isSending, currency: data.currency,
    news: news ?? pendingNews(draft),
    canRepeat: store.last().lines.length > 0,
    allergies,
    untold: draft.allergies,
    onAllergy: allergySheet,
    hasCourses: data.order_type === DINE_IN,
    onHold: (course, held) => change(basket.hold(store.get(), course, held)),
    onStep: (at, by) => change(basket.step(store.get(), at, by)),
    onEdit: edit,
    onRepeat: repeat,
  })
}

/** @param {import("./basket.js").Draft} draft @returns {import("./basket.js").Allergy[]} what nobody has answered for yet among it */
const knownAllergies = (draft) => basket.allAllergies(data.allergies, [...(draft.pending?.allergies ?? []), ...draft.allergies])

/** @param {number | null} of whose it opens with */
function allergySheet(of) {
  /** @param {import("./basket.js").Allergy[]} all @param {number | null} whose */
  const at = (all, whose) => all.find((one) => one.seat === whose)?.allergens ?? []
  openAllergySheet({
    seat: of,
    seats: seatsOffered(),
    told: (whose) => at(store.get().allergies, whose),
    known: (whose) => at(basket.allAllergies(data.allergies, store.get().pending?.allergies ?? []), whose),
    onDone: (whose, allergens) => {
      const before = at(store.get().allergies, whose)
      if (before.join() === allergens.join()) return
      change(basket.tell(store.get(), whose, allergens))
      if (data.check_id !== null && !store.get().pending) void tellNow(whose, allergens)
    },
  })
}

/**
 * A table that eats already does not wait for its next order: every card of it prints this now.
 * @param {number | null} whose @param {string[]} allergens
 */
async function tellNow(whose, allergens) {
  if (allergens.length === 0) return
  const done = await command(`/checks/${data.check_id}/allergies`, { seat: whose ?? "", still_open: true, ...Object.fromEntries(allergens.map((key) => [key, true])) })
  if (!done.ok) return toast(`Not told yet, it goes with the next Send: ${done.words}`)
  data.allergies = basket.allAllergies(data.allergies, [{ seat: whose, allergens }])
  const rest = store.get().allergies.find((one) => one.seat === whose)?.allergens.filter((key) => !allergens.includes(key)) ?? []
  change(basket.tell(store.get(), whose, rest))
  toast("Told to every station.")
}

/** What was told on another tablet since this page was drawn. */
async function askAllergies() {
  const page = await fetch(location.href, { headers: { accept: "text/html" } }).then((answer) => answer.text()).catch(() => "")
  const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("menu")?.textContent
  if (!fresh) return
  data.allergies = JSON.parse(fresh).allergies
  paint()
}

/** @param {import("./basket.js").Draft} draft a change of lines; what the server said of the old ones is over */
function change(draft) {
  said = new Map()
  if (news?.tone !== "ready" || draft.lines.length > 0) news = null
  if (!store.set(draft)) toast("This browser keeps nothing: a reload would lose the basket.")
}

/** @param {import("./basket.js").Draft} draft @returns {import("./basket_view.js").News | null} */
function pendingNews(draft) {
  if (!draft.pending || isSending) return null
  const count = basket.units(draft.pending.lines)
  return {
    tone: "late",
    title: "Not confirmed",
    words: `${count} ${count === 1 ? "dish was" : "dishes were"} sent, and no answer came. Trying again cannot order twice.`,
    actions: [{ words: "Try again", main: true, run: deliver }],
  }
}

/** @param {string} itemId a tap on a dish */
function pick(itemId) {
  const line = { item_id: itemId, quantity: 1, modifiers: [], seat: seat || null, course, note: null }
  const name = menu.items.get(itemId)?.name ?? "It"
  if (eightySixed.has(itemId)) return toast(`${name} is 86’d: the kitchen is out of it.`, { words: "Put it back", run: () => backOn(itemId) })
  const isAgainst = basket.against(menu, line, knownAllergies(store.get())).length > 0
  if (isAgainst || basket.isForced(menu, itemId)) return sheet(line, null)
  addLine(line)
}

/** @param {Line} line */
function addLine(line) {
  const before = store.get()
  const after = basket.add(before, line)
  if (after === before) return toast(`An order has at most ${basket.LINES_MAX} lines. Send these first.`)
  change(after)
  tiles.searchDone()
  const at = after.lines.findIndex((known) => basket.alike(known, line))
  toast(`${menu.items.get(line.item_id)?.name} added.`, { words: "Change", run: () => edit(at) })
}

/** @param {number} at */
function edit(at) {
  const line = store.get().lines[at]
  if (line) sheet(line, at)
}

/** @param {Line} line @param {number | null} at its place in the basket; none: a new one */
function sheet(line, at) {
  openSheet({
    menu, line, currency: data.currency, isNew: at === null,
    seats: seatsOffered(),
    is86: eightySixed.has(line.item_id),
    against: (now) => basket.against(menu, now, knownAllergies(store.get())),
    onDone: (done) => (at === null ? addLine(done) : change(basket.edit(store.get(), at, done))),
    onRemove: () => at !== null && removeLine(at),
    left: left.get(line.item_id) ?? null,
    on86: () => eightySix(line.item_id),
    onCount: (count, known) => setLeft(line.item_id, count, known),
  })
}

/** @param {number} at */
function removeLine(at) {
  const before = store.get()
  change(basket.remove(before, at))
  toast("Line removed.", { words: "Undo", run: () => change(before) })
}

function repeat() {
  const again = store.last().lines.map(({ despite_allergy: _, ...line }) => line).filter((line) => menu.items.has(line.item_id))
  change(again.reduce((draft, line) => basket.add(draft, line), store.get()))
}

/** Send, or send the rest. @param {(line: Line) => boolean} [goes] */
function send(goes) {
  const draft = store.get()
  if (isSending || draft.pending) return
  const obstacles = basket.obstacles(draft, menu, eightySixed, data.allergies, left)
  if (!goes && obstacles.size > 0) return tellObstacles(draft, obstacles)
  news = null
  said = new Map()
  store.set(basket.send(draft, newId(), data.check_id, goes))
  void deliver()
}

/**
 * @param {import("./basket.js").Draft} draft
 * @param {Map<number, string>} obstacles
 */
function tellObstacles(draft, obstacles) {
  const stuck = new Set([...obstacles.keys()].map((at) => draft.lines[at]))
  const rest = draft.lines.filter((line) => !stuck.has(line))
  const only86 = [...stuck].every((line) => line && eightySixed.has(line.item_id))
  news = {
    tone: "warn",
    title: "Not sent",
    words: [...obstacles].map(([at, words]) => `${menu.items.get(draft.lines[at]?.item_id ?? "")?.name ?? "A dish"}: ${words}`).join(" "),
    actions: rest.length > 0 && only86 ? [{ words: "Send the rest", main: true, run: () => send((line) => !stuck.has(line)) }] : [],
  }
  openBasket(true)
  paint()
}

/** Sends the pending slip until its fate is known. */
async function deliver() {
  const slip = store.get().pending
  if (!slip || isSending) return
  isSending = true
  byId("toast").hidden = true
  news = null
  paint()
  const outcome = await post(basket.body(slip, data))
  isSending = false
  const draft = store.get()
  switch (outcome.kind) {
    case "sent":
      store.setLast(slip.lines)
      data.check_id = outcome.answer.check_id
      data.allergies = basket.allAllergies(data.allergies, slip.allergies)
      news = sentNews(outcome.answer, slip)
      nameCheck(outcome.answer)
      store.set(basket.accepted(draft))
      break
    case "refused":
      said = new Map(outcome.fields.flatMap(({ line, message }) => (line === null ? [] : [[line, message]])))
      news = refusedNews(outcome)
      store.set(basket.refused(draft, outcome.keySpent))
      if (outcome.fields.some(({ field }) => field === "despite_allergy")) void askAllergies()
      break
    case "unknown":
      news = { ...pendingNews(draft) ?? { tone: "late", actions: [] }, title: "Not confirmed", words: `${outcome.words} The order is kept on this tablet; trying again cannot order twice.` }
      break
  }
  openBasket(true)
  paint()
  // Send can't be pressed now, so it lost the keyboard: that goes on at what became of it.
  if (document.activeElement === document.body) byId("basket-news").focus({ preventScroll: true })
}

/** @param {import("./send.js").Sent} answer the check is known now: the bar links to it */
function nameCheck({ check_id, check_no }) {
  const link = el("a", { class: "place-check", href: `/checks/${check_id}` }, `Check #${check_no}`)
  document.querySelector(".place-check")?.replaceWith(link)
  paintDefaults()
}

/** @param {import("./send.js").Sent} answer @param {import("./basket.js").Slip} slip @returns {import("./basket_view.js").News} */
function sentNews(answer, slip) {
  const stations = answer.tickets.map(({ station }) => (station === null ? "the pass" : (data.stations[station] ?? station)))
  const number = answer.send_no > 1 ? `#${answer.check_no}-${answer.send_no}` : `#${answer.check_no}`
  const zone = document.documentElement.dataset.timeZone ?? "UTC"
  return {
    tone: "ready",
    title: `Sent ${number} at ${timeWords(new Date(), "second", zone)}`,
    words: [stations.length > 0 ? `To ${[...new Set(stations)].join(", ")}.` : "", heldWords(slip)].filter(Boolean).join(" "),
    actions: [{ words: "Floor", main: true, href: "/floor" }, { words: "See the check", href: `/checks/${answer.check_id}` }],
  }
}

/** @param {import("./basket.js").Slip} slip which courses wait */
function heldWords({ held }) {
  if (!held?.length) return ""
  return `${held.length === 1 ? "Course" : "Courses"} ${held.join(", ")} on hold: fire ${held.length === 1 ? "it" : "them"} from the check.`
}

/** @param {Extract<import("./send.js").Outcome, { kind: "refused" }>} outcome @returns {import("./basket_view.js").News} */
function refusedNews(outcome) {
  const { words, signIn, fields } = outcome
  const next = encodeURIComponent(location.pathname + location.search)
  const stuck = new Set(fields.flatMap(({ line }) => (line === null ? [] : [line])))
  const slip = store.get().pending
  const only86 = fields.length > 0 && [...stuck].every((at) => eightySixed.has(slip?.lines[at]?.item_id ?? "") || fields.some((field) => field.line === at && /86/.test(field.message)))
  const rest = slip && stuck.size < slip.lines.length
  const stuckLines = new Set([...stuck].map((at) => slip?.lines[at]))
  return {
    tone: "late",
    title: "Not sent",
    words,
    actions: signIn
      ? [{ words: "Sign in", main: true, href: `/sign-in?next=${next}` }]
      : only86 && rest
        ? [{ words: "Send the rest", main: true, run: () => send((line) => !stuckLines.has(line)) }]
        : [],
  }
}

/** @param {string} itemId */
async function eightySix(itemId) {
  const done = await command(`/items/${itemId}/86`, {})
  if (done.ok) eightySixed.add(itemId)
  const name = menu.items.get(itemId)?.name
  toast(done.ok ? `${name} is 86’d on every tablet.` : done.words, done.ok ? { words: "Undo", run: () => backOn(itemId) } : undefined)
  paint()
}

/** @param {string} itemId @param {number | null} count portions that are left; null: nobody counts @param {number | null} was what the field said */
async function setLeft(itemId, count, was) {
  const done = await command(`/items/${itemId}/count`, { remaining: count ?? "", ...(eightySixed.has(itemId) ? {} : { was: was ?? "" }) })
  const name = menu.items.get(itemId)?.name
  if (!done.ok) return { words: done.words, now: left.get(itemId) ?? null }
  return { words: count === null ? `Nobody counts ${name} any more.` : `${count} left of ${name}, on every tablet.`, now: count }
}

/** @param {string} itemId */
async function backOn(itemId) {
  const done = await command(`/items/${itemId}/back`, {})
  if (done.ok) eightySixed.delete(itemId)
  toast(done.ok ? `${menu.items.get(itemId)?.name} is back on the menu.` : done.words)
  paint()
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let toastTimer

/** @param {string} text @param {{ words: string, run: () => void }} [action] */
function toast(text, action) {
  const place = byId("toast")
  clearTimeout(toastTimer)
  const hide = () => (place.hidden = true)
  place.replaceChildren(el("span", {}, text), action ? el("button", { class: "snack-key", type: "button", onclick: () => (hide(), action.run()) }, action.words) : "")
  place.hidden = false
  toastTimer = setTimeout(hide, TOAST_MS)
}

/** @param {boolean} isOpen on a phone the basket is a bar until it is asked for */
function openBasket(isOpen) {
  byId("basket").toggleAttribute("data-open", isOpen)
  byId("basket-open").setAttribute("aria-expanded", String(isOpen))
}

/** @returns {number} who takes food away has no seat */
function seatsOffered() {
  if (data.order_type !== DINE_IN) return 0
  return Number(byId("main").dataset.seats) || SEATS_WITHOUT_TABLE
}

/** Seat and course for the next taps; and guests, when the check is new. */
function paintDefaults() {
  const seats = seatsOffered()
  /** @param {string} label @param {string[]} options @param {number} chosen @param {number} first @param {(value: number) => void} onPick */
  const picker = (label, options, chosen, first, onPick) =>
    el("label", { class: "picker" }, el("span", { class: "picker-label" }, label),
      el("select", { class: "field", onchange: (event) => onPick(Number(/** @type {HTMLSelectElement} */ (event.target).value)) },
        ...options.map((words, at) => el("option", { value: at + first, selected: at + first === chosen }, words))))
  const isNew = data.check_id === null
  byId("basket-defaults").replaceChildren(
    seats === 0 ? "" : picker("Seat", ["Table", ...Array.from({ length: seats }, (_, at) => String(at + 1))], seat, 0, (value) => ((seat = value), paint())),
    picker("Course", ["1", "2", "3", "4"], course, 1, (value) => (course = value)),
    isNew && data.order_type === DINE_IN
      ? picker("Guests", ["–", ...Array.from({ length: 20 }, (_, at) => String(at + 1))], store.get().covers ?? 0, 0, (value) =>
          store.set({ ...store.get(), covers: value || null }))
      : "",
    el("button", { class: "btn basket-allergies", type: "button", onclick: () => allergySheet(seat || null) }, "Allergies"))
}

byId("send").addEventListener("click", () => send())
byId("basket-open").addEventListener("click", () => openBasket(!byId("basket").hasAttribute("data-open")))
byId("basket-close").addEventListener("click", () => openBasket(false))
byId("sheet").addEventListener("click", (event) => {
  if (event.target === event.currentTarget) /** @type {HTMLDialogElement} */ (event.currentTarget).close()
})
byId("search").addEventListener("focus", () => openBasket(false))
addEventListener("online", () => void deliver())

let wasLive = true
watch({
  ...pageBoard(board, board),
  onLink({ state }) {
    if (state === "live" && !wasLive) void deliver() // the server is back: what waits is sent again, under its key
    wasLive = state === "live"
  },
  onBoard(now) {
    left = new Map([...now.cards].map(([id, card]) => leftOf(id, card.html)))
    eightySixed = outOf(left)
    paint()
  },
})
hearCalls(board.dataset.build ?? "")
paintDefaults()
paint()
if (store.get().pending) void deliver()
