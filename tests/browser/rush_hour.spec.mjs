// @ts-check
/** Forty open tickets in three sizes of screen: none is cut, none lies over another, each comes when its page is turned to, and all can be read. */

import { OPEN_ON_GRILL, fortyTickets } from "./forty.mjs"
import { expect, isLive, test } from "./fixtures.mjs"
import { photograph, readableByAll } from "./look.mjs"
import { allDayIsTheSum, isAsFresh } from "./sums.mjs"

/** @typedef {import("@playwright/test").Page} Page */

const SIZES = [[1920, 1080], [1366, 768], [1080, 1920]]

test("forty open tickets stand whole, apart and readable on the station and at the pass", async ({ ownHouse: house, screens }) => {
  test.setTimeout(240_000)
  await fortyTickets(house)
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url: house.url })
  const pass = await screens.signIn("Catarina", "/kitchen/expo", { url: house.url })
  for (const [screen, name, view] of /** @type {const} */ ([[grill, "forty-grill", "station-grill"], [pass, "forty-expo", "expo"]])) {
    await isLive(screen)
    if (screen === grill) await expect(screen.locator("#open-count")).toHaveText(String(OPEN_ON_GRILL))
    await isAsFresh(house, screen, view)
    await allDayIsTheSum(screen)
    await photograph(screen, name, SIZES, () => standsWhole(screen))
    await turnsToTheEnd(screen, name)
    await readableByAll(screen, name)
    await screen.evaluate(() => localStorage.setItem("comanda:screen", JSON.stringify({ text: "huge" })))
    await screen.reload()
    await photograph(screen, `${name}-huge`, SIZES, () => standsWhole(screen))
  }
})

/** @param {Page} screen */
async function standsWhole(screen) {
  await isLive(screen)
  await expect(async () => {
    const { wrong, small } = await screen.evaluate(look)
    expect(wrong).toEqual([])
    expect(small).toEqual([])
  }).toPass({ timeout: 15_000 })
}

/** In the page: what is cut, lies over another, scrolls within itself, or is smaller than may be read at two metres. */
function look() {
  const board = /** @type {HTMLElement} */ (document.getElementById("board"))
  const band = Number.parseFloat(/** @type {HTMLElement} */ (document.getElementById("slots")).style.getPropertyValue("--band"))
  const page = Math.round(board.clientHeight / band) * band
  const top = board.getBoundingClientRect().top - board.scrollTop
  const slots = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#slots > .slot")])
  const boxes = slots.map((slot) => {
    const { left, right, top: above, bottom } = slot.getBoundingClientRect()
    return { id: slot.dataset.for ?? "", left, right, above: above - top, bottom: bottom - top }
  })
  /** @type {string[]} */
  const wrong = []
  for (const [at, box] of boxes.entries()) {
    if (box.left < -1 || box.right > innerWidth + 1) wrong.push(`${box.id} leaves the screen`)
    const pages = [Math.floor((box.above + 1) / page), Math.floor((box.bottom - 1) / page)]
    if (pages[0] !== pages[1] && box.bottom - box.above <= page) wrong.push(`${box.id} is cut by the edge of page ${pages[0]}`)
    for (const other of boxes.slice(at + 1)) {
      if (box.left < other.right - 1 && other.left < box.right - 1 && box.above < other.bottom - 1 && other.above < box.bottom - 1) wrong.push(`${box.id} lies over ${other.id}`)
    }
  }
  for (const slot of slots) {
    const card = slot.firstElementChild
    if (!card) continue
    for (const each of [slot, card, ...card.querySelectorAll(".ticket-head, .ticket-body, .lines, .line")]) {
      if (each.scrollHeight > each.clientHeight + 2 && each.clientHeight > 0 && getComputedStyle(each).overflowY !== "visible") wrong.push(`${slot.dataset.for} hides something in ${each.className}`)
    }
  }
  const least = /** @type {const} */ ([[".ticket-place, .slot-clock", 28], [".line-name, .line-quantity, .modifier, .line-note, .line-before s", 20], [".allergy-word", 28], [".ticket-flag", 20]])
  const small = least.flatMap(([selector, px]) => [...document.querySelectorAll(`#slots :is(${selector})`)].flatMap((element) => {
    const size = Number.parseFloat(getComputedStyle(element).fontSize)
    return element.textContent !== "" && size < px ? [`${element.className}: ${size} px`] : []
  }))
  return { wrong, small: [...new Set(small)] }
}

/**
 * What is seen, and what the strip says is below, are all there is; the last page has none below, and after it comes the first.
 * @param {Page} screen @param {string} name
 */
async function turnsToTheEnd(screen, name) {
  for (const [width = 0, height = 0] of SIZES) {
    await screen.setViewportSize({ width, height })
    await standsWhole(screen)
    const all = await screen.locator("#slots > .slot").count()
    /** @type {Set<string>} */
    const seen = new Set()
    const board = screen.locator("#board")
    await board.evaluate((element) => element.scrollTo({ top: 0 }))
    for (let page = 0; seen.size < all; page += 1) {
      expect(page, `${name} at ${width}: turned ${page} pages, ${all - seen.size} cards never seen`).toBeLessThan(20)
      await expect(async () => {
        const visible = await screen.evaluate(() => {
          const { top, bottom } = /** @type {HTMLElement} */ (document.getElementById("board")).getBoundingClientRect()
          return [...document.querySelectorAll("#slots > .slot")].flatMap((slot) => {
            const box = slot.getBoundingClientRect()
            return box.top >= top - 1 && box.bottom <= bottom + 1 ? [/** @type {HTMLElement} */ (slot).dataset.for ?? ""] : []
          })
        })
        expect(visible.length).toBeGreaterThan(0)
        const fresh = visible.filter((id) => !seen.has(id))
        const words = (await screen.locator("#more-words").textContent()) ?? ""
        const below = Number(/\+(\d+) more/.exec(words)?.[1] ?? 0)
        expect(seen.size + fresh.length + below, `${name} at ${width}, page ${page}: seen, and below`).toBe(all)
        for (const id of fresh) seen.add(id)
      }).toPass({ timeout: 10_000 })
      if (page > 0) await screen.screenshot({ path: `test-results/screens/${name}-${width}x${height}-page-${page + 1}.png` })
      await screen.keyboard.press("n")
    }
    await expect(board, "after the last page comes the first").toHaveJSProperty("scrollTop", 0)
  }
}
