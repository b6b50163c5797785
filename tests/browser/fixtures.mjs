// @ts-check
/** What every test has: a restaurant, people who sign in, and a wire that can break. */

import { expect, test as base } from "@playwright/test"
import { House } from "./house.mjs"
import { Proxy } from "./proxy.mjs"

/** The demo's people. */
const PINS = /** @type {Record<string, string>} */ ({
  Inês: "1407", Tiago: "2836", Rui: "6093", Fernanda: "6412", Catarina: "7249", Sofia: "8316",
})

/**
 * @typedef {object} Screens
 * @property {(name: string, next?: string, options?: import("@playwright/test").BrowserContextOptions & { url?: string }) => Promise<import("@playwright/test").Page>} signIn
 *   a browser of their own, signed in by the real form, on the page `next`
 */

/**
 * `house` serves all tests of a worker; `ownHouse` is one that a test may kill.
 */
export const test = /** @type {import("@playwright/test").TestType<import("@playwright/test").PlaywrightTestArgs & import("@playwright/test").PlaywrightTestOptions & { ownHouse: House, screens: Screens, wire: (house: House) => Promise<Proxy> }, import("@playwright/test").PlaywrightWorkerArgs & { house: House }>} */ (
  base.extend({
    house: [async ({}, use) => withHouse(use), { scope: "worker", timeout: 90_000 }],
    ownHouse: [async ({}, use) => withHouse(use), { timeout: 90_000 }],
    wire: async ({}, use) => {
      /** @type {Proxy[]} */
      const proxies = []
      await use(async (/** @type {House} */ house) => {
        const proxy = new Proxy(house.port)
        await proxy.listen()
        proxies.push(proxy)
        return proxy
      })
      for (const proxy of proxies) await proxy.close()
    },
    screens: async ({ browser }, use, info) => {
      /** @type {import("@playwright/test").Page[]} */
      const pages = []
      await use({
        async signIn(/** @type {string} */ name, /** @type {string} */ next = "", /** @type {any} */ { url, ...options } = {}) {
          const context = await browser.newContext(options)
          const page = await context.newPage()
          pages.push(page)
          await signIn(page, url, name, next)
          return page
        },
      })
      for (const [at, page] of pages.entries()) {
        if (page.isClosed()) continue
        await page.screenshot({ path: info.outputPath(`end-${at + 1}.png`) }).catch(() => {}) // its renderer may be frozen
        await page.context().close()
      }
    },
  })
)

/** @param {(house: House) => Promise<void>} use */
async function withHouse(use) {
  const house = new House()
  try {
    await house.open()
    await use(house)
  } finally {
    await house.close()
  }
}

/**
 * @param {import("@playwright/test").Page} page
 * @param {string} url of the house
 * @param {string} name
 * @param {string} [next]
 */
export async function signIn(page, url, name, next = "") {
  await page.goto(`${url}/sign-in${next ? `?next=${encodeURIComponent(next)}` : ""}`)
  await page.locator(".person", { hasText: name }).click()
  await page.locator("#pin").fill(PINS[name] ?? "")
  await page.locator("#pad-go").click()
  await page.waitForURL((address) => address.pathname !== "/sign-in")
}

/** The tile of that table, and of no other that happens to say the number. @param {import("@playwright/test").Page} floor @param {string} label */
export function tableOf(floor, label) {
  return floor.locator(".tile", { has: floor.locator(".tile-label").getByText(label, { exact: true }) }).locator(".tile-table")
}

/** A page of the floor whose scripts run. @param {import("@playwright/test").Page} page */
export async function isReady(page) {
  await expect(page.locator("#connection")).toHaveText("Live")
}

/** A kitchen screen that may call itself live. @param {import("@playwright/test").Page} page */
export async function isLive(page) {
  await expect(page.locator("html")).toHaveAttribute("data-link", "live")
  await expect(page.locator("html")).toHaveAttribute("data-via", "socket")
}

/**
 * By keys alone to one card: the arrows walk a page's cards, N turns the page.
 * @param {import("@playwright/test").Page} screen a kitchen screen with its keys as they came, but for those a story moved
 * @param {import("@playwright/test").Locator} card
 */
export async function walkTo(screen, card) {
  for (let at = 0; at < 60; at++) {
    await screen.keyboard.press(at % 12 === 11 ? "n" : "ArrowRight")
    if (await card.evaluate((card) => card.contains(document.activeElement))) return
  }
  throw new Error("the arrows never came to that card")
}

/** @param {import("@playwright/test").Page} page @returns {Promise<number>} cues played since it was loaded */
export async function cuesPlayed(page) {
  return Number(await page.locator("html").getAttribute("data-cues-played"))
}

export { expect }

/**
 * Every state of the link, or of what carries it, from now on, in order.
 * @param {import("@playwright/test").Page} screen
 * @param {"link" | "via"} name
 */
export async function recordLink(screen, name = "link") {
  await screen.evaluate((name) => {
    const { dataset } = document.documentElement
    const seen = [dataset[name]]
    Object.assign(window, { [`${name}Seen`]: seen })
    new MutationObserver(() => seen.at(-1) !== dataset[name] && seen.push(dataset[name])).observe(document.documentElement, {
      attributeFilter: [`data-${name}`],
    })
  }, name)
  return () => screen.evaluate((name) => /** @type {any} */ (window)[`${name}Seen`], name)
}
