// @ts-check
/**
 * What a station's page costs, in Chromium: `node page.mjs URL STATION NAME PIN`. Lines of JSON:
 * `{"first_byte_ms":…}` for each of some visits, `{"bytes":…,"files":…}` once, with an empty cache, as transferred;
 * `ready`; then `{"handle_ms":…,"frame_ms":…}` for each frame with cards, the processor slowed down to a quarter, until its
 * input ends.
 *
 * A swap is what holds the page's thread: while the socket's message is handled, and from the first callback of the next
 * animation frame until that frame is painted. The wait between the two is the display's.
 */

import { chromium } from "@playwright/test"

const VISITS = 20
const SLOWER = 4
const [url, station, name, pin] = process.argv.slice(2)
if (!url || !station || !name || !pin) throw new Error("URL STATION NAME PIN")

const say = (/** @type {unknown} */ what) => process.stdout.write(`${JSON.stringify(what)}\n`)
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
})
const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } })
await page.addInitScript(() => {
  const now = () => performance.now()
  /** Calls back as a task of its own, behind those that wait already. @param {() => void} then */
  const later = (then) => {
    const channel = new MessageChannel()
    channel.port1.onmessage = then
    channel.port2.postMessage(null)
  }
  const Plain = window.WebSocket
  window.WebSocket = class extends Plain {
    /** @param {((event: MessageEvent) => void) | null} hear */
    set onmessage(hear) {
      super.onmessage = (event) => {
        const came = now()
        hear?.call(this, event)
        if (!String(event.data).startsWith('{"t":"cards"')) return
        const handle_ms = now() - came
        requestAnimationFrame(() => {
          const began = now()
          later(() => {
            const { swapped } = /** @type {any} */ (window)
            swapped?.(JSON.stringify({ handle_ms, frame_ms: now() - began }))
          })
        })
      }
    }
  }
})
const live = () => page.locator('html[data-link="live"][data-via="socket"]').waitFor()
await page.goto(`${url}/sign-in?next=${encodeURIComponent(`/kitchen/${station}`)}`)
await page.locator(".person", { hasText: name }).click()
await page.locator("#pin").fill(pin)
await page.locator("#pad-go").click()
await page.waitForURL(`**/kitchen/${station}`)
await live()
for (let visit = 0; visit < VISITS; visit += 1) {
  await page.reload()
  await live()
  say({
    first_byte_ms: await page.evaluate(() => {
      const [visit] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"))
      return visit ? visit.responseStart - visit.requestStart : 0
    }),
  })
}
const devtools = await page.context().newCDPSession(page)
let [bytes, files] = [0, 0]
devtools.on("Network.loadingFinished", ({ encodedDataLength }) => {
  bytes += encodedDataLength
  files += 1
})
await devtools.send("Network.enable")
await devtools.send("Network.setCacheDisabled", { cacheDisabled: true })
await page.reload({ waitUntil: "networkidle" })
await live()
say({ bytes, files })
await page.exposeFunction("swapped", (/** @type {string} */ line) => process.stdout.write(`${line}\n`))
await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER })
process.stdout.write("ready\n")
process.stdin.resume()
await new Promise((ended) => process.stdin.once("end", ended))
await browser.close()
