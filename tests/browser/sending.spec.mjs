// @ts-check
/** One Send is one order, whatever the finger and the network do; and the house works without scripts. */

import { expect, isReady, signIn, test } from "./fixtures.mjs"

/** @param {import("@playwright/test").Page} waiter @param {string} dish */
async function basketOf(waiter, dish) {
  await isReady(waiter)
  await waiter.locator("#search").fill(dish)
  await waiter.locator(".dish:visible", { hasText: dish }).click()
  await expect(waiter.locator("#send")).toBeEnabled()
}

test("Send tapped twice in one breath is one order", async ({ house, screens }) => {
  const waiter = await screens.signIn("Inês", `/tables/${house.table("11")}`, { url: house.url })
  await basketOf(waiter, "Sardines")
  /** @type {string[]} */
  const posted = []
  waiter.on("request", (request) => request.method() === "POST" && posted.push(new URL(request.url()).pathname))
  await waiter.locator("#send").dblclick({ delay: 0, noWaitAfter: true })
  await expect(waiter.locator("#basket-news")).toContainText("Sent #")
  await waiter.locator("#basket-news").getByText("See the check").click()
  await expect(waiter.locator(".send-card")).toHaveCount(1)
  await expect(waiter.locator(".check-line")).toHaveCount(1)
  expect(posted.filter((address) => address === "/orders")).toHaveLength(1)
})

test("an order whose answer was lost is sent again under the same key, and is one order", async ({ house, screens, wire }) => {
  const proxy = await wire(house)
  const waiter = await screens.signIn("Inês", `/tables/${house.table("12")}`, { url: proxy.url })
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url: house.url })
  await basketOf(waiter, "Sardines")
  proxy.loseAnswersTo("POST /orders")
  await waiter.locator("#send").click()
  const news = waiter.locator("#basket-news")
  await expect(news).toContainText("Not confirmed")
  expect(proxy.answersLost).toBeGreaterThan(0)
  await expect(grill.locator('article[data-place="12"]')).toHaveCount(1) // the kitchen has it already
  // The tablet knows it over a reload too, and does not think it sent.
  await waiter.reload()
  await expect(news).toContainText("Not confirmed")
  proxy.loseAnswersTo(null)
  await news.getByRole("button", { name: "Try again" }).click()
  await expect(news).toContainText("Sent #")
  await news.getByText("See the check").click()
  await expect(waiter.locator(".send-card")).toHaveCount(1)
  await expect(grill.locator('article[data-place="12"]')).toHaveCount(1)
  await expect(grill.locator('article[data-place="12"] .line-quantity')).toHaveText("1")
})

test("a tablet without the network keeps the slip, says so, and delivers it when asked again", async ({ house, screens, wire }) => {
  const proxy = await wire(house)
  const waiter = await screens.signIn("Inês", `/tables/${house.table("13")}`, { url: proxy.url })
  await basketOf(waiter, "Sardines")
  proxy.set("cut")
  await waiter.locator("#send").click()
  const news = waiter.locator("#basket-news")
  await expect(news).toContainText("Not confirmed")
  await expect(news).toContainText("cannot order twice")
  proxy.set("pass")
  await expect(async () => {
    const again = news.getByRole("button", { name: "Try again" })
    if (await again.isVisible()) await again.click({ timeout: 1_000 }) // it may have gone by itself by now
    await expect(news).toContainText("Sent #", { timeout: 3_000 })
  }).toPass({ timeout: 15_000 })
})

test.describe("without JavaScript", () => {
  test("sign in, order through the long form, see the card, bump it", async ({ house, screens }) => {
    const options = { url: house.url, javaScriptEnabled: false }
    const waiter = await screens.signIn("Inês", `/tables/${house.table("14")}`, options)
    const sardines = waiter.locator(".slip-dish", { hasText: "Sardines" })
    await sardines.locator('input[name^="quantity."]').fill("3")
    await sardines.locator('input[name^="note."]').fill("well done")
    const veal = waiter.locator(".slip-dish", { hasText: "Picanha" })
    await veal.locator('input[name^="quantity."]').fill("1")
    await waiter.locator(".slip").getByRole("button", { name: "Send" }).click()
    // A forced choice is missing: said in words, and nothing typed is lost.
    await expect(waiter.locator(".failure")).toContainText("Picanha")
    await expect(sardines.locator('input[name^="quantity."]')).toHaveValue("3")
    await expect(sardines.locator('input[name^="note."]')).toHaveValue("well done")
    await veal.locator("select").first().selectOption({ label: "Rare" })
    await waiter.locator(".slip").getByRole("button", { name: "Send" }).click()
    await waiter.waitForURL(/\/checks\//)
    await expect(waiter.locator(".check-line")).toHaveCount(2)

    const grill = await screens.signIn("Rui", "/kitchen/grill", options)
    const card = grill.locator('article[data-place="14"]')
    await expect(card).toContainText("Sardines")
    await expect(card).toContainText("well done")
    await expect(grill.locator(".no-script")).toBeVisible()
    await card.getByRole("button", { name: "Bump" }).click()
    await expect(card).toHaveCount(0)
    await expect(grill.locator("#toasts").getByRole("button", { name: "Undo" })).toBeVisible()
    await waiter.reload()
    await expect(waiter.locator(".receipt-ticket", { hasText: "Grill" })).toContainText("Ready")
  })

  test("an order whose sender was signed out meanwhile is held, and sent after all", async ({ house, screens }) => {
    const options = { url: house.url, javaScriptEnabled: false }
    const waiter = await screens.signIn("Inês", `/tables/${house.table("T3")}`, options)
    const sardines = waiter.locator(".slip-dish", { hasText: "Sardines" })
    await sardines.locator('input[name^="quantity."]').fill("2")
    await sardines.locator('input[name^="note."]').fill("no lemon")
    const session = /^(__Host-)?comanda$/
    expect((await waiter.context().cookies()).filter(({ name }) => session.test(name))).toHaveLength(1)
    await waiter.context().clearCookies({ name: session })
    await waiter.locator(".slip").getByRole("button", { name: "Send" }).click()
    await expect(waiter.locator("h1")).toHaveText("You were signed out")
    const [beside] = await Promise.all([
      waiter.waitForEvent("popup"),
      waiter.getByRole("link", { name: "Sign in, in a new tab" }).click(),
    ])
    await signIn(beside, house.url, "Inês")
    await waiter.getByRole("button", { name: "Send it again" }).click()
    await waiter.waitForURL(/\/checks\//)
    await expect(waiter.locator(".check-line")).toContainText("no lemon")
  })
})
