// @ts-check
/** Looking at a page: readable by everyone, and photographed. */

import { AxeBuilder } from "@axe-core/playwright"
import { mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect } from "@playwright/test"

/** @typedef {import("@playwright/test").Page} Page */

const SHOTS = fileURLToPath(new URL("../../test-results/screens/", import.meta.url))

/**
 * In each size: a picture, and nothing wider than the screen.
 * @param {Page} page @param {string} name @param {number[][]} sizes
 * @param {() => Promise<unknown>} [ready] after each change of size
 */
export async function photograph(page, name, sizes, ready = async () => {}) {
  mkdirSync(SHOTS, { recursive: true })
  for (const [width = 0, height = 0] of sizes) {
    await page.setViewportSize({ width, height })
    await page.evaluate(() => document.fonts.ready)
    await ready()
    await page.screenshot({ path: `${SHOTS}${name}-${width}x${height}.png`, animations: "disabled" })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect(wide, `${name} at ${width}x${height} is wider than its screen`).toBeLessThanOrEqual(0)
  }
}

/** What axe finds under WCAG 2.1 AA: nothing. @param {Page} page @param {string} [what] */
export async function readableByAll(page, what = page.url()) {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]).analyze()
  const told = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`))
  expect(told, what).toEqual([])
}
