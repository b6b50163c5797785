// @ts-check
/** What is left of a dish: said at a station with a PIN, seen on every tablet within a second, and sold once. */

import { expect, isReady, test } from "./fixtures.mjs"
import { photograph, readableByAll } from "./look.mjs"

const DISH = "Octopus à lagareiro"

test("a count from the kitchen reaches the tablets, and the last portion is sold once", async ({ house, screens }) => {
  const url = house.url
  const waiter = await screens.signIn("Inês", "", { url, viewport: { width: 1280, height: 800 } })
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url, viewport: { width: 1366, height: 768 } })

  await waiter.locator(".tile-table", { has: waiter.getByRole("heading", { name: "8", exact: true }) }).click()
  await isReady(waiter)
  await waiter.locator("#search").fill("Octopus à")
  const tile = waiter.locator(".dish:visible").first()
  const name = (await tile.locator(".dish-name").textContent()) ?? DISH

  await grill.getByRole("link", { name: "86 / left" }).click()
  await readableByAll(grill)
  const row = grill.locator(".left-row", { hasText: "Octopus lagareiro" })
  await row.getByText("Change").click()
  await row.getByLabel("Who").first().selectOption({ label: "Rui" })
  await row.getByLabel("PIN").first().fill("0000")
  await row.getByLabel(/^Left of/).fill("3")
  await row.getByRole("button", { name: "Set" }).click()
  await expect(grill.getByRole("alert")).toContainText("PIN")
  await row.getByText("Change").click()
  await row.getByLabel("Who").first().selectOption({ label: "Rui" })
  await row.getByLabel("PIN").first().fill("6093")
  await row.getByLabel(/^Left of/).fill("3")
  await row.getByRole("button", { name: "Set" }).click()
  await expect(row).toContainText("3 left")
  await photograph(grill, "kitchen-left", [[1366, 768], [1080, 1920]])

  await expect(tile).toContainText("3 left", { timeout: 1_000 })
  for (let units = 0; units < 4; units += 1) {
    await waiter.locator("#search").fill("Octopus à")
    await tile.click()
  }
  await expect(waiter.locator(".basket-obstacle")).toHaveText("Only 3 left.")
  await waiter.getByRole("button", { name: `One ${name} less` }).click()
  await expect(waiter.locator(".basket-obstacle")).toHaveCount(0)
  await waiter.locator("#send").click()
  await expect(waiter.locator("#basket-news")).toContainText("Sent")
  await waiter.locator("#search").fill("Octopus à")
  await expect(tile).toContainText("86")
  await grill.reload()
  await expect(row).toContainText("sold out")

  // From the floor: nobody counts any more.
  await tile.click()
  await waiter.locator("#toast").getByRole("button", { name: "Put it back" }).click()
  await expect(tile).not.toHaveAttribute("data-86", "")
})
