// @ts-check
/** The pass in two steps, a manager's word there, and who makes what of a dish, as people see it. */

import { expect, isLive, isReady, tableOf, test } from "./fixtures.mjs"
import { photograph, readableByAll } from "./look.mjs"

const WALL = { viewport: { width: 1366, height: 768 } }

/** @param {import("@playwright/test").Page} waiter @param {string} url @param {string} table @param {string} dish @param {string[]} [choices] */
async function order(waiter, url, table, dish, choices = []) {
  await waiter.goto(url)
  await tableOf(waiter, table).click()
  await isReady(waiter)
  await waiter.locator("#search").fill(dish)
  await waiter.locator(".dish:visible", { hasText: dish }).first().click()
  for (const choice of choices) await waiter.locator("dialog[open]").getByRole("radio", { name: choice, exact: true }).check()
  if (choices.length > 0) await waiter.locator("dialog[open] .sheet-go").click()
  await waiter.locator("#send").click()
  await expect(waiter.locator("#basket-news")).toContainText("Sent")
}

test("a pass of two steps plates, then hands over, and a manager's PIN lets go what is not ready", async ({ ownHouse, screens }) => {
  const url = ownHouse.url
  const manager = await screens.signIn("Sofia", "/manage", { url })
  await manager.getByLabel("Steps").selectOption("two: plated, then handed over")
  await manager.getByRole("button", { name: /how the pass works/ }).click()
  await readableByAll(manager, "the manager's page")
  const waiter = await screens.signIn("Inês", "", { url })
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url, ...WALL })
  const pass = await screens.signIn("Catarina", "/kitchen/expo", { url, ...WALL })
  for (const screen of [grill, pass]) await isLive(screen)

  await order(waiter, url, "3", "Sardines")
  const card = pass.locator('article.ticket[data-place="3"]')
  await grill.locator('article.ticket[data-place="3"]').getByRole("button", { name: /^Bump/ }).click()
  await expect(card).toContainText("READY")
  await card.getByRole("button", { name: /^Plated/ }).click()
  await expect(card).toContainText("PLATED")
  await readableByAll(pass, "a plated fire")
  await photograph(pass, "plated", [[1366, 768], [1080, 1920], [1366, 768]])
  // Taken back by its toast, and plated again by keys alone.
  await pass.locator("#toasts").getByRole("button", { name: "Undo" }).click()
  await expect(card).not.toContainText("PLATED")
  await waiter.goto(`${url}/floor`)
  await expect(waiter.locator("#inbox, .inbox").first()).toContainText("READY 3")
  await card.getByRole("button", { name: /^Plated/ }).press("Enter")
  await expect(card).toContainText("PLATED")
  await expect(waiter.locator("#inbox, .inbox").first()).toContainText("plated")
  await card.getByRole("button", { name: /^Hand over/ }).click()
  await expect(card).toHaveCount(0)

  // What is not ready goes with a manager's word, from the card's own menu.
  await order(waiter, url, "3", "Picanha", ["Rare"])
  await expect(card).toBeVisible()
  await card.locator("summary").click()
  await card.getByRole("link", { name: /^Hand over anyway/ }).click()
  await expect(pass.locator("#main")).toContainText("1 Picanha")
  await readableByAll(pass, "a manager's word")
  await photograph(pass, "override", [[1366, 768], [390, 844], [1366, 768]])
  await pass.getByLabel("PIN").fill("0000")
  await pass.getByRole("button", { name: "Hand over anyway" }).click()
  await expect(pass.getByRole("alert")).toBeVisible()
  await pass.getByLabel("Manager").selectOption("Sofia")
  await pass.getByLabel("PIN").fill("8316")
  await pass.getByRole("button", { name: "Hand over anyway" }).click()
  await isLive(pass)
  await expect(card).toHaveCount(0)
  await expect(grill.locator('article.ticket[data-place="3"]')).toHaveCount(0)
})

test("a side goes to who makes it, and what comes later is grey until it is there", async ({ ownHouse, screens }) => {
  const url = ownHouse.url
  const manager = await screens.signIn("Sofia", "/manage/stations", { url })
  await readableByAll(manager, "stations and routes")
  // Sardines are made at Cold, then go to the Grill.
  await manager.locator("summary", { hasText: /^Sardines/ }).click()
  const form = manager.getByRole("form", { name: "Route of Sardines" })
  for (const [station, step] of [["Grill", "2"], ["Cold", "1"]]) {
    await form.getByRole("checkbox", { name: station, exact: true }).check()
    await form.getByLabel(`${station}: which step of Sardines`).fill(step)
  }
  await form.getByLabel("If several").selectOption("one after the other, by step")
  await photograph(manager, "route-steps", [[1366, 768], [390, 844], [1366, 768]])
  await form.getByRole("button", { name: "Save Sardines" }).click()
  await expect(manager.locator("summary", { hasText: /^Sardines/ })).toContainText("Cold, then Grill")
  // Bitoque is the Grill's; its salad is made at Cold.
  await manager.locator("summary", { hasText: /^Bitoque/ }).click()
  const steak = manager.getByRole("form", { name: "Route of Bitoque" })
  await steak.getByRole("checkbox", { name: "Fry", exact: true }).uncheck()
  await steak.getByRole("button", { name: "Save Bitoque" }).click()
  await manager.locator("summary", { hasText: /^Side/ }).first().click()
  await manager.getByLabel("Who makes Green salad").selectOption("Cold")
  await manager.getByRole("button", { name: "Save who makes Green salad" }).click()

  const waiter = await screens.signIn("Inês", "", { url })
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url, ...WALL })
  const cold = await screens.signIn("Fernanda", "/kitchen/cold", { url, ...WALL })
  for (const screen of [grill, cold]) await isLive(screen)
  await order(waiter, url, "3", "Sardines")
  const coming = grill.locator('article.ticket[data-place="3"]')
  await expect(coming).toContainText("COMING")
  await expect(coming).toContainText("at Cold")
  await expect(coming.getByRole("button", { name: /^Bump/ })).toHaveCount(0)
  await order(waiter, url, "1", "Bitoque", ["Rare", "Green salad"])
  const salad = cold.locator('article.ticket[data-place="1"]')
  await expect(salad).toContainText("Green salad for Bitoque")
  await expect(salad).not.toContainText("Rare")
  await readableByAll(grill, "a card that is coming")
  await photograph(grill, "coming", [[1366, 768], [1080, 1920], [1366, 768]])
  await photograph(cold, "side", [[1366, 768], [1080, 1920], [1366, 768]])
  await cold.locator('article.ticket[data-place="3"]').getByRole("button", { name: /^Bump/ }).click()
  await expect(cold.locator('article.ticket[data-place="3"]')).toHaveCount(0)
  await expect(coming).not.toContainText("COMING")
  await coming.getByRole("button", { name: /^Bump/ }).click()
  await expect(coming).toHaveCount(0)
})
