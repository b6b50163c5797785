// @ts-check
/** Where cards stand on one screen: kept first by its own people, and gaps that close as this screen was told. */

import { cardAt } from "./house.mjs"
import { expect, isLive, test, walkTo } from "./fixtures.mjs"
import { photograph, readableByAll } from "./look.mjs"

/** @typedef {import("@playwright/test").Page} Page */

const WALL = { viewport: { width: 1366, height: 768 } }

/** @param {import("./house.mjs").House} house @param {string[]} tables an order each, oldest first */
async function orders(house, tables) {
  const placed = []
  for (const table of tables) placed.push(await house.order(table, [{ dish: "Sardines", quantity: 2 }]))
  return placed
}

/** The demo's own, which is longer than the others. @param {Page} grill */
async function bumpTheDemos(grill) {
  await isLive(grill)
  await cardOf(grill, "7").getByRole("button", { name: /^Bump/ }).click()
  await expect(cardOf(grill, "7")).toHaveCount(0)
}

/** @param {Page} screen @returns {Promise<string[]>} the tables of the cards as the eye reads them */
function order(screen) {
  return screen.locator("#slots > .slot > article").evaluateAll((cards) => cards.map((card) => /** @type {HTMLElement} */ (card).dataset.place ?? ""))
}

/** @param {Page} screen @param {string} table */
const cardOf = (screen, table) => screen.locator(`article.ticket[data-place="${table}"]`)
/** @param {Page} screen @param {string} table */
const slotOf = (screen, table) => screen.locator(".slot", { has: cardOf(screen, table) })

test("a card is kept first on one screen, by a key and by a finger, and nobody else’s screen changes", async ({ ownHouse: house, screens }) => {
  const url = house.url
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url, ...WALL })
  const other = await screens.signIn("Fernanda", "/kitchen/grill", { url, ...WALL })
  const expo = await screens.signIn("Catarina", "/kitchen/expo", { url, ...WALL })
  await bumpTheDemos(grill)
  await orders(house, ["6", "1", "2", "3", "4"])
  for (const screen of [grill, other, expo]) await isLive(screen)
  await expect(grill.locator("article.ticket")).toHaveCount(5)
  expect(await order(grill)).toEqual(["6", "1", "2", "3", "4"])

  const asItCame = await cardOf(grill, "3").evaluate((card) => card.outerHTML)
  await walkTo(grill, cardOf(grill, "3"))
  await grill.keyboard.press("f")
  await expect(slotOf(grill, "3")).toContainText("PINNED")
  expect(await order(grill)).toEqual(["3", "6", "1", "2", "4"])
  expect(await cardOf(grill, "3").evaluate((card) => card.outerHTML), "the mark is the slot’s").toBe(asItCame)
  await expect(cardOf(grill, "3").getByRole("button", { name: /^Bump/ }), "Enter is still for the card").toBeFocused()

  await slotOf(grill, "4").getByRole("button", { name: "Keep 4 first" }).click()
  expect(await order(grill), "in the order in which they were pinned").toEqual(["3", "4", "6", "1", "2"])
  await slotOf(grill, "2").getByRole("button", { name: "Keep 2 first" }).click()
  await slotOf(grill, "2").getByRole("button", { name: /^PINNED/ }).click()
  await expect(slotOf(grill, "2")).not.toContainText("PINNED")
  expect(await order(grill)).toEqual(["3", "4", "6", "1", "2"])
  await readableByAll(grill, "pinned cards")
  await photograph(grill, "pinned", [[1920, 1080], [1080, 1920], [1366, 768]], async () => {
    await expect.poll(() => grill.evaluate(hasOverlap)).toBe(false)
  })

  // What is in a hurry goes before all others, but for those.
  const [rushed] = await orders(house, ["5"])
  await cardOf(expo, "5").locator(".more-key").click()
  await cardOf(expo, "5").getByRole("button", { name: "Rush" }).click()
  await expect(cardOf(grill, "5")).toContainText("RUSH")
  await grill.reload()
  await isLive(grill)
  await expect(slotOf(grill, "3")).toContainText("PINNED")
  expect(await order(grill)).toEqual(["3", "4", "5", "6", "1", "2"])
  await other.reload()
  await isLive(other)
  await expect(other.getByText("PINNED")).toHaveCount(0)
  expect(await order(other)).toEqual(["5", "6", "1", "2", "3", "4"])

  // At the pass as well; there a card's head opens what is seldom done, and its clock pins.
  await slotOf(expo, "1").getByRole("button", { name: "Keep 1 first" }).click()
  await expect(slotOf(expo, "1")).toContainText("PINNED")
  await expect(expo.locator("details.more[open]")).toHaveCount(0)
  await photograph(expo, "pinned-expo", [[1366, 768]])

  // Whose card left is forgotten.
  await cardOf(grill, "3").getByRole("button", { name: /^Bump/ }).click()
  await expect(cardOf(grill, "3")).toHaveCount(0)
  await grill.getByRole("button", { name: "Recall last" }).click()
  await expect(cardOf(grill, "3")).toContainText("RECALLED")
  await expect(slotOf(grill, "3")).not.toContainText("PINNED")
  await expect(grill.locator(`.slot.is-pinned #${cardAt(rushed ?? missing(), "grill")}`)).toHaveCount(0)
  await expect(grill.locator("html")).not.toHaveAttribute("data-mismatches", /./)
})

