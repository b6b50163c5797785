// @ts-check
// The status page draws itself anew every few seconds, and says so when it no longer can.

import { byId } from "../lib/dom.js"
import { localize, tickAgo } from "../lib/times.js"

const EVERY_MS = 3_000
/** How much older than that the page may be before it says so. */
const STALE_AFTER_MS = 10_000

const place = byId("status")
let drawnAt = performance.now()
/** The server's clock when the page was drawn. */
let nowMs = Date.parse(place.dataset.now ?? "")

const now = () => nowMs + performance.now() - drawnAt

async function refresh() {
  if (document.visibilityState !== "visible") return
  const response = await fetch(location.pathname, { headers: { accept: "text/html" } })
  if (response.status === 401) return location.reload() // signed out: the server says where to
  if (!response.ok) return
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("status")
  if (!fresh) return
  const scrolled = [...place.querySelectorAll(".table-scroll")].map((table) => table.scrollLeft)
  const focused = [...place.querySelectorAll(".table-scroll")].findIndex((table) => table === document.activeElement)
  localize(fresh)
  place.replaceChildren(...fresh.childNodes)
  for (const [at, table] of [...place.querySelectorAll(".table-scroll")].entries()) {
    table.scrollLeft = scrolled[at] ?? 0
    if (at === focused && table instanceof HTMLElement) table.focus({ preventScroll: true })
  }
  drawnAt = performance.now()
  nowMs = Date.parse(fresh.dataset.now ?? "")
}

function tick() {
  const age = performance.now() - drawnAt
  const stale = byId("status-stale")
  stale.hidden = age < STALE_AFTER_MS
  const words = stale.hidden ? "" : "The server does not answer: this page is not current."
  if (stale.textContent !== words) stale.textContent = words
  tickAgo(place, now())
}

localize(document)
tick()
setInterval(tick, 1_000)
setInterval(() => refresh().catch(() => {}), EVERY_MS)
