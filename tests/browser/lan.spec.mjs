// @ts-check
/** A house on its own network, as a real browser meets it that was told to trust its authority: nothing is clicked away. */

import { spawn, spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { networkInterfaces, tmpdir } from "node:os"
import path from "node:path"
import { chromium } from "@playwright/test"
import { PROGRAM } from "./house.mjs"
import { photograph, readableByAll } from "./look.mjs"
import { expect, isLive, isReady, test } from "./fixtures.mjs"

test.skip(process.platform !== "linux", "elsewhere a browser asks the system whom to trust, and tests leave that alone")

/** A house on every address of this machine, whose certificate Chromium's own store trusts. */
class Network {
  #root = mkdtempSync(path.join(tmpdir(), "comanda-lan-"))
  /** @type {import("node:child_process").ChildProcess | null} */ #process = null
  said = ""
  home = path.join(this.#root, "home")

  async open() {
    chmodSync(this.#root, 0o755) // PostgreSQL's user must get through
    const { DATABASE_URL: _, DATABASE_OWNER_URL: __, REDIS_URL: ___, ...env } = process.env
    const words = ["--lan", "--lan-demo", "--listen", "0.0.0.0:0", "--trust-listen", "127.0.0.1:0", "--metrics-listen", "off"]
    const child = spawn(PROGRAM, words, { env: { ...env, COMANDA_DATA: path.join(this.#root, "data") }, stdio: ["ignore", "pipe", "pipe"] })
    this.#process = child
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (this.said += bytes))
    await expect.poll(() => this.said, { timeout: 60_000 }).toContain("Data: ")
  }

  /** The house as another device reaches it: an address of this machine that is not loopback, if it has one. */
  get url() {
    const beyond = Object.values(networkInterfaces()).flat().some((one) => one?.family === "IPv4" && !one.internal)
    const url = /^ +(https:\/\/\d+\.\d+\.\d+\.\d+:\d+)$/m.exec(this.said)?.[1]
    if (url) return url
    expect(beyond, "an address that the terminal does not say").toBe(false)
    return /is open: (https:\S+)/.exec(this.said)?.[1] ?? ""
  }

  /** Where a new device begins, on the port that the terminal names. */
  get begin() {
    const port = /opens http:\/\/\S+:(\d+)\/trust/.exec(this.said)?.[1]
    return `http://127.0.0.1:${port}/trust`
  }

  /** @param {string} name */
  pin(name) {
    return new RegExp(`^ +(\\d{6})  ${name}$`, "m").exec(this.said)?.[1] ?? ""
  }

  /** Does what the page says for Chromium on Linux. */
  async trust() {
    const certificate = path.join(this.#root, "comanda-ca.crt")
    writeFileSync(certificate, Buffer.from(await (await fetch(`${this.begin}/ca.crt`)).arrayBuffer()))
    const store = path.join(this.home, ".pki/nssdb")
    mkdirSync(store, { recursive: true })
    for (const words of [["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "Comanda", "-i", certificate]]) {
      const done = spawnSync("certutil", ["-d", `sql:${store}`, ...words], { encoding: "utf8" })
      if (done.status !== 0) throw new Error(`certutil ${words[0]}: ${done.error ?? done.stderr}`)
    }
  }

  async close() {
    const child = this.#process
    if (child && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve))
      child.kill("SIGTERM")
      await ended
    }
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** @param {import("@playwright/test").Page} page @param {Network} network @param {string} name @param {string} next */
async function signIn(page, network, name, next) {
  await page.goto(`${network.url}/sign-in?next=${encodeURIComponent(next)}`)
  await page.locator(".person", { hasText: name }).click()
  await page.locator("#pin").fill(network.pin(name))
  await page.locator("#pad-go").click()
  await page.waitForURL((address) => address.pathname !== "/sign-in")
}

test("a browser that trusts the house signs in, sends, watches and stays awake, on another address", async ({}, info) => {
  const network = new Network()
  /** @type {import("@playwright/test").Browser[]} */ const browsers = []
  const { executablePath, args } = info.project.use.launchOptions ?? {}
  const launch = async (/** @type {string} */ home) => {
    const browser = await chromium.launch({ executablePath, args, env: { ...process.env, HOME: home } })
    browsers.push(browser)
    return browser
  }
  try {
    await network.open()
    // A stranger's browser does not take the certificate.
    const strange = await launch(path.join(network.home, "stranger"))
    const refused = await strange.newPage()
    await expect(refused.goto(`${network.url}/sign-in`)).rejects.toThrow(/ERR_CERT_AUTHORITY_INVALID/)
    // It begins in the clear, and learns how.
    const stranger = await (await strange.newContext()).newPage()
    await stranger.goto(network.begin)
    await expect(stranger.locator("h1")).toHaveText("Trust this house")
    await readableByAll(stranger)
    await photograph(stranger, "trust", [[1280, 800], [390, 844]])

    await network.trust()
    const browser = await launch(network.home)
    const [waiter, grill] = [await (await browser.newContext()).newPage(), await (await browser.newContext()).newPage()]
    await signIn(grill, network, "Rui", "/kitchen/grill")
    await isLive(grill) // over wss
    expect(await grill.evaluate(() => window.isSecureContext)).toBe(true)
    expect(await grill.evaluate(async () => (await navigator.wakeLock.request("screen")).type)).toBe("screen")
    await expect(grill.locator("#sleepy")).toBeHidden()

    await signIn(waiter, network, "Inês", "/floor")
    await waiter.locator(".tile", { hasText: "T5" }).locator(".tile-table").click()
    await isReady(waiter)
    await waiter.locator(".tab", { hasText: "Charcoal grill" }).click()
    await waiter.locator(".dish", { hasText: "Black pork secretos" }).click()
    await waiter.locator("#send").click()
    await expect(waiter.locator("#basket-news")).toContainText("Sent #")
    await expect(grill.locator('article.ticket[data-place="T5"]')).toContainText("Secretos")

    const fresh = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage()
    await fresh.goto(`${network.url}/sign-in`)
    await fresh.locator(".invitation summary").click()
    await readableByAll(fresh, "the invitation")
    await photograph(fresh, "invitation", [[1280, 800]])
    await expect(fresh.locator(".invitation svg")).toBeVisible()
    await expect(fresh.locator("body")).not.toContainText("prints its PIN")
  } finally {
    for (const browser of browsers) await browser.close()
    await network.close()
  }
})
