// @ts-check
/** What must always hold of a page: it is what a fresh one would be, and its totals are the sums of what stands on it. */

import { expect } from "@playwright/test"

/** @typedef {import("@playwright/test").Page} Page */

/**
 * Every article of the page, and no other, at the turn that the server would draw it at.
 * @param {import("./house.mjs").House} house @param {Page} page @param {string} view
 */
export async function isAsFresh(house, page, view) {
  await expect(async () => {
    const response = await house.ask(`/board/${view}?since=0`)
    const fresh = [...(await response.text()).matchAll(/<article id="([^"]+)"[^>]* data-seq="(\d+)"/g)].map(([, id, seq]) => `${id} ${seq}`)
    expect(fresh.length).toBeGreaterThan(0)
    const shown = await page.locator("article[id][data-seq]").evaluateAll((articles) => {
      return articles.map((article) => `${article.id} ${article.getAttribute("data-seq")}`)
    })
    expect(shown.sort(), view).toEqual(fresh.sort())
  }).toPass({ timeout: 15_000 })
}

/** All day counts what is fired and not ready, card by card. @param {Page} screen a station or the pass */
export async function allDayIsTheSum(screen) {
  await expect(async () => {
    const { counted, summed } = await screen.evaluate(() => {
      const number = (/** @type {Element | null | undefined} */ element) => Number(element?.textContent ?? 0)
      const counted = [...document.querySelectorAll("#all-day .all-day-dishes > li")].map((dish) => {
        return `${number(dish.querySelector("strong"))} ${dish.childNodes[1]?.textContent?.trim()}`
      })
      /** @type {Map<string, number>} */
      const units = new Map()
      for (const line of document.querySelectorAll("#slots article:not(.is-held) .line:not(.is-ready, .is-void)")) {
        const name = line.querySelector(".line-name")?.textContent ?? ""
        units.set(name, (units.get(name) ?? 0) + number(line.querySelector(".line-quantity")))
      }
      return { counted, summed: [...units].map(([name, count]) => `${count} ${name}`) }
    })
    expect(counted.sort()).toEqual(summed.sort())
  }).toPass({ timeout: 15_000 })
}

/** @param {string | null} text money in words @returns {number} minor units */
const minor = (text) => Number((text ?? "").replace(/\D/g, ""))

/** @param {Page} page a check's */
export async function totalIsTheSum(page) {
  await expect(async () => {
    const lines = (await page.locator(".check-line-amount").allTextContents()).map(minor)
    expect(minor(await page.locator(".pay-amount").textContent())).toBe(lines.reduce((sum, each) => sum + each, 0))
  }).toPass({ timeout: 15_000 })
}