test("gaps close as the screen was told: the next one fills them, all close up, or they stay until somebody says so", async ({ ownHouse: house, screens }) => {
  const url = house.url
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url, ...WALL })
  await bumpTheDemos(grill)
  await orders(house, ["1", "2", "3", "4", "5", "6"])
  await isLive(grill)
  await expect(grill.locator("article.ticket")).toHaveCount(6)
  const places = () => grill.locator("#slots > .slot").evaluateAll((slots) => Object.fromEntries(slots.map((slot) => {
    return [/** @type {HTMLElement} */ (slot.firstElementChild).dataset.place, /** @type {HTMLElement} */ (slot).style.gridArea]
  })))
  const bump = async (/** @type {string} */ table) => {
    await cardOf(grill, table).getByRole("button", { name: /^Bump/ }).click()
    await expect(cardOf(grill, table)).toHaveCount(0)
  }
  const choose = async (/** @type {string} */ words) => {
    await grill.keyboard.press("o")
    await grill.locator("#options").getByRole("button", { name: words }).press("Enter")
    await expect(grill.getByRole("button", { name: words })).toHaveAttribute("aria-pressed", "true")
    await grill.keyboard.press("Escape")
    await expect(grill.locator("#options")).toBeHidden()
  }

  await choose("The gap stays until I close up")
  const before = await places()
  await bump("1")
  const { 1: _, ...left } = before
  expect(await places(), "nobody moved").toEqual(left)
  const more = grill.locator("#more")
  await expect(more).toHaveText("Close up")
  await photograph(grill, "gap-stays", [[1366, 768]])
  await grill.reload()
  await isLive(grill)
  await expect(grill.locator("article.ticket")).toHaveCount(5)
  const afresh = await places()
  expect(afresh[2], "a page that is drawn anew has no gaps").toBe(before[1])
  await bump("3")
  await bump("4")
  expect((await places())[5]).toBe(afresh[5])
  await grill.keyboard.press("g")
  await expect(more).toBeHidden()
  expect((await places())[5], "closed up").toBe(afresh[3])
  await bump("2")
  await more.click()
  expect((await places())[5]).toBe(afresh[2])

  await choose("All close up at once")
  await bump("5")
  await expect.poll(async () => (await places())[6], "without a touch, once no second tap can follow").toBe(afresh[2])
  await expect(more).toBeHidden()
})

/** In the page. */
function hasOverlap() {
  const boxes = [...document.querySelectorAll("#slots > .slot")].map((slot) => slot.getBoundingClientRect())
  return boxes.some((a, at) => boxes.slice(at + 1).some((b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1))
}

/** @returns {never} */
function missing() {
  throw new Error("that order was never placed")
}
