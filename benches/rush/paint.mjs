// @ts-check
/**
 * A kitchen screen in Chromium that says when each card was painted: `node paint.mjs URL STATION NAME PIN`.
 *
 * One line of JSON a card, `{"id":"t-…","at_us":…}`, in microseconds since 1970 by the page's own clock; `ready` before
 * the first. It ends when its input does. Painted is: the frame that has the card went to the screen. A callback of
 * the next animation frame runs before that frame is painted, a message posted in it after.
 */

import { chromium } from "@playwright/test"

const [url, station, name, pin] = process.argv.slice(2)
if (!url || !station || !name || !pin) throw new Error("URL STATION NAME PIN")

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
})
const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } })
await page.exposeFunction("painted", (/** @type {string} */ line) => process.stdout.write(`${line}\n`))
await page.goto(`${url}/sign-in?next=${encodeURIComponent(`/kitchen/${station}`)}`)
await page.locator(".person", { hasText: name }).click()
await page.locator("#pin").fill(pin)
await page.locator("#pad-go").click()
await page.waitForURL(`**/kitchen/${station}`)
await page.locator('html[data-link="live"][data-via="socket"]').waitFor()
await page.evaluate(() => {
  const seen = new Set(Array.from(document.querySelectorAll('article[id^="t-"]'), (card) => card.id))
  new MutationObserver(() => {
    const fresh = Array.from(document.querySelectorAll('article[id^="t-"]'), (card) => card.id).filter((id) => !seen.has(id))
    if (fresh.length === 0) return
    for (const id of fresh) seen.add(id)
    requestAnimationFrame(() => {
      const after = new MessageChannel()
      after.port1.onmessage = () => {
        const at_us = Math.round((performance.timeOrigin + performance.now()) * 1000)
        for (const id of fresh) /** @type {any} */ (window).painted(JSON.stringify({ id, at_us }))
      }
      after.port2.postMessage(null)
    })
  }).observe(document.body, { childList: true, subtree: true })
})
process.stdout.write("ready\n")
process.stdin.resume()
await new Promise((ended) => process.stdin.once("end", ended))
await browser.close()
