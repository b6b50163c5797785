// @ts-check
/** What walls have to do with each other: words that must be read, a screen that is broken, and one that shows something else. */

import { expect, isLive, isReady, test } from "./fixtures.mjs"
import { photograph, readableByAll } from "./look.mjs"

const WALL = { viewport: { width: 1366, height: 768 } }

test("words to the kitchen stand on the wall until they were read, by a key alone", async ({ house, screens }) => {
  const url = house.url
  const manager = await screens.signIn("Sofia", "/messages", { url })
  const bar = await screens.signIn("Rui", "/kitchen/bar", { url, ...WALL })
  await isLive(bar)
  await readableByAll(manager, "messages")
  await manager.locator("select[name=to]").selectOption({ label: "Bar" })
  await manager.getByRole("textbox", { name: "Words" }).fill("No more limes tonight")
  await manager.getByRole("button", { name: "Send" }).click()
  await expect(manager.locator("#main")).toContainText("Bar: not read yet")
  const card = bar.locator("article.message", { hasText: "No more limes tonight" })
  await expect(card).toBeVisible()
  await expect(card).toContainText("Sofia")
  await expect(bar.locator("#front")).toContainText("MESSAGE Sofia")
  await readableByAll(bar, "a message on the wall")
  await photograph(bar, "message", [[1366, 768], [1080, 1920], [1366, 768]])
  // Once chosen, A says that it was read.
  await bar.keyboard.press("ArrowRight")
  while (!(await card.getByRole("button").evaluate((button) => button === document.activeElement))) await bar.keyboard.press("ArrowRight")
  await bar.keyboard.press("a")
  await expect(card).toHaveCount(0)
  await manager.getByRole("link", { name: "Look again" }).click()
  await expect(manager.locator("#main")).toContainText("Bar: read by Rui")
})

test("a station whose screen is broken is shown on another one, and comes back", async ({ house, screens }) => {
  const url = house.url
  const waiter = await screens.signIn("Inês", "", { url })
  const pizza = await screens.signIn("Fernanda", "/kitchen/pizza", { url, ...WALL })
  const cold = await screens.signIn("Rui", "/kitchen/cold", { url, ...WALL })
  const index = await screens.signIn("Catarina", "/kitchen", { url })
  for (const screen of [pizza, cold]) await isLive(screen)
  await readableByAll(index, "the list of stations")
  await index.locator("summary", { hasText: "Pizza" }).click()
  await photograph(index, "lend", [[1366, 768], [390, 844], [1366, 768]])
  await index.locator("details[open]").getByRole("button", { name: /^On Cold/ }).click()
  await expect(index.locator(".lend-word")).toHaveText("Shown on Cold")
  await expect(pizza.locator("article.lent")).toContainText("Pizza’s orders are shown on Cold")

  await waiter.locator(".tile", { hasText: "9" }).first().locator(".tile-table").click()
  await isReady(waiter)
  await waiter.locator("#search").fill("Marinara")
  await waiter.locator(".dish:visible", { hasText: "Marinara" }).click()
  await waiter.locator("dialog[open]").getByRole("radio", { name: "Regular, 32 cm" }).check()
  await waiter.locator("dialog[open] .sheet-go").click()
  await waiter.locator("#send").click()
  const card = cold.locator('article.ticket[data-place="9"]')
  await expect(card).toContainText("PIZZA")
  await expect(pizza.locator('article.ticket[data-place="9"]')).toHaveCount(0)
  await readableByAll(cold, "somebody else's card")
  await photograph(cold, "lent", [[1366, 768]])
  await photograph(pizza, "lent-away", [[1366, 768]])
  await card.getByRole("button", { name: /^Bump/ }).click()
  await expect(card).toHaveCount(0)
  await cold.locator("#toasts").getByRole("button", { name: "Undo" }).click()
  await expect(card).toHaveCount(1)

  await pizza.getByRole("button", { name: "Show them here again" }).click()
  await expect(pizza.locator('article.ticket[data-place="9"]')).toHaveCount(1)
  await expect(card).toHaveCount(0)
  await expect(pizza.locator("article.lent")).toHaveCount(0)
})

test("a screen that shows something else repairs itself, and the status page knows what it was", async ({ house, screens }) => {
  const url = house.url
  const fry = await screens.signIn("Rui", "/kitchen/fry", { url, ...WALL })
  const manager = await screens.signIn("Sofia", "/manage/status", { url })
  await isLive(fry)
  const id = await fry.locator("article.ticket").first().getAttribute("id")
  await fry.evaluate((id) => document.getElementById(id ?? "")?.closest(".slot")?.remove(), id)
  await expect(fry.locator("html")).toHaveAttribute("data-mismatches", "1", { timeout: 15_000 })
  await expect(fry.locator(`[id="${id}"]`), "repaired").toHaveCount(1, { timeout: 15_000 })
  await manager.reload()
  await expect(manager.locator("#status")).toContainText(`${id} was not shown`)
})

test("a manager sets the kitchen up: a route is tried, then done", async ({ house, screens }) => {
  const url = house.url
  const manager = await screens.signIn("Sofia", "/manage/stations", { url })
  await readableByAll(manager, "stations and routes")
  await photograph(manager, "set-up", [[1366, 768], [390, 844], [1366, 768]])
  await manager.getByLabel("A new station").fill("Wood oven")
  await manager.getByRole("button", { name: "Add" }).click()
  const dish = manager.locator(".route-row", { hasText: "Arroz doce" })
  await dish.locator("summary").click()
  await dish.getByRole("checkbox", { name: "Wood oven" }).check()
  await dish.getByRole("button", { name: /^Try/ }).click()
  await expect(manager.locator("#main")).toContainText("Nothing is changed yet")
  await photograph(manager, "route-tried", [[1366, 768]])
  await manager.getByRole("button", { name: "Do it" }).click()
  await expect(manager.locator(".route-row", { hasText: "Arroz doce" }).locator("summary")).toContainText("Wood oven")
  await manager.locator("summary", { hasText: "Take away Wood oven" }).click()
  await manager.locator("details.retire[open]").getByRole("button", { name: /^Yes/ }).click()
  await expect(manager.locator(".route-row", { hasText: "Arroz doce" }).locator("summary")).toContainText("as everything of Desserts")
  await manager.goto(`${url}/manage/ages`)
  await readableByAll(manager, "how old a ticket may get")
  await photograph(manager, "ages", [[1366, 768], [390, 844]])
})
