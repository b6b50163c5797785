// @ts-check
/** Food that is ready calls whoever serves the table, and nobody else, until they say that they know. */

import { expect, isLive, isReady, test } from "./fixtures.mjs"
import { photograph, readableByAll } from "./look.mjs"

test("ready food calls its own waiter, is withdrawn by a recall, and outlives a sign-out", async ({ house, screens }) => {
  const url = house.url
  const mine = await screens.signIn("Tiago", "/floor", { url, viewport: { width: 1280, height: 800 } })
  const others = await screens.signIn("Inês", "/floor", { url })
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url })
  await isLive(grill)

  await mine.locator(".tile-table", { has: mine.getByRole("heading", { name: "2", exact: true }) }).click()
  await isReady(mine)
  await mine.locator("#search").fill("Sardines")
  await mine.locator(".dish:visible", { hasText: "Sardines" }).click()
  await mine.locator("#send").click()
  await mine.locator("#basket-news").getByText("Floor").click()
  await isReady(mine)
  await expect(mine.locator("#inbox")).toBeHidden()

  const card = grill.locator('article.ticket[data-place="2"]')
  await card.getByRole("button", { name: /Bump/ }).click()
  await expect(mine.locator("#inbox .call")).toContainText("READY 2")
  await expect(others.locator("#inbox .call", { hasText: "READY 2" })).toHaveCount(0)
  await photograph(mine, "floor-inbox", [[1280, 800], [390, 844]])
  await readableByAll(mine)

  await grill.getByRole("button", { name: "Recall last" }).click()
  await expect(mine.locator("#inbox")).toBeHidden()
  await card.getByRole("button", { name: /Bump/ }).click()
  await expect(mine.locator("#inbox .call")).toContainText("READY 2")

  // On the check as well; and for whoever signs in again.
  await mine.locator("#inbox .call-words").click()
  await isReady(mine)
  await expect(mine.locator("#inbox .call")).toContainText("READY 2")
  const again = await screens.signIn("Tiago", "/floor", { url })
  await expect(again.locator("#inbox .call")).toContainText("READY 2")
  // While the next order is taken, too.
  const ordering = await screens.signIn("Tiago", "/takeaway", { url })
  await isReady(ordering)
  await expect(ordering.locator("#inbox .call")).toContainText("READY 2")
  await readableByAll(ordering)
  await photograph(ordering, "order-inbox", [[1280, 800], [390, 844], [1280, 800]])
  await again.locator("#inbox .call").getByRole("button", { name: /Seen/ }).click()
  await expect(ordering.locator("#inbox")).toBeHidden()
  await expect(again.locator("#inbox")).toBeHidden()
  await expect(mine.locator("#inbox")).toBeHidden()

  // The plate falls on the way: it is cooked again, first, and nobody pays for it twice.
  const total = await mine.locator(".pay-amount").textContent()
  await mine.locator(".refire .void-open").click()
  await mine.getByLabel("Dropped").check()
  await mine.getByRole("button", { name: "Cook it again" }).click()
  await expect(card).toContainText("REFIRE")
  await expect(card).toContainText("AGAIN Dropped")
  await expect(mine.locator(".check-line", { hasText: "Cooked again" })).toContainText("Dropped")
  await expect(mine.locator(".pay-amount")).toHaveText(total ?? "")
  await photograph(mine, "check-refire", [[1280, 800]])
  await photograph(grill, "grill-refire", [[1366, 768]])
  await readableByAll(mine)
  await card.getByRole("button", { name: /Bump/ }).click()
  await expect(mine.locator("#inbox .call")).toContainText("READY 2")

  // They sit down elsewhere: the call, the check and what is cooked say so.
  await mine.locator("#check-move summary").click()
  await mine.getByLabel("To table").selectOption({ label: "6" })
  await mine.getByRole("button", { name: "Move" }).click()
  await expect(mine.locator("h1")).toContainText("Table 6")
  await isReady(mine)
  await expect(mine.locator("#inbox .call")).toContainText("READY 6")
  await grill.getByRole("button", { name: "Recall last" }).click()
  await expect(grill.locator('article.ticket[data-place="6"]')).toContainText("RECALLED")
})
