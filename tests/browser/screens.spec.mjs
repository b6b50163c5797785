// @ts-check
/** A screen that a manager saves: made by a form, shown on the wall, and another one while somebody looks at it. */

import { expect, isLive, isReady, tableOf, test } from "./fixtures.mjs"
import { photograph, readableByAll } from "./look.mjs"

const WALL = { viewport: { width: 1366, height: 768 } }

test("a manager saves a screen and changes it under the cook's eyes, whose page is not loaded anew", async ({ house, screens }) => {
  const url = house.url
  const waiter = await screens.signIn("Inês", "", { url })
  const manager = await screens.signIn("Sofia", "/manage/screens", { url })
  await readableByAll(manager, "saved screens, none yet")
  const form = manager.getByRole("region", { name: "A new screen" })
  await form.getByLabel("Name").fill("Hot line")
  await form.getByRole("button", { name: /^Make it/ }).click()
  await expect(form.getByRole("alert")).toContainText("Choose whose tickets it shows")
  await expect(form.getByLabel("Name"), "nothing that was entered is lost").toHaveValue("Hot line")
  for (const station of ["Grill", "Fry", "Cold"]) await form.getByLabel(station).check()
  await form.getByLabel("Columns").selectOption("2")
  await form.getByRole("button", { name: /^Make it/ }).click()
  const row = manager.locator("li.row", { hasText: "/kitchen/hot-line" })
  await expect(row).toContainText("Grill, Fry, Cold")

  const wall = await screens.signIn("Rui", "/kitchen/hot-line", { url, ...WALL })
  await isLive(wall)
  await expect(wall.getByRole("heading", { name: "Hot line" })).toBeVisible()
  await wall.evaluate(() => Object.assign(window, { isTheSamePage: true }))
  await tableOf(waiter, "3").click()
  await isReady(waiter)
  for (const dish of ["Sardines", "Fries", "Presunto"]) {
    await waiter.locator("#search").fill(dish)
    await waiter.locator(".dish:visible", { hasText: dish }).first().click()
  }
  await waiter.locator("#send").click()
  const cards = wall.locator('article.ticket[data-place="3"]')
  await expect(cards).toHaveCount(3)
  for (const whose of ["GRILL", "FRY", "COLD"]) await expect(cards.filter({ has: wall.locator(".tag", { hasText: whose }) })).toHaveCount(1)
  expect(await columns(wall), "as many as it was told to").toBe(2)
  await readableByAll(wall, "a screen of three stations")
  await photograph(wall, "saved-two-columns", [[1366, 768], [1920, 1080], [1080, 1920], [390, 844], [1366, 768]])

  await row.locator("summary", { hasText: "Change" }).click()
  await readableByAll(manager, "a saved screen, to be changed")
  await photograph(manager, "saved-screens", [[1366, 768], [390, 844], [1366, 768]])
  const change = row.locator("details[open]")
  await change.getByLabel("Name").fill("Hot side")
  await change.getByLabel("Cold").uncheck()
  await change.getByLabel("Columns").selectOption("8")
  await change.getByRole("button", { name: /^Save/ }).click()
  await expect(cards).toHaveCount(2, { timeout: 1_500 })
  await expect(wall.locator("#wall-name")).toHaveText("Hot side")
  await expect(wall).toHaveTitle(/^Hot side · /)
  await expect.poll(() => columns(wall), "as many as fit").toBeGreaterThan(3)
  expect(await wall.evaluate(() => "isTheSamePage" in window), "and nothing was loaded anew").toBe(true)
  await photograph(wall, "saved-eight-columns", [[1366, 768], [1920, 1080], [1080, 1920], [390, 844], [1366, 768]])
  await isLive(wall)

  const fry = cards.filter({ has: wall.locator(".tag", { hasText: "FRY" }) })
  await fry.getByRole("button", { name: /^Bump/ }).click()
  await expect(fry).toHaveCount(0)
  await wall.locator("#recall button").click()
  await expect(fry).toContainText("RECALLED")

  await manager.locator("li.row", { hasText: "Hot side" }).locator("summary", { hasText: "Take away" }).click()
  await manager.getByRole("button", { name: /^Yes, take it away/ }).click()
  await expect(wall.locator("#link-words")).toHaveText("Not this screen's board")
  await expect(wall.locator("#not-live-why")).toHaveText("Choose a board from the list of stations.")
  await photograph(wall, "saved-gone", [[1366, 768]])
})

/** @param {import("@playwright/test").Page} wall @returns {Promise<number>} of its grid */
async function columns(wall) {
  return wall.locator(".slots[aria-hidden]").evaluate((gauge) => getComputedStyle(gauge).gridTemplateColumns.split(" ").length)
}
