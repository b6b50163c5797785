// @ts-check
/** How restaurants, tablets and screens begin: from an empty database to a first order; a screen from its code to its end. */

import { expect, isLive, isReady, test } from "./fixtures.mjs"
import { House } from "./house.mjs"
import { photograph, readableByAll } from "./look.mjs"

/** @typedef {import("@playwright/test").Page} Page */

const SIZES = [[1280, 800], [390, 844]]

/** @param {Page} page @param {string} name @param {number[][]} [sizes] */
async function look(page, name, sizes = SIZES) {
  await readableByAll(page, name)
  await photograph(page, name, sizes)
  await page.setViewportSize({ width: 1280, height: 800 })
}

/** @param {Page} manager @param {string} url @param {string} name @param {string} shows @returns {Promise<string>} */
async function makeCode(manager, url, name, shows) {
  await manager.goto(`${url}/manage/devices`)
  await manager.getByLabel("Name", { exact: true }).last().fill(name)
  await manager.locator("select[name=shows]").selectOption(shows)
  await manager.getByRole("button", { name: "Make a code" }).click()
  await expect(manager.locator(".made svg")).toBeVisible()
  return (await manager.locator("#made-code").textContent()) ?? ""
}

test("from an empty database to a first order", async ({ browser }) => {
  const house = await House.empty()
  try {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`${house.url}/floor`)
    await expect(page).toHaveURL(/\/setup$/)
    await look(page, "setup")
    await page.getByLabel("Code").fill((await house.setUpCode()).toLowerCase())
    await page.getByLabel("Restaurant").fill("Dois Irmãos")
    await page.getByLabel("Time zone").fill("Europe/Atlantis")
    await page.getByLabel("Currency").fill("EUR")
    await page.getByLabel("First manager").fill("Ana")
    await page.getByLabel("Your PIN").fill("640917")
    await page.getByRole("button", { name: "Open the restaurant" }).click()
    await expect(page.getByRole("alert")).toContainText("Europe/Atlantis")
    await look(page, "setup-refused")
    await page.getByLabel("Time zone").fill("Europe/Lisbon")
    await page.getByLabel("Your PIN").fill("640917")
    await page.getByRole("button", { name: "Open the restaurant" }).click()
    await expect(page).toHaveURL(/\/manage$/)
    await expect(page.locator(".bar-title")).toHaveText("Dois Irmãos")

    await page.goto(`${house.url}/floor`)
    await isReady(page)
    await page.locator(".tile-table").first().click()
    await isReady(page)
    await page.locator(".dish", { hasText: "Dish of the day" }).click()
    await page.locator("#send").click()
    await expect(page.locator("#basket-news")).toContainText("To Kitchen")
    const kitchen = await context.newPage()
    await kitchen.goto(`${house.url}/kitchen/kitchen`)
    await expect(kitchen.locator("article", { hasText: "Dish of the day" }).first()).toBeVisible()
    await context.close()
  } finally {
    await house.close()
  }
})

test("a screen comes in with a code, works with nobody signed in, and is turned out with words", async ({ house, screens, browser }) => {
  const manager = await screens.signIn("Sofia", "/manage/devices", { url: house.url })
  const code = await makeCode(manager, house.url, "Grill by the door", "grill")
  await look(manager, "devices-code")
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } })
  const screen = await context.newPage()
  await screen.goto(`${house.url}/pair?code=222222`)
  await screen.getByRole("button", { name: "Pair" }).click()
  await expect(screen.getByRole("alert")).toContainText("does not work")
  await look(screen, "pair-refused")
  await screen.getByLabel("Code").fill(code.toLowerCase())
  await screen.getByRole("button", { name: "Pair" }).click()
  await expect(screen).toHaveURL(/\/kitchen\/grill$/)
  await screen.setViewportSize({ width: 1920, height: 1080 })
  await isLive(screen)
  await expect(screen.getByText("Grill by the door")).toBeVisible()
  await expect(screen.getByText("Sign out")).toHaveCount(0)

  const waiter = await screens.signIn("Inês", "/floor", { url: house.url })
  await isReady(waiter)
  await waiter.locator(".tile", { hasText: "T6" }).locator(".tile-table").click()
  await isReady(waiter)
  await waiter.locator(".tab", { hasText: "Charcoal grill" }).click()
  await waiter.locator(".dish", { hasText: "Black pork secretos" }).click()
  await waiter.locator("#send").click()
  await expect(waiter.locator("#basket-news")).toContainText("To Grill")
  const card = screen.locator('article.ticket[data-place="T6"]')
  await expect(card).toBeVisible()
  await look(screen, "paired-grill", [[1920, 1080]])
  await card.getByRole("button", { name: "Bump" }).click()
  await expect(card).toHaveCount(0)

  await manager.goto(`${house.url}/manage/devices`)
  const row = manager.locator(".device-row", { hasText: "Grill by the door" })
  await row.locator("summary").click()
  await look(manager, "devices")
  await row.getByRole("checkbox").check()
  await row.getByRole("button", { name: "Revoke" }).click()
  await expect(manager.locator(".device-row", { hasText: "Grill by the door" })).toHaveCount(0)
  await expect(screen).toHaveURL(/\/pair$/, { timeout: 5_000 })
  await expect(screen.getByRole("alert").first()).toContainText("unpaired by a manager")
  await look(screen, "pair-revoked")
  await context.close()
})

test("without scripts a device is paired all the same, and a manager outside finds the password", async ({ house, screens, browser }) => {
  const manager = await screens.signIn("Sofia", "/manage/devices", { url: house.url, javaScriptEnabled: false })
  const code = await makeCode(manager, house.url, "Pass", "expo")
  const context = await browser.newContext({ javaScriptEnabled: false })
  const screen = await context.newPage()
  await screen.goto(`${house.url}/pair`)
  await screen.getByLabel("Code").fill(code)
  await screen.getByRole("button", { name: "Pair" }).click()
  await expect(screen).toHaveURL(/\/kitchen\/expo$/)
  await expect(screen.locator(".no-script")).toBeVisible()

  const elsewhere = await browser.newContext()
  const outside = await elsewhere.newPage()
  await outside.goto(`${house.url}/pair`)
  await look(outside, "pair")
  await outside.getByRole("link", { name: "with a password" }).click()
  await look(outside, "password")
  await outside.getByLabel("Your name").fill("Sofia")
  await outside.getByLabel("Password").fill("not the password")
  await outside.getByRole("button", { name: "Sign in" }).click()
  await expect(outside.getByRole("alert")).toContainText("No manager")
  await context.close()
  await elsewhere.close()
})
