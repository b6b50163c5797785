// @ts-check
/** A guest who must not eat something: asked about at the table, read at the station and at the pass, told late, and proved. */

import { expect, isLive, isReady, test } from "./fixtures.mjs"
import { readableByAll } from "./look.mjs"

test("an allergy is asked about, read before anything begins, raised again when it comes late, and proved", async ({ house, screens }, info) => {
  const url = house.url
  const waiter = await screens.signIn("Inês", "", { url, viewport: { width: 1280, height: 800 } })
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url, viewport: { width: 1366, height: 768 } })
  const expo = await screens.signIn("Catarina", "/kitchen/expo", { url, viewport: { width: 1366, height: 768 } })
  for (const screen of [grill, expo]) await isLive(screen)

  await waiter.locator(".tile-table", { has: waiter.getByRole("heading", { name: "4", exact: true }) }).click()
  await isReady(waiter)
  await waiter.getByRole("button", { name: "Allergies" }).click()
  await waiter.locator("#sheet").getByLabel("2", { exact: true }).check()
  await waiter.locator("#sheet").getByLabel("fish", { exact: true }).check()
  await waiter.screenshot({ path: info.outputPath("sheet.png") })
  await waiter.locator("#sheet").getByRole("button", { name: "Done" }).click()
  await expect(waiter.locator(".basket-allergy")).toHaveText("ALLERGY Seat 2: fish · told with Send")

  // What contains it says so, for whoever orders now.
  await waiter.getByLabel("Seat").first().selectOption({ label: "1" })
  await waiter.locator("#search").fill("Sardines")
  const sardines = waiter.locator(".dish:visible", { hasText: "Sardines" })
  await expect(sardines).not.toContainText("contains fish")
  await waiter.getByLabel("Seat").first().selectOption({ label: "2" })
  await expect(sardines).toContainText("contains fish")
  await sardines.click()
  const asked = waiter.locator("#sheet").getByLabel(/it contains fish/)
  await expect(asked).toBeVisible()
  await readableByAll(waiter)
  await waiter.locator("#sheet").getByRole("button", { name: /^Add/ }).click()
  await expect(waiter.locator(".basket-obstacle")).toContainText("contains fish")
  await waiter.locator("#send").click()
  await expect(waiter.locator("#basket-news")).toContainText("Not sent")
  await waiter.screenshot({ path: info.outputPath("asked.png") })
  await waiter.getByRole("button", { name: "Change Sardines" }).click()
  await asked.check()
  await waiter.locator("#sheet").getByRole("button", { name: /^Change/ }).click()
  await expect(waiter.locator(".basket-facts")).toContainText("leaves it out")
  await waiter.locator("#send").click()
  await expect(waiter.locator("#basket-news")).toContainText("Sent")

  // The cook reads it first: there is nothing else to tap. With the keyboard alone: which card, then A.
  const card = grill.locator('article.ticket[data-place="4"]')
  await expect(card).toContainText("ALLERGY Seat 2: FISH")
  await expect(card).toContainText("CONTAINS FISH")
  await expect(card.getByRole("button")).toHaveText([/Allergy seen/])
  await grill.screenshot({ path: info.outputPath("grill.png") })
  await readableByAll(grill)
  await card.getByRole("button", { name: /Allergy seen/ }).focus()
  await grill.keyboard.press("a")
  await expect(card.getByRole("button", { name: /Bump/ })).toBeVisible()

  // Told late, on the check: it is raised again.
  await waiter.locator("#basket-news").getByText("See the check").click()
  await isReady(waiter)
  await waiter.getByText("Tell an allergy").click()
  await waiter.locator("#allergy-form").getByLabel("celery", { exact: true }).check()
  await waiter.getByRole("button", { name: "Tell the kitchen" }).click()
  await expect(waiter.locator("#check-allergies")).toContainText("Table: celery")
  await waiter.screenshot({ path: info.outputPath("check.png"), fullPage: true })
  await readableByAll(waiter)
  await expect(card).toContainText("Table: CELERY")
  await card.getByRole("button", { name: /Allergy seen/ }).click()
  await card.getByRole("button", { name: /Bump/ }).click()
  await expect(card).toHaveCount(0)

  const fire = expo.locator('article.fire[data-place="4"]')
  await expect(fire).toContainText("READY")
  await expect(fire.getByRole("button", { name: /Hand over/ })).toHaveCount(0)
  await expo.screenshot({ path: info.outputPath("expo.png") })
  await fire.getByRole("button", { name: /Allergy seen/ }).click()
  await fire.getByRole("button", { name: /Hand over/ }).click()
  await expect(fire).toHaveCount(0)

  await waiter.getByText("Who knew what, and when").click()
  const steps = waiter.locator(".chain-step")
  await expect(steps).toHaveText([
    /Told for seat 2: fish Inês/, /Ordered for seat 2: Sardines, although it contains fish.* Inês/, /Seen at Grill Rui/,
    /Told for the whole table: celery Inês/, /Seen at Grill Rui/, /Seen at the pass Catarina/,
  ])
  await waiter.screenshot({ path: info.outputPath("chain.png"), fullPage: true })
  await readableByAll(waiter)
})
