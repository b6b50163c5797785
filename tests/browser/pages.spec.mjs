// @ts-check
/** Every page on a busy Friday: readable by everyone (axe), and photographed at the sizes it must be good on. */

import { busyFriday } from "./friday.mjs"
import { expect, isLive, isReady, test as base } from "./fixtures.mjs"
import { House } from "./house.mjs"
import { photograph, readableByAll } from "./look.mjs"

/** @typedef {import("@playwright/test").Page} Page */

const WALLS = [[1920, 1080], [1366, 768], [1080, 1920]]
const TABLETS = [[1280, 800], [800, 1280], [390, 844]]

const test = /** @type {import("@playwright/test").TestType<any, any>} */ (
  base.extend({
    friday: [
      async ({}, use) => {
        const house = new House()
        try {
          await house.open()
          await busyFriday(house)
          await use(house)
        } finally {
          await house.close()
        }
      },
      { scope: "worker", timeout: 120_000 },
    ],
  })
)

test("the sign-in page", async ({ friday, page }) => {
  await page.goto(`${friday.url}/sign-in`)
  await readableByAll(page)
  await photograph(page, "sign-in", TABLETS)
  await page.locator(".person", { hasText: "Inês" }).click()
  await readableByAll(page, "the pad")
  await photograph(page, "sign-in-pad", TABLETS)
})

test("the floor and a check", async ({ friday, screens }) => {
  const waiter = await screens.signIn("Inês", "", { url: friday.url })
  await isReady(waiter)
  await readableByAll(waiter)
  await photograph(waiter, "floor", TABLETS)
  await waiter.setViewportSize({ width: 1280, height: 800 })
  await waiter.locator('.tile[data-state="ready"] .tile-check').first().click()
  await isReady(waiter)
  await readableByAll(waiter)
  await waiter.goto(`${friday.url}/floor`)
  await waiter.locator(".tile", { hasText: "courses on hold" }).locator(".tile-check").click()
  await isReady(waiter)
  await readableByAll(waiter, "courses on hold")
  await photograph(waiter, "check-held", TABLETS)
  await waiter.setViewportSize({ width: 1280, height: 800 })
  await waiter.locator(".void summary").first().click()
  await readableByAll(waiter, "the void form")
  await photograph(waiter, "check", TABLETS)
  await waiter.goto(`${friday.url}/checks/00000000-0000-7000-8000-000000000000`)
  await readableByAll(waiter, "an address that leads nowhere")
  await photograph(waiter, "nowhere", TABLETS)
})

test("the order page", async ({ friday, screens }) => {
  const waiter = await screens.signIn("Inês", `/tables/${friday.table("T10")}`, { url: friday.url })
  await isReady(waiter)
  for (const dish of ["Caldo verde", "Veal croquettes", "Veal croquettes", "Garlic prawns"]) {
    await waiter.locator(".dish", { hasText: dish }).click()
  }
  await waiter.locator(".tab", { hasText: "Charcoal grill" }).click()
  await waiter.locator(".dish", { hasText: "Rib-eye" }).click()
  const sheet = waiter.locator("#sheet")
  await sheet.locator(".sheet-go").click()
  await readableByAll(waiter, "the sheet")
  await photograph(waiter, "order-sheet", TABLETS)
  await waiter.setViewportSize({ width: 1280, height: 800 })
  for (const choice of ["Medium rare", "Fries", "Peppercorn sauce"]) await sheet.locator(".choice", { hasText: choice }).first().click()
  await sheet.locator("textarea").fill("Allergic to shellfish, please")
  await sheet.locator(".sheet-go").click()
  await readableByAll(waiter)
  await expect(waiter.locator("#toast")).toBeHidden()
  await photograph(waiter, "order", TABLETS)
  await waiter.locator("#basket-open").click()
  await readableByAll(waiter, "the basket on a phone")
  await photograph(waiter, "order-basket", [[390, 844]])
})

test("the manager's page", async ({ friday, screens }) => {
  const manager = await screens.signIn("Sofia", "/manage", { url: friday.url })
  await readableByAll(manager)
  await photograph(manager, "manage", [[1280, 800], [800, 1280]])
})

test("the status page, with screens of every kind and a ticket that nobody sees", async ({ friday, screens }) => {
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url: friday.url })
  await isLive(grill)
  const expo = await screens.signIn("Catarina", "/kitchen/expo", { url: friday.url })
  await isLive(expo)
  const waiter = await screens.signIn("Inês", "", { url: friday.url })
  await isReady(waiter)
  const manager = await screens.signIn("Sofia", "/manage/status", { url: friday.url })
  const rows = manager.locator("#status tbody").first()
  for (const view of ["Grill", "Expo", "Floor"]) await expect(rows.locator("tr", { hasText: view })).toContainText("Current")
  await expect(manager.locator(".verdict")).toContainText("go and tell", { timeout: 15_000 }) // the other stations have no screen
  await readableByAll(manager)
  await photograph(manager, "status", [[1280, 800], [800, 1280], [390, 844]])
  // It draws itself anew: a screen that is closed goes, and a table that was scrolled stays where it was.
  await grill.close()
  await expect(rows.locator("tr", { hasText: "Grill" })).toHaveCount(0)
})

test("the kitchen's screens", async ({ friday, screens }) => {
  const cook = await screens.signIn("Rui", "/kitchen", { url: friday.url })
  await readableByAll(cook)
  await photograph(cook, "stations", [[1366, 768]])
  await cook.goto(`${friday.url}/kitchen/cold/recent`)
  await readableByAll(cook)
  await photograph(cook, "recent", [[1366, 768], [1080, 1920], [390, 844]])
  for (const station of ["grill", "fry", "bar", "expo"]) {
    await cook.goto(`${friday.url}/kitchen/${station}`)
    await isLive(cook)
    await readableByAll(cook)
    await photograph(cook, station, station === "grill" || station === "expo" ? WALLS : WALLS.slice(0, 1), () => standsWhole(cook))
  }
})

/** No card is squeezed into a column that the screen does not have. @param {Page} screen */
async function standsWhole(screen) {
  await isLive(screen)
  const narrowest = () => screen.locator("#slots .slot").evaluateAll((slots) => Math.min(...slots.map((slot) => slot.clientWidth)))
  await expect.poll(narrowest).toBeGreaterThanOrEqual(300)
}
