// @ts-check
// A check: listens to the floor, fetches itself again when its tile changes, posts its forms in place.

import { command } from "../lib/command.js"
import { watch } from "../lib/connection.js"
import { inbox } from "../floor/inbox.js"
import { byId } from "../lib/dom.js"
import { newId } from "../lib/ids.js"
import { localize, tickAgo } from "../lib/times.js"
import { merge, remember } from "./merge.js"

const main = byId("main")
/** A party may sit down elsewhere: then another tile tells of its check. */
const tileId = () => main.dataset.tile ?? ""
const calls = inbox(byId("inbox"), { name: main.dataset.viewer ?? "", manages: main.dataset.manages !== undefined }, (words) => (byId("check-words").hidden = false, (byId("check-words").textContent = words)))
let isFetching = false
let isStale = false
/** The tile's stamp that this page shows at least; gone (a closed takeaway) counts as another. */
let tileSeq = -1

/** Fetches the page and takes what changed; a change that comes meanwhile asks once more. */
async function refresh() {
  isStale = true
  if (isFetching) return
  isFetching = true
  while (isStale) {
    isStale = false
    await refetch().catch(() => {})
  }
  isFetching = false
}

async function refetch() {
  const response = await fetch(location.pathname, { headers: { accept: "text/html" } })
  if (!response.ok) return
  const page = new DOMParser().parseFromString(await response.text(), "text/html")
  const fresh = page.getElementById("main")
  if (!fresh) return
  for (const field of fresh.querySelectorAll("input[data-keep]")) {
    // A payment keeps its key: what was tried once is never another payment.
    const known = /** @type {HTMLInputElement | null} */ (main.querySelector(`input[data-keep][name="${field.getAttribute("name")}"]`))
    if (known) field.setAttribute("value", known.defaultValue)
  }
  if (fresh.dataset.tile !== tileId()) {
    tileSeq = -1
    main.dataset.tile = fresh.dataset.tile
    const [bar, now] = [document.querySelector(".bar-title"), page.querySelector(".bar-title")]
    if (bar && now) bar.textContent = now.textContent
  }
  merge(main, fresh)
  localize(main)
}

/** @param {HTMLFormElement} form @returns {Record<string, string | number>} what the command is asked with */
function bodyOf(form) {
  const data = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]))
  const { back: _, reason_words: words = "", ...body } = /** @type {Record<string, string>} */ (data)
  const said = words.trim()
  if (body.reason === "other") body.reason = said
  else if (body.reason && said) body.reason = `${body.reason}: ${said}`
  /** @type {Record<string, string | number>} */
  const typed = { ...body }
  for (const name of ["quantity", "amount_minor"]) if (body[name] !== undefined) typed[name] = Number(body[name])
  return typed
}

/** @param {HTMLFormElement} form @param {string} text next to what caused it */
function fail(form, text) {
  const place = /** @type {HTMLElement} */ (form.querySelector("[role=alert]") ?? byId("check-words"))
  place.hidden = text === ""
  place.textContent = text
}

/** @param {HTMLFormElement} form what is focused is not replaced, and this may be gone in a moment: of a held course all of it */
function leave(form) {
  const line = form.closest(".held-course, .allergies") ? main : form.closest("li, section")
  if (!(line instanceof HTMLElement) || !line.contains(document.activeElement)) return
  line.tabIndex = -1
  line.focus({ preventScroll: true })
}

main.addEventListener("submit", async (event) => {
  const form = event.target
  if (!(form instanceof HTMLFormElement) || !form.hasAttribute("data-command")) return
  event.preventDefault()
  if (form.hasAttribute("data-busy")) return
  const body = bodyOf(form)
  if (body.reason === "") return fail(form, "Write the reason in a few words.")
  form.setAttribute("data-busy", "")
  fail(form, "")
  const done = await command(new URL(form.action).pathname, body)
  form.removeAttribute("data-busy")
  if (!done.ok) {
    fail(form, done.words)
    if (!form.closest(".held-course")) return
    leave(form) // what refused it is not on this page yet
    return refresh()
  }
  if (body.kind === "cash") return location.assign("/floor")
  form.reset()
  const key = form.querySelector('input[name="id"]')
  if (key instanceof HTMLInputElement) key.value = newId() // what was asked is done: the next is another one
  form.closest("details")?.removeAttribute("open")
  leave(form)
  await refresh()
})

remember(main)
localize(document)
const live = watch({
  view: main.dataset.view ?? "floor",
  epoch: main.dataset.epoch ?? "",
  seq: 0,
  build: main.dataset.build ?? "",
  nowMs: Number(main.dataset.nowMs),
  onBoard(board) {
    calls.show([...board.cards.values()].map(({ html }) => html))
    tickAgo(main, live.now())
    const seq = board.cards.get(tileId())?.seq ?? 0
    const isDrawn = tileSeq === -1 ? seq <= Number(main.dataset.seq) && (seq > 0 || !document.getElementById("check-close")) : seq === tileSeq
    tileSeq = seq
    if (!isDrawn) void refresh()
  },
})

setInterval(() => tickAgo(main, live.now()), 1_000)
