// @ts-check
/** What a cook sees when something between the tap and the screen breaks: nothing lost, nothing twice, nothing stale. */

import { readFileSync, writeFileSync } from "node:fs"
import { cardAt, House, PROGRAM } from "./house.mjs"
import { cuesPlayed, expect, isLive, recordLink, test } from "./fixtures.mjs"

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("./house.mjs").Placed} Placed */

const BACK_MS = 30_000

/** Orders at several tables, straight to the server. @param {import("./house.mjs").House} house @param {number} count */
async function someOrders(house, count) {
  /** @type {Placed[]} */
  const orders = []
  for (let at = 1; at <= count; at += 1) {
    orders.push(await house.order(String(at), [{ dish: "Sardines", quantity: at }, { dish: "Chouriço in flames" }]))
  }
  return orders
}

/** @param {Page} screen @returns {Promise<string[]>} ids of the cards on the wall, as often as they stand there */
function cardsOn(screen) {
  return screen.locator("#slots article").evaluateAll((articles) => articles.map((article) => article.id).sort())
}

/** @param {import("./house.mjs").House} house @returns {Promise<string[]>} what the server would draw now */
async function cardsOf(house) {
  const response = await house.ask("/board/station-grill?since=0")
  return [...(await response.text()).matchAll(/<article id="(t-[^"]+)"/g)].map((match) => String(match[1])).sort()
}

/**
 * The screen caught up: each order's card once, each card's cue once, and nothing but what the server has.
 * @param {import("./house.mjs").House} house @param {Page} screen @param {Placed[]} orders @param {number} cuesBefore
 */
async function caughtUp(house, screen, orders, cuesBefore) {
  await expect(screen.locator("html")).toHaveAttribute("data-link", "live", { timeout: BACK_MS })
  await expect(async () => {
    const cards = await cardsOn(screen)
    expect(cards).toEqual(await cardsOf(house))
    for (const order of orders) expect(cards.filter((id) => id === cardAt(order, "grill"))).toHaveLength(1)
  }).toPass({ timeout: BACK_MS })
  await expect.poll(() => cuesPlayed(screen)).toBe(cuesBefore + orders.length)
  await expect(screen.locator("#not-live")).toBeHidden()
}

/** The slip that was kept goes out, by itself or by a tap. @param {Page} waiter */
async function sentAtLast(waiter) {
  await expect(async () => {
    const again = waiter.getByRole("button", { name: "Try again" })
    if (await again.isVisible()) await again.click({ timeout: 1_000 })
    await expect(waiter.locator("#basket-news")).toContainText("Sent #", { timeout: 3_000 })
  }).toPass({ timeout: BACK_MS })
}

/** @param {number} ms a fault lasts so long; nothing else here waits for time */
const faultLasts = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

for (const { seconds, saw } of [
  { seconds: 2, saw: ["live"] },
  { seconds: 8, saw: ["live", "amber", "live"] },
  { seconds: 40, saw: ["live", "amber", "dead", "live"] },
]) {
  test(`a network that is black for ${seconds} s loses no card, doubles none, and the screen says what it knows`, async ({ ownHouse: house, screens, wire }) => {
    const proxy = await wire(house)
    const grill = await screens.signIn("Rui", "/kitchen/grill", { url: proxy.url })
    await isLive(grill)
    const before = await someOrders(house, 1)
    await expect(grill.locator(`#${cardAt(before[0] ?? missing(), "grill")}`)).toBeVisible()
    // A beat has just proved the screen: so the silence is as long as the fault.
    await beatHeard(grill)
    const seen = await recordLink(grill)
    const cues = await cuesPlayed(grill)

    proxy.set("black")
    const orders = await someOrders(house, 6)
    if (seconds === 8) {
      await expect(grill.locator("html")).toHaveAttribute("data-link", "amber")
      await expect(grill.locator("#not-live")).toBeHidden()
    } else if (seconds === 40) {
      await expect(grill.locator("#not-live")).toBeVisible()
      await expect(grill.locator("#not-live")).toContainText(/NOT LIVE since \d\d:\d\d:\d\d/)
      await expect(grill.locator("#not-live-why")).toHaveText("The server does not answer.")
      // A tap is refused with the reason, not swallowed.
      await grill.locator("#slots").getByRole("button", { name: "Bump" }).first().click()
      await expect(grill.locator(".slot-note", { hasText: "Not sent" })).toHaveCount(1)
      await expect(grill.locator("html")).toHaveAttribute("data-alarm", "true", { timeout: 30_000 })
    }
    await faultLasts(seconds === 40 ? 8_000 : seconds === 8 ? 1_500 : 2_000)
    proxy.set("pass")

    await caughtUp(house, grill, orders, cues)
    expect(await seen()).toEqual(saw)
  })
}

