// @ts-check
/** A meal of three courses, played on four pages at once: by mouse and finger, and by a bump bar alone. */

import { expect, isLive, isReady, test } from "./fixtures.mjs"
import { readableByAll } from "./look.mjs"

/** @typedef {import("@playwright/test").Page} Page */

/** @param {Page} waiter @param {string} table @param {[string, string][]} dishes the course first */
async function order(waiter, table, dishes) {
  await waiter.locator(".tile", { hasText: table }).locator(".tile-table").click()
  await isReady(waiter)
  for (const [course, dish] of dishes) {
    await waiter.getByLabel("Course").first().selectOption({ label: course })
    await waiter.locator("#search").fill(dish)
    await waiter.locator(".dish:visible", { hasText: dish }).click()
  }
}

test("later courses wait, go when they are fired, and are ticked off line by line", async ({ house, screens }) => {
  const url = house.url
  const waiter = await screens.signIn("Inês", "", { url })
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url, viewport: { width: 1920, height: 1080 } })
  const expo = await screens.signIn("Catarina", "/kitchen/expo", { url, viewport: { width: 1920, height: 1080 } })
  const cold = await screens.signIn("Fernanda", "/kitchen/cold", { url })
  for (const screen of [grill, expo, cold]) await isLive(screen)

  await order(waiter, "T4", [["1", "Caldo verde"], ["2", "Sardines"], ["2", "Cauliflower from the embers"], ["3", "Arroz doce"]])
  const courses = waiter.locator(".basket-course")
  await expect(courses).toHaveCount(3)
  await expect(courses.nth(0)).toContainText("cooked at once")
  await expect(courses.nth(1)).toContainText("on hold")
  await waiter.locator("#send").click()
  await expect(waiter.locator("#basket-news")).toContainText("Courses 2, 3 on hold")

  const card = grill.locator('article.ticket[data-place="T4"]')
  await expect(card).toContainText("HOLD")
  await expect(card.getByRole("button")).toHaveCount(0)
  await expect(grill.locator("#all-day")).not.toContainText("Cauliflower")
  await expect(cold.locator('article.ticket[data-place="T4"]')).toContainText("HOLD")
  const held = expo.locator('article.fire.is-held[data-place="T4"]')
  await expect(held).toHaveCount(2)

  // The waiter fires the second course from the check.
  await waiter.locator("#basket-news").getByText("See the check").click()
  await isReady(waiter)
  await waiter.getByRole("button", { name: "Fire course 2" }).click()
  await expect(waiter.getByRole("button", { name: "Fire course 2" })).toHaveCount(0)
  await expect(card).not.toContainText("HOLD")
  await expect(grill.locator("#all-day")).toContainText("Cauliflower")

  // The guests are in a hurry: the pass says so, takes it back in time, and says it again.
  const cooking = expo.locator('article.fire[data-place="T4"]', { hasText: "Sardines" })
  for (const isMeant of [false, true]) {
    await cooking.locator(".more-key").click()
    await cooking.getByRole("button", { name: "Rush" }).click()
    await expect(card).toContainText("RUSH")
    if (!isMeant) await expo.locator("#toasts").getByRole("button", { name: "Undo" }).click()
    if (!isMeant) await expect(card).not.toContainText("RUSH")
  }
  await expect(grill.locator("#front")).toContainText("RUSH T4")
  await expect(waiter.locator(".receipt-rush")).toContainText("RUSH since")

  await card.getByRole("button", { name: "Start" }).click()
  await expect(card).toContainText("COOKING")
  const sardines = waiter.locator(".check-line", { hasText: "Sardines" })
  await expect(sardines).toContainText("Cooking")
  await card.getByRole("button", { name: "Sardines" }).click()
  await expect(card.locator(".line", { hasText: "Sardines" })).toContainText("Ready")
  await expect(sardines).toContainText("Ready")
  await card.getByRole("button", { name: "Sardines" }).click() // it was the wrong one
  await expect(card.locator(".line", { hasText: "Sardines" })).not.toContainText("Ready")
  await card.getByRole("button", { name: "Sardines" }).click()
  await card.getByRole("button", { name: "Cauliflower" }).click()
  await expect(card).toHaveCount(0)
  await expect(grill.locator("#toasts").getByRole("button", { name: "Undo" }), "two quick taps, one way back").toHaveCount(1)
  await grill.locator("#toasts").getByRole("button", { name: "Undo" }).click()
  await expect(card.locator(".line", { hasText: "Sardines" })).toContainText("Ready")
  await expect(card.locator(".line", { hasText: "Cauliflower" })).not.toContainText("Ready")
  await card.getByRole("button", { name: "Bump" }).click()
  await expect(card).toHaveCount(0)

  // The expediter hands it over and fires the third.
  const ready = expo.locator('article.fire.is-ready[data-place="T4"]')
  await ready.getByRole("button", { name: "Hand over" }).click()
  await expect(ready).toHaveCount(0)
  await held.getByRole("button", { name: "Fire" }).click()
  await expect(held).toHaveCount(0)
  await expect(cold.locator('article.ticket[data-place="T4"]')).not.toContainText("HOLD")
  await expect(sardines).toContainText("Served")
})

test("a bump bar chooses, begins, ticks, bumps and brings back, and nobody touches the screen", async ({ ownHouse, screens }) => {
  const url = ownHouse.url
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url, viewport: { width: 1366, height: 768 } })
  await isLive(grill)
  await ownHouse.order("T4", [{ dish: "Sardines" }, { dish: "Cauliflower from the embers" }])
  await ownHouse.order("T4", [{ dish: "Sardines", course: 2 }, { dish: "Caldo verde" }])
  const card = grill.locator('article.ticket[data-place="T4"]:not(.is-held)')
  await expect(card).toHaveCount(1)
  await expect(grill.locator("article.ticket")).toHaveCount(3) // table 7's, this one, and one on hold
  const press = (/** @type {string[]} */ ...keys) => keys.reduce((before, key) => before.then(() => grill.keyboard.press(key)), Promise.resolve())

  await press("1", "ArrowRight")
  await expect(card.locator(":focus")).toHaveText(/Bump/)
  await press("c")
  await expect(card).toContainText("COOKING")
  await expect(card.locator(":focus")).toHaveCount(1) // the swap kept it
  await press("ArrowDown")
  await expect(card.locator(".line:first-child :focus")).toHaveCount(1)
  await press(" ")
  await expect(card.locator(".line:first-child")).toContainText("Ready")
  await expect(card.locator(".line:first-child :focus")).toHaveCount(1)
  await press(" ")
  await expect(card.locator(".line:first-child")).not.toContainText("Ready")
  await press("ArrowRight") // the last one: what is on hold has nothing to choose
  await expect(card.locator(":focus")).toHaveCount(1)
  await press("Enter")
  await expect(card).toHaveCount(0)

  await press("l")
  await expect(grill).toHaveURL(/\/kitchen\/grill\/recent/)
  await readableByAll(grill)
  await grill.getByRole("searchbox").fill("T4")
  await press("Enter")
  const row = grill.locator(".recent-row")
  await expect(row).toHaveCount(1)
  await expect(row).toContainText("1 Sardines, 1 Cauliflower")
  await row.getByRole("button", { name: "Recall" }).focus()
  await press("Enter")
  await expect(grill).toHaveURL(/\/kitchen\/grill$/)
  await expect(card).toContainText("RECALLED ×1")
})
