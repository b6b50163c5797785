// @ts-check
/** A ticket that no screen shows: the waiter is told to go and tell the station, until a screen shows it. */

import { expect, isReady, test } from "./fixtures.mjs"

test("an order that no kitchen screen shows alarms the floor after five seconds, until a screen shows it", async ({ house, screens }) => {
  const waiter = await screens.signIn("Inês", `/tables/${house.table("T9")}`, { url: house.url })
  await isReady(waiter)
  await waiter.locator("#search").fill("Sardines")
  await waiter.locator(".dish:visible", { hasText: "Sardines" }).click()
  const sentAt = Date.now()
  await waiter.locator("#send").click()
  await expect(waiter.locator("#basket-news")).toContainText("Sent #")
  await waiter.locator("#basket-news").getByText("See the check").click()
  const check = waiter.locator(".receipt-ticket", { hasText: "Grill" })
  await expect(check).toContainText("Not shown yet")

  const floor = await waiter.context().newPage()
  await floor.goto(`${house.url}/floor`)
  const tile = floor.locator(`#b-${house.table("T9")}`)
  await expect(tile).toBeVisible()
  await expect(tile.locator(".tile-unseen")).toHaveCount(0)
  const alarm = tile.locator(".tile-unseen")
  await expect(alarm).toContainText("No screen shows it: go and tell Grill", { timeout: 15_000 })
  expect(Date.now() - sentAt).toBeGreaterThan(4_900)
  await expect(alarm.locator("time")).toHaveText(/^\d+ s$/)
  await expect(check).toContainText("go and tell Grill")

  const grill = await screens.signIn("Rui", "/kitchen/grill", { url: house.url })
  const card = grill.locator('article[data-place="T9"]')
  await expect(card).toHaveCount(1)
  await card.scrollIntoViewIfNeeded() // other stories' cards may fill the first page, and what is below is not shown
  await expect(alarm).toHaveCount(0, { timeout: 10_000 })
  await expect(check).toContainText("Shown on Grill")
  await expect(check).not.toContainText("go and tell")
})
