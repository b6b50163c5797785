// @ts-check
// The floor, live: tiles are replaced by id, filters hide the rest, minutes tick beside.

import { pageBoard } from "../board/page.js"
import { watch } from "../lib/connection.js"
import { byId, el, keep, kept } from "../lib/dom.js"
import { storageEntries, unsent } from "../lib/drafts.js"
import { minutes, tickAgo } from "../lib/times.js"
import { counts, isShown } from "./filter.js"
import { inbox } from "./inbox.js"

const TICK_MS = 15_000
const FILTER_KEY = "comanda.floor.show"

const root = byId("board")
const viewer = byId("main").dataset.viewer ?? ""
const manages = byId("main").dataset.manages !== undefined
const calls = inbox(byId("inbox"), { name: viewer, manages }, (words) => (byId("filter-empty").hidden = false, (byId("filter-empty").textContent = words)))
let show = kept(FILTER_KEY) ?? "all"

/** @returns {HTMLElement[]} */
const tiles = () => [...root.querySelectorAll("article")]

/** @param {HTMLElement} tile @returns {import("./filter.js").TileFacts} */
function factsOf({ dataset }) {
  return { state: dataset.state ?? "free", waiters: (dataset.waiter ?? "").split(",").filter(Boolean) }
}

/** @param {string} html @returns {HTMLElement | null} */
function articleOf(html) {
  const template = document.createElement("template")
  template.innerHTML = html
  return template.content.querySelector("article")
}

/** @param {HTMLElement} article a tile that is new on the floor goes where its order says */
function insert(article) {
  const name = article.dataset.section ?? ""
  const section = [...root.querySelectorAll("section[data-section]")].find((known) => known.getAttribute("data-section") === name)
  const place = (section ?? root.lastElementChild)?.querySelector(".tiles")
  const after = [...(place?.children ?? [])].find(
    (tile) => tile instanceof HTMLElement && (tile.dataset.sort ?? "") > (article.dataset.sort ?? ""),
  )
  place?.insertBefore(article, after ?? null)
}

/** @param {string} id @param {string} html */
function put(id, html) {
  const article = articleOf(html)
  const old = document.getElementById(id)
  if (!article) return
  if (!old) return insert(article)
  const links = [...old.querySelectorAll("a")]
  const focused = links.findIndex((link) => link === document.activeElement)
  old.replaceWith(article)
  if (focused >= 0) article.querySelectorAll("a")[Math.min(focused, article.querySelectorAll("a").length - 1)]?.focus()
}

/** @param {number} now the server's clock */
function tick(now) {
  for (const time of root.querySelectorAll("time[data-since]")) {
    const since = Date.parse(time.getAttribute("datetime") ?? "")
    const words = minutes(since, now)
    if (!Number.isNaN(since) && time.textContent !== words) time.textContent = words
  }
}

function filter() {
  const facts = tiles().map((tile) => ({ tile, ...factsOf(tile) }))
  for (const { tile, ...fact } of facts) tile.hidden = !isShown(fact, show, viewer)
  for (const section of root.querySelectorAll("section[data-section]")) {
    const isEmpty = [...section.querySelectorAll("article")].every((tile) => /** @type {HTMLElement} */ (tile).hidden)
    const isLoose = section.getAttribute("data-section") === ""
    if (section instanceof HTMLElement) section.hidden = isEmpty && (show !== "all" || !isLoose)
  }
  byId("loose-empty").hidden = show !== "all" || facts.some(({ tile }) => tile.dataset.section === "")
  const nothing = byId("filter-empty")
  nothing.hidden = show === "all" || facts.some(({ tile }) => !tile.hidden)
  nothing.textContent = nothing.hidden ? "" : EMPTY[show] ?? ""
  const found = counts(facts)
  for (const button of byId("filters").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === show))
    const count = button.querySelector("[data-count]")
    if (count) count.textContent = String(found[count.getAttribute("data-count") ?? ""] ?? 0)
  }
}

/** A check that got a table keeps its basket under its own id. @param {string} place */
const isId = (place) => /^[0-9a-f-]{36}$/.test(place)

/** Orders that this tablet keeps: a link to where each can be sent. */
function tellUnsent() {
  const rows = unsent(storageEntries()).flatMap(({ place, units, isPending }) => {
    const label = document.getElementById(`b-${place}`)?.querySelector(".tile-label")?.textContent
    const loose = document.getElementById(`c-${place}`)
    const href = label ? `/tables/${place}` : loose ? `/takeaway?check_id=${place}` : place === "takeaway" ? "/takeaway" : isId(place) ? `/takeaway?check_id=${place}` : null
    if (href === null) return []
    const dishes = `${units} ${units === 1 ? "dish" : "dishes"}`
    const words = isPending ? `${dishes} not confirmed: open to try again` : `${dishes} in the basket, not sent`
    return [el("li", {}, el("a", { class: "unsent-link", "data-pending": isPending, href }, el("strong", {}, label ?? "Takeaway"), ` ${words}`))]
  })
  byId("unsent").replaceChildren(...rows)
  byId("unsent").hidden = rows.length === 0
}

const EMPTY = /** @type {Record<string, string>} */ ({
  mine: "You have no open table. Tap All to see the floor.",
  ready: "Nothing waits at the pass.",
  free: "No table is free.",
})

byId("filters").addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null
  if (!button) return
  show = button.dataset.show ?? "all"
  keep(FILTER_KEY, show)
  filter()
})

const live = watch({
  ...pageBoard(root, root),
  onBoard(board, change) {
    for (const id of change.gone) document.getElementById(id)?.remove()
    for (const id of change.put) put(id, board.cards.get(id)?.html ?? "")
    tick(live.now())
    filter()
    calls.show(tiles().map((tile) => tile.outerHTML))
    tickAgo(byId("main"), live.now())
  },
})

filter()
tick(live.now())
calls.show(tiles().map((tile) => tile.outerHTML))
tickAgo(byId("main"), live.now())
tellUnsent()
addEventListener("storage", tellUnsent)
addEventListener("pageshow", tellUnsent)
setInterval(() => tick(live.now()), TICK_MS)
setInterval(() => tickAgo(byId("main"), live.now()), 1_000)