test("a network that is cut again and again loses no card and doubles none", async ({ ownHouse: house, screens, wire }) => {
  const proxy = await wire(house)
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url: proxy.url })
  await isLive(grill)
  const cues = await cuesPlayed(grill)
  /** @type {Placed[]} */
  const orders = []
  for (let round = 0; round < 4; round += 1) {
    proxy.set("cut")
    await expect(grill.locator("html")).toHaveAttribute("data-via", "none")
    orders.push(...(await someOrders(house, 2)))
    proxy.set("pass")
    orders.push(...(await someOrders(house, 2)))
    await expect(grill.locator("html")).toHaveAttribute("data-via", "socket", { timeout: BACK_MS })
  }
  await caughtUp(house, grill, orders, cues)
})

test("a server that is killed and comes back on the same data has lost no card", async ({ ownHouse: house, screens }) => {
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url: house.url })
  await isLive(grill)
  const cues = await cuesPlayed(grill)
  const orders = await someOrders(house, 5)
  await house.kill()
  await expect(grill.locator("html")).toHaveAttribute("data-via", "none")
  await house.start()
  orders.push(...(await someOrders(house, 3)))
  await caughtUp(house, grill, orders, cues)
  await expect(grill.locator("html")).toHaveAttribute("data-via", "socket", { timeout: BACK_MS })
})

test("a database that does not answer is named, a Send keeps the slip, and both recover", async ({ ownHouse: house, screens }) => {
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url: house.url })
  const waiter = await screens.signIn("Inês", `/tables/${house.table("T1")}`, { url: house.url })
  await isLive(grill)
  const orders = await someOrders(house, 2)
  await expect(grill.locator(`#${cardAt(orders[0] ?? missing(), "grill")}`)).toBeVisible()
  await waiter.locator(".dish", { hasText: "Chouriço in flames" }).click()

  house.freezeDatabase()
  await waiter.locator("#send").click()
  await expect(grill.locator("#not-live")).toBeVisible({ timeout: 25_000 })
  await expect(grill.locator("#not-live-why")).toHaveText("The server cannot reach its database.")
  await expect(waiter.locator("#basket-news")).toContainText("Not confirmed", { timeout: 25_000 })
  house.thawDatabase()

  await expect(grill.locator("html")).toHaveAttribute("data-link", "live", { timeout: BACK_MS })
  await expect(grill.locator("#not-live")).toBeHidden()
  await sentAtLast(waiter)
  await expect(grill.locator('article[data-place="T1"]')).toHaveCount(1)
  await expect(grill.locator('article[data-place="T1"] .line-quantity')).toHaveText("1")
})

test("a database that is stopped and started again: said, nothing accepted, nothing lost, and no restart", async ({ ownHouse: keeper, screens }) => {
  const house = await House.beside(keeper, {})
  try {
    const grill = await screens.signIn("Rui", "/kitchen/grill", { url: house.url })
    const waiter = await screens.signIn("Inês", `/tables/${keeper.table("T2")}`, { url: house.url })
    await isLive(grill)
    const orders = await someOrders(keeper, 2)
    await expect(grill.locator(`#${cardAt(orders[1] ?? missing(), "grill")}`)).toBeVisible()
    await waiter.locator(".dish", { hasText: "Chouriço in flames" }).click()

    await keeper.kill() // or it would start its PostgreSQL again
    await keeper.stopDatabase()
    await waiter.locator("#send").click()
    await expect(grill.locator("#not-live")).toBeVisible({ timeout: 25_000 })
    await expect(grill.locator("#not-live-why")).toHaveText("The server cannot reach its database.")
    await expect(waiter.locator("#basket-news")).toContainText("Not confirmed", { timeout: 25_000 })
    await keeper.start()

    await expect(grill.locator("html")).toHaveAttribute("data-link", "live", { timeout: BACK_MS })
    await expect(grill.locator("#not-live")).toBeHidden()
    await sentAtLast(waiter)
    await expect(grill.locator('article[data-place="T2"]')).toHaveCount(1)
  } finally {
    await house.close()
  }
})

