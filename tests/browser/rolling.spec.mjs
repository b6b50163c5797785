// @ts-check
/** One process takes over from another while a cook looks at the screen: the cook sees nothing of it. */

import { cuesPlayed, expect, isLive, recordLink, test } from "./fixtures.mjs"
import { cardAt, House } from "./house.mjs"

/** @typedef {import("./house.mjs").Placed} Placed */

test("a process that is replaced hands its screens over: live all the time, each card there, each cue once", async ({ ownHouse: database, screens, wire }) => {
  const settings = { COMANDA_DRAIN_MS: "4000" }
  const first = await House.beside(database, settings)
  const second = await House.beside(database, settings)
  try {
    const address = await wire(first)
    const grill = await screens.signIn("Rui", "/kitchen/grill", { url: address.url })
    await isLive(grill)
    const before = await database.order("1", [{ dish: "Sardines" }])
    await expect(grill.locator(`#${cardAt(before, "grill")}`)).toBeVisible()
    const [links, ways, cues] = [await recordLink(grill), await recordLink(grill, "via"), await cuesPlayed(grill)]
    /** @type {string[]} what carries the page's news, from now on */
    const sockets = []
    grill.on("websocket", (socket) => sockets.push(socket.url()))

    address.moveTo(second.port)
    let isGone = false
    const leaves = first.stop().then(() => (isGone = true))
    /** @type {Placed[]} */
    const orders = []
    for (let table = 1; !isGone && table <= 12; table += 1) {
      orders.push(await database.order(String(table), [{ dish: "Sardines" }]))
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    await leaves
    orders.push(await database.order("1", [{ dish: "Sardines" }]))

    for (const order of orders) await expect(grill.locator(`#${cardAt(order, "grill")}`)).toHaveCount(1)
    await expect.poll(() => cuesPlayed(grill)).toBe(cues + orders.length)
    expect(await links()).toEqual(["live"])
    expect(await ways(), "never without a socket").toEqual(["socket"])
    expect(sockets).toHaveLength(1)
  } finally {
    await first.close()
    await second.close()
  }
})
