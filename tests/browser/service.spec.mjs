// @ts-check
/** An evening as its people live it: one order from the table to the pass. */

import { cardAt } from "./house.mjs"
import { expect, isLive, isReady, signIn, test } from "./fixtures.mjs"

test("an order goes from the table to two kitchen screens, back and forth, over the pass and to the guest", async ({ house, screens }) => {
  const url = house.url
  const waiter = await screens.signIn("Inês", "", { url })
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url, viewport: { width: 1920, height: 1080 } })
  const other = await screens.signIn("Fernanda", "/kitchen/grill", { url, viewport: { width: 1366, height: 768 } })
  const expo = await screens.signIn("Catarina", "/kitchen/expo", { url })
  for (const screen of [grill, other, expo]) await isLive(screen)

  // A forced choice blocks the line, with the reason beside it.
  await waiter.locator(".tile", { hasText: "T5" }).locator(".tile-table").click()
  await isReady(waiter)
  await waiter.locator(".tab", { hasText: "Charcoal grill" }).click()
  await waiter.locator(".dish", { hasText: "Picanha" }).click()
  const sheet = waiter.locator("#sheet")
  await sheet.locator(".sheet-go").click()
  await expect(sheet.locator('[role="alert"]').first()).toContainText(/choose/i)
  await expect(sheet).toBeVisible()
  await expect(waiter.locator("#send")).toBeDisabled()
  await sheet.locator(".choice", { hasText: "Medium rare" }).click()
  await sheet.locator(".sheet-go").click()
  await expect(waiter.locator(".basket-line")).toContainText("Medium rare")
  // A common dish is one tap.
  await waiter.locator(".dish", { hasText: "Black pork secretos" }).click()
  await expect(waiter.locator(".basket-line")).toHaveCount(2)

  await waiter.locator("#send").click()
  await expect(waiter.locator("#basket-news")).toContainText("Sent #")
  await expect(waiter.locator("#basket-news")).toContainText("To Grill")
  const [mine, theirs] = [grill, other].map((screen) => screen.locator('article.ticket[data-place="T5"]'))
  for (const card of [mine, theirs]) {
    await expect(card).toContainText("Picanha")
    await expect(card).toContainText("Medium rare")
  }

  await waiter.locator("#basket-news").getByText("See the check").click()
  const receipt = waiter.locator(".receipt-ticket")
  await expect(receipt).toContainText(/Sent [\d:]{8}\s+Shown on Grill [\d:]{8}/)
  await expect(receipt).toContainText("Cooking")

  await mine?.getByRole("button", { name: "Bump" }).click()
  for (const screen of [grill, other]) await expect(screen.locator('article[data-place="T5"]')).toHaveCount(0)
  await grill.locator("#toasts").getByRole("button", { name: "Undo" }).click() // at once: it is offered for five seconds
  for (const screen of [grill, other]) await expect(screen.locator('article[data-place="T5"]')).toHaveCount(1)
  await expect(mine ?? grill).not.toContainText("RECALLED")
  await expect(receipt).toContainText("Cooking")

  const pass = expo.locator('article.fire[data-place="T5"]')
  await expect(pass.getByRole("button", { name: "Hand over" })).toHaveCount(0)
  await theirs?.getByRole("button", { name: "Bump" }).click()
  for (const screen of [grill, other]) await expect(screen.locator('article[data-place="T5"]')).toHaveCount(0)
  await expect(pass).toContainText("READY")
  await pass.getByRole("button", { name: "Hand over" }).click()
  await expect(pass).toHaveCount(0)
  await expect(receipt).toContainText(/Sent [\d:]{8}\s+Shown on Grill [\d:]{8}\s+Ready [\d:]{8}\s+Handed over [\d:]{8}/)
})