test("a page that was hidden and asleep confirms nothing meanwhile, and shows everything when it is looked at again", async ({ ownHouse: house, screens }) => {
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url: house.url })
  await isLive(grill)
  const cues = await cuesPlayed(grill)
  const [first] = await someOrders(house, 1)
  const waiter = await screens.signIn("Inês", `/checks/${first?.check_id}`, { url: house.url })
  const receipt = waiter.locator(".receipt-ticket")
  await expect(receipt).toContainText(/Shown on Grill [\d:]{8}/)

  // Headless Chromium has no tab strip, so the page is told that it is hidden; its sleep is a real one.
  await setVisibility(grill, "hidden")
  const second = await house.order("9", [{ dish: "Sardines" }])
  await waiter.goto(`${house.url}/checks/${second.check_id}`)
  await expect(grill.locator(`#${cardAt(second, "grill")}`)).toHaveCount(1)
  const chromium = await grill.context().newCDPSession(grill)
  await chromium.send("Page.setWebLifecycleState", { state: "frozen" })
  const orders = [first ?? missing(), second, await house.order("10", [{ dish: "Sardines" }])]
  await faultLasts(13_000)
  await expect(receipt).toContainText("Not seen by any screen")
  await chromium.send("Page.setWebLifecycleState", { state: "active" })
  await setVisibility(grill, "visible")
  await caughtUp(house, grill, orders, cues)
  await expect(receipt).toContainText(/Shown on Grill [\d:]{8}/)
})

/** @param {Page} screen @param {"hidden" | "visible"} state */
async function setVisibility(screen, state) {
  await screen.evaluate((now) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => now })
    document.dispatchEvent(new Event("visibilitychange"))
  }, state)
}

test("a server of another build draws the page again, once", async ({ ownHouse: house, screens }, info) => {
  const grill = await screens.signIn("Rui", "/kitchen/grill", { url: house.url })
  await isLive(grill)
  const [order] = await someOrders(house, 1)
  const own = (await grill.locator("html").getAttribute("data-build")) ?? missing()
  const other = own.replace(/./g, (digit) => (digit === "f" ? "0" : (parseInt(digit, 16) + 1).toString(16)))
  let loads = 0
  grill.on("load", () => (loads += 1))

  await house.stop()
  await house.start(builtAs(own, other, info.outputPath("comanda")))
  await expect(grill.locator("html")).toHaveAttribute("data-build", other, { timeout: 60_000 })
  await isLive(grill)
  await expect(grill.locator(`#${cardAt(order ?? missing(), "grill")}`)).toBeVisible()
  // Back to the first build, as in a roll-out: nobody goes back to what they have run.
  /** @type {import("@playwright/test").WebSocket[]} */
  const lines = []
  grill.on("websocket", (line) => lines.push(line))
  await house.stop()
  await house.start()
  await expect.poll(() => lines.length, { timeout: 60_000 }).toBeGreaterThan(0)
  await isLive(grill)
  const line = lines.at(-1) ?? missing() // the ones before it found nobody
  for (let beats = 0; beats < 2; beats += 1) await line.waitForEvent("framereceived", { predicate: isBeat, timeout: 20_000 })
  expect(loads).toBe(1)
  await expect(grill.locator("html")).toHaveAttribute("data-build", other)
})

/**
 * The program with another name for its build in every place: what an upgrade looks like from outside.
 * @param {string} own @param {string} other @param {string} copy where it is put
 */
function builtAs(own, other, copy) {
  const program = readFileSync(PROGRAM)
  let places = 0
  for (let at = program.indexOf(own); at >= 0; at = program.indexOf(own, at + 1)) {
    program.write(other, at, "latin1")
    places += 1
  }
  expect(places).toBeGreaterThan(0)
  writeFileSync(copy, program, { mode: 0o755 })
  return copy
}

/** @param {{ payload: string | Buffer }} frame */
function isBeat(frame) {
  return String(frame.payload).startsWith('{"t":"beat"')
}

/** Waits for the next beat: the proof's age comes back to nearly nothing. @param {Page} screen */
async function beatHeard(screen) {
  const chromium = await screen.context().newCDPSession(screen)
  await chromium.send("Network.enable")
  await new Promise((resolve) => {
    chromium.on("Network.webSocketFrameReceived", ({ response }) => {
      if (response.payloadData.startsWith('{"t":"beat"')) resolve(undefined)
    })
  })
  await chromium.detach()
}

/** @returns {never} */
function missing() {
  throw new Error("nothing there")
}
