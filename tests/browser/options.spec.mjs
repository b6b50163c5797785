// @ts-check
/** A screen's own options: by keys alone, kept over a reload, and every key can be another one. */

import { expect, isLive, isReady, tableOf, test, walkTo } from "./fixtures.mjs"
import { photograph, readableByAll } from "./look.mjs"

test("a screen is set up by keys alone, and stays as it was set up", async ({ house, screens }) => {
  const url = house.url
  const waiter = await screens.signIn("Inês", "", { url })
  const cold = await screens.signIn("Fernanda", "/kitchen/cold", { url, viewport: { width: 1366, height: 768 } })
  await isLive(cold)
  await expect(cold.locator("#pace")).toHaveText(/^(–|\d+:\d\d)$/)
  for (const dish of ["Presunto", "Burrata"]) {
    await waiter.goto(url)
    await tableOf(waiter, "5").click()
    await isReady(waiter)
    await waiter.locator("#search").fill(dish)
    await waiter.locator(".dish:visible", { hasText: dish }).click()
    await waiter.locator("#send").click()
    await expect(waiter.locator("#basket-news")).toContainText("Sent")
  }
  const cards = cold.locator('article.ticket[data-place="5"]')
  await expect(cards).toHaveCount(2)
  const widthBefore = (await cards.first().boundingBox())?.width ?? 0

  // O opens the sheet; arrows walk; Enter presses.
  const sheet = cold.locator("#options")
  await cold.keyboard.press("o")
  await expect(sheet).toBeVisible()
  await readableByAll(cold, "the options, dark")
  await photograph(cold, "screen-options", [[1366, 768], [1920, 1080], [1080, 1920], [390, 844], [1366, 768]])
  await expect(cold.getByRole("button", { name: "Done" })).toBeFocused()
  await cold.keyboard.press("ArrowDown")
  await expect(cold.locator("#option-volume")).toBeFocused()
  for (let step = 0; step < 8; step++) await cold.keyboard.press("ArrowLeft")
  await expect(cold.locator("#option-volume-words")).toHaveText("off")
  await cold.keyboard.press("ArrowRight")
  await expect(cold.locator("#option-volume-words")).toHaveText("10 %")
  for (let step = 0; step < 6; step++) await cold.keyboard.press("ArrowDown")
  await expect(cold.getByRole("button", { name: "Small" })).toBeFocused()
  await cold.keyboard.press("ArrowDown")
  await cold.keyboard.press("ArrowDown")
  await cold.keyboard.press("Enter")
  await expect(cold.getByRole("button", { name: "Large" })).toHaveAttribute("aria-pressed", "true")
  await sheet.getByRole("button", { name: "Light" }).press("Enter")
  await readableByAll(cold, "the options, light")

  // This bar's button for "bump" sends B, and the one that is Enter from the start recalls.
  const key = sheet.locator('[data-key-of="bump"]')
  await key.press("Enter")
  await expect(key).toHaveText("Press a key")
  await cold.keyboard.press("b")
  await expect(key).toHaveText("B")
  await sheet.locator('[data-key-of="recall"]').press("Enter")
  await cold.keyboard.press("Enter")
  await expect(sheet.locator('[data-key-of="recall"]')).toHaveText("Enter")
  await cold.keyboard.press("Escape")
  await expect(sheet).toBeHidden()

  await cold.reload()
  await isLive(cold)
  await expect(cold.locator("html")).toHaveAttribute("data-text", "large")
  await expect(cold.locator("html")).toHaveAttribute("data-colours", "light")
  await expect(cards).toHaveCount(2)
  const box = await cards.first().boundingBox()
  expect(box?.width ?? 0, "everything grew with the text").toBeGreaterThan(widthBefore * 1.1)
  await readableByAll(cold, "the wall, light")
  await photograph(cold, "wall-light-large", [[1366, 768], [1080, 1920], [1366, 768]])

  // Other tables may have older cards on this wall: the arrows go to the one that is meant.
  await walkTo(cold, cards.first())
  await cold.keyboard.press("b")
  await expect(cards).toHaveCount(1)
  await cold.keyboard.press("Enter")
  await expect(cards, "recalled by its new key").toHaveCount(2)
  await cold.keyboard.press("r")
  await expect(cards, "R is nobody's now").toHaveCount(2)

  // Set back, it is a new screen's.
  await cold.keyboard.press("o")
  await sheet.getByRole("button", { name: "All keys as they were" }).press("Enter")
  await expect(key).toHaveText("Enter")
  await sheet.getByRole("button", { name: "Done" }).press("Enter")
  await expect(sheet).toBeHidden()
})

test("all day opens with what was chosen, over the cards, and is the sum of them", async ({ house, screens }) => {
  const url = house.url
  const waiter = await screens.signIn("Tiago", "", { url })
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url, viewport: { width: 1366, height: 768 } })
  await isLive(grill)
  await tableOf(waiter, "10").click()
  await isReady(waiter)
  for (const doneness of ["Rare", "Medium", "Rare"]) {
    await waiter.locator("#search").fill("Bitoque")
    await waiter.locator(".dish:visible", { hasText: "Bitoque" }).click()
    for (const choice of [doneness, "Fries"]) await waiter.locator("dialog[open]").getByRole("radio", { name: choice, exact: true }).check()
    await waiter.locator("dialog[open] .sheet-go").click()
  }
  await waiter.locator("#send").click()
  await expect(waiter.locator("#basket-news")).toContainText("Sent")
  await expect(grill.locator('article.ticket[data-place="10"]')).toBeVisible()
  const place = await grill.locator('article.ticket[data-place="10"]').boundingBox()
  await grill.keyboard.press("s")
  const way = grill.locator("#all-day li", { hasText: "Bitoque" })
  await expect(way.locator(".all-day-way", { hasText: "Rare" })).toBeVisible()
  const units = Number(await way.locator("> strong").textContent())
  const ways = (await way.locator(".all-day-way strong").allTextContents()).map(Number)
  expect(ways.reduce((sum, each) => sum + each, 0)).toBe(units)
  expect(await grill.locator('article.ticket[data-place="10"]').boundingBox(), "no card moved").toEqual(place)
  await readableByAll(grill, "all day, open")
  await photograph(grill, "all-day-open", [[1366, 768], [1080, 1920], [1366, 768]])
  await grill.keyboard.press("s")
  await expect(way.locator(".all-day-way", { hasText: "Rare" })).toBeHidden()
})