test("a void stays struck until somebody has seen it, and a card that lacks it cannot be bumped", async ({ house, screens, wire }) => {
  const proxy = await wire(house)
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url: proxy.url })
  const waiter = await screens.signIn("Inês", "", { url: house.url })
  await isLive(grill)
  const order = await house.order("T6", [{ dish: "Sardines", quantity: 2 }, { dish: "Chouriço in flames" }])
  const card = grill.locator(`#${cardAt(order, "grill")}`)
  await expect(card).toContainText("Sardines")

  // The cook's screen has not heard of it yet: the bump is refused, with words.
  proxy.holdFrames(true)
  await waiter.goto(`${house.url}/checks/${order.check_id}`)
  const line = waiter.locator(".check-line", { hasText: "Sardines" })
  await line.locator("summary").click()
  await line.locator(".reason").first().click()
  await line.getByRole("button", { name: "Void" }).click()
  await expect(line).toContainText("VOID 2 of 2")
  await card.getByRole("button", { name: "Bump" }).click()
  const note = grill.locator(".slot", { has: card }).locator(".slot-note")
  await expect(note).toContainText(/changed|void/i)
  await expect(card).toHaveCount(1)

  proxy.holdFrames(false)
  await expect(card.locator("s")).toContainText("Sardines")
  await expect(card).toContainText("VOID")
  await expect(grill.locator("#front")).toContainText("VOID T6")
  await card.getByRole("button", { name: "Seen" }).click()
  await expect(card).not.toContainText("VOID")
  await expect(card).not.toContainText("Sardines")
  await expect(card).toContainText("Chouriço")
  await card.getByRole("button", { name: "Bump" }).click()
  await expect(card).toHaveCount(0)
})

test("what the manager takes off greys on an open order page, and the rest of the basket still goes", async ({ house, screens }) => {
  const waiter = await screens.signIn("Inês", `/tables/${house.table("T7")}`, { url: house.url })
  await isReady(waiter)
  await waiter.evaluate(() => (document.body.dataset.sameDocument = "yes"))
  await waiter.locator(".tab", { hasText: "Sides" }).click()
  await waiter.locator(".dish", { hasText: "Migas" }).click()
  await waiter.locator(".dish", { hasText: "Tomato rice" }).click()

  const manager = await screens.signIn("Sofia", "/manage", { url: house.url })
  await manager.locator("#item-search").fill("Migas")
  await manager.locator("#item-rows .row:visible").getByRole("button", { name: "86 Migas" }).click()
  await expect(manager.getByRole("button", { name: "Back on Migas" })).toBeVisible()

  const tile = waiter.locator(".dish", { hasText: "Migas" })
  await expect(tile.locator(".dish-86")).toBeVisible()
  await expect(waiter.locator("body")).toHaveAttribute("data-same-document", "yes")
  await waiter.locator("#send").click()
  const news = waiter.locator("#basket-news")
  await expect(news).toContainText("Not sent")
  await expect(news).toContainText("Migas")
  await news.getByRole("button", { name: "Send the rest" }).click()
  await expect(news).toContainText("Sent #")
  await expect(waiter.locator(".basket-line")).toHaveCount(1)
  await expect(waiter.locator(".basket-line")).toContainText("Migas")

  await manager.getByRole("button", { name: "Back on Migas" }).click()
  await expect(tile.locator(".dish-86")).toBeHidden()
})

test("a draft survives a reload and a sign-out", async ({ house, screens }) => {
  const table = `/tables/${house.table("T8")}`
  const waiter = await screens.signIn("Inês", table, { url: house.url })
  await isReady(waiter)
  await waiter.locator(".dish", { hasText: "Caldo verde" }).click()
  await waiter.locator(".dish", { hasText: "Caldo verde" }).click()
  await expect(waiter.locator("#basket-count")).toHaveText("2 dishes")
  await waiter.reload()
  await expect(waiter.locator(".basket-line")).toContainText("Caldo verde")
  await waiter.getByRole("button", { name: "Sign out" }).click()
  await waiter.waitForURL(/sign-in/)
  await signIn(waiter, house.url, "Tiago", table)
  await expect(waiter.locator(".basket-line")).toContainText("Caldo verde")
  await expect(waiter.locator("#basket-count")).toHaveText("2 dishes")
})
