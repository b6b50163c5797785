// @ts-check
/**
 * A whole evening at one table, on four pages at once: two waiters' tablets, a station that also shows the cards of another
 * whose screen is broken, and the pass. Played by mouse, and again by keyboard alone; after every act each page is asked.
 */

import { expect, isLive, isReady, tableOf, test } from "./fixtures.mjs"
import { keys, mouse, reach } from "./hands.mjs"
import { allDayIsTheSum, isAsFresh, totalIsTheSum } from "./sums.mjs"

/** @typedef {import("@playwright/test").Page} Page */

const TABLE = "9"
const WALL = { viewport: { width: 1920, height: 1080 } }

for (const hand of [mouse, keys]) {
  test(`a full service, by ${hand.name}`, async ({ ownHouse: house, screens, wire }, info) => {
    test.setTimeout(300_000)
    const proxy = await wire(house)
    const ines = await screens.signIn("Inês", "/floor", { url: house.url })
    const tiago = await screens.signIn("Tiago", "/floor", { url: house.url })
    const grill = await screens.signIn("Rui", "/kitchen/grill", { url: proxy.url, ...WALL })
    const pass = await screens.signIn("Catarina", "/kitchen/expo", { url: house.url, ...WALL })
    for (const screen of [grill, pass]) await isLive(screen)

    const card = (/** @type {string} */ dish) => grill.locator(`article.ticket[data-place="${TABLE}"]`, { hasText: dish })
    const fire = (/** @type {string} */ dish) => pass.locator(`article.fire[data-place="${TABLE}"]`, { hasText: dish })
    const cards = grill.locator(`article.ticket[data-place="${TABLE}"]`)
    const fires = pass.locator(`article.fire[data-place="${TABLE}"]`)
    const call = ines.locator("#inbox .call")
    /** Both waiters read the same of a line. @param {string} dish @param {string | RegExp} words */
    const bothRead = async (dish, words) => {
      for (const page of [ines, tiago]) await expect(page.locator(".check-line", { hasText: dish })).toContainText(words)
    }
    /** @param {Page} page @param {string} course @param {string} dish */
    const order = async (page, course, dish) => {
      const list = page.getByLabel("Course").first()
      if ((await list.locator("option:checked").textContent()) !== course) await hand.pick(page, list, course)
      await hand.type(page, page.locator("#search"), dish)
      await page.keyboard.press("Enter") // the only one that is found
      await expect(page.locator(".basket-line", { hasText: dish })).toHaveCount(1)
    }
    /** What every act leaves behind. */
    const nothingIsLost = async () => {
      for (const screen of [grill, pass]) await allDayIsTheSum(screen)
    }

    await test.step("the cold station’s screen is broken: the pass has its orders shown on the grill", async () => {
      await hand.press(pass, pass.getByRole("link", { name: "Stations" }))
      await hand.press(pass, pass.locator("summary", { hasText: "Cold" }))
      await hand.press(pass, pass.locator("details[open]").getByRole("button", { name: /^On Grill/ }))
      await expect(pass.locator(".lend-word")).toHaveText("Shown on Grill")
      await hand.press(pass, pass.getByRole("link", { name: /^Expo/ }))
      await isLive(pass)
    })

    await test.step("two waiters open one table; the first sends three courses, and only the first is cooked", async () => {
      for (const page of [ines, tiago]) {
        await hand.press(page, tableOf(page, TABLE))
        await isReady(page)
      }
      await order(tiago, "1", "Chouriço")
      for (const [course, dish] of [["1", "Octopus salad"], ["2", "Sardines"], ["2", "Cauliflower"], ["3", "Arroz doce"]]) {
        await order(ines, course ?? "", dish ?? "")
      }
      await hand.press(ines, ines.getByRole("button", { name: "One Sardines more" }))
      await hand.press(ines, ines.locator("#send"))
      await expect(ines.locator("#basket-news")).toContainText("Courses 2, 3 on hold")
      await expect(ines.locator("#basket-news"), "the keyboard goes on at what became of it").toBeFocused()

      await expect(cards).toHaveCount(3)
      await expect(card("Octopus salad")).toContainText("COLD") // shown here for the station whose screen is broken
      await expect(card("Octopus salad")).not.toContainText("HOLD")
      await expect(card("Arroz doce")).toContainText("COLD")
      for (const dish of ["Sardines", "Arroz doce"]) {
        await expect(card(dish)).toContainText("HOLD")
        await expect(card(dish)).toHaveClass(/is-held/)
        await expect(card(dish).getByRole("button")).toHaveCount(0)
      }
      await expect(fires).toHaveCount(3)
      await expect(pass.locator(`article.fire.is-held[data-place="${TABLE}"]`)).toHaveCount(2)
      await expect(tiago.locator(".basket-line"), "what the other has not sent yet is still there").toContainText("Chouriço")
      await nothingIsLost()
    })

    await test.step("the second waiter’s order joins the same check and erases nothing", async () => {
      await hand.press(tiago, tiago.locator("#send"))
      await expect(tiago.locator("#basket-news")).toContainText(/Sent #\d+-2/)
      await expect(cards).toHaveCount(4)
      await expect(card("Chouriço")).toContainText("ADD-ON")
      await expect(card("Octopus salad")).toHaveCount(1)
      await expect(fires).toHaveCount(4)
      for (const page of [ines, tiago]) {
        await hand.press(page, page.getByRole("link", { name: "See the check" }))
        await isReady(page)
        await expect(page.locator(".check-line")).toHaveCount(5)
        await totalIsTheSum(page)
      }
      expect(tiago.url()).toBe(ines.url())
      await bothRead("Octopus salad", "Fired")
      await bothRead("Chouriço", "Fired")
      for (const dish of ["Sardines", "Cauliflower", "Arroz doce"]) await bothRead(dish, "On hold")
      await nothingIsLost()
    })

    await test.step("what is ready calls its waiter; a recall takes the call back", async () => {
      await hand.act(grill, card("Octopus salad"), "bump")
      await expect(card("Octopus salad")).toHaveCount(0)
      await expect(fire("Octopus salad")).toContainText("READY")
      await expect(call).toContainText(`READY ${TABLE}`)
      await expect(tiago.locator("#inbox")).toBeHidden()
      await bothRead("Octopus salad", "Ready")

      await hand.recall(grill)
      await expect(card("Octopus salad")).toContainText("RECALLED ×1")
      await expect(grill.locator("#front")).toContainText(`RECALLED ${TABLE}`)
      await expect(fire("Octopus salad")).not.toContainText("READY")
      await expect(ines.locator("#inbox")).toBeHidden()
      await bothRead("Octopus salad", "Fired")
      await nothingIsLost()

      await hand.act(grill, card("Octopus salad"), "bump")
      await expect(call).toContainText(`READY ${TABLE}`)
      await hand.act(pass, fire("Octopus salad"), "hand over")
      await expect(fire("Octopus salad")).toHaveCount(0)
      await expect(ines.locator("#inbox")).toBeHidden()
      await bothRead("Octopus salad", "Served")
    })

    await test.step("the waiter fires the second course", async () => {
      await hand.press(ines, ines.getByRole("button", { name: "Fire course 2" }))
      await expect(card("Sardines")).not.toContainText("HOLD")
      await expect(card("Arroz doce")).toContainText("HOLD")
      await expect(fire("Sardines")).not.toContainText("HOLD")
      await expect(grill.locator("#all-day")).toContainText(/2\s*Sardines/)
      await bothRead("Sardines", "Fired")
      await expect(ines.getByRole("button", { name: "Fire course 2" })).toHaveCount(0)
      await expect(tiago.getByRole("button", { name: "Fire course 2" })).toHaveCount(0)
      await nothingIsLost()
    })

    await test.step("an allergy comes late: nothing leaves before the station and the pass have read it", async () => {
      await hand.press(tiago, tiago.getByText("Tell an allergy"))
      await hand.choose(tiago, tiago.locator("#allergy-form").getByLabel("nuts", { exact: true }))
      await hand.press(tiago, tiago.getByRole("button", { name: "Tell the kitchen" }))
      for (const page of [ines, tiago]) await expect(page.locator("#check-allergies")).toContainText("Table: nuts")
      for (const dish of ["Sardines", "Chouriço"]) {
        await expect(card(dish).locator(".flag-allergy")).toContainText(/ALLERGY\s+Table: NUTS/)
        await expect(card(dish).getByRole("button", { name: /^(Bump|Start)/ })).toHaveCount(0)
        await expect(fire(dish).locator(".flag-allergy")).toContainText("NUTS")
      }
      await expect(card("Arroz doce").locator(".flag-allergy"), "the course on hold says it, too").toContainText("NUTS")
      await expect(card("Sardines").locator(".line", { hasText: "Cauliflower" })).toContainText("CONTAINS NUTS")
      const size = await card("Sardines").locator(".allergy-word").evaluate((word) => Number.parseFloat(getComputedStyle(word).fontSize))
      expect(size, "read at two metres").toBeGreaterThanOrEqual(28)
      await grill.screenshot({ path: info.outputPath("allergy-grill.png") })
      await pass.screenshot({ path: info.outputPath("allergy-pass.png") })

      for (const dish of ["Sardines", "Chouriço"]) {
        await hand.act(grill, card(dish), "allergy seen")
        await expect(card(dish).getByRole("button", { name: /^Bump/ })).toHaveCount(1)
        await expect(fire(dish), "the pass reads it for itself").toContainText("Allergy seen")
        await hand.act(pass, fire(dish), "allergy seen")
        await expect(fire(dish).getByRole("button", { name: /^Allergy seen/ })).toHaveCount(0)
      }
      await nothingIsLost()
    })

    await test.step("one is voided while the cook bumps: the bump is refused, and the difference is shown", async () => {
      proxy.holdFrames(true)
      const line = ines.locator(".check-line", { hasText: "Sardines" })
      await hand.press(ines, line.locator("summary", { hasText: "Void" }))
      await hand.type(ines, line.getByLabel("How many"), "1")
      await hand.choose(ines, line.locator("input[name=reason]").first())
      await hand.press(ines, line.getByRole("button", { name: "Void" }))
      await bothRead("Sardines", "VOID 1 of 2")
      await expect(fire("Sardines")).toContainText("VOID 1")
      await expect(card("Sardines"), "the cook’s screen has not heard of it").not.toContainText("VOID")

      await hand.act(grill, card("Sardines"), "bump")
      await expect(grill.locator(".slot", { has: card("Sardines") }).locator(".slot-note")).toContainText("The floor changed this ticket")
      await expect(card("Sardines")).toHaveCount(1)
      await bothRead("Sardines", "Fired")

      proxy.holdFrames(false)
      const struck = card("Sardines").locator(".line", { hasText: "Sardines" })
      await expect(struck.locator(".line-void")).toContainText("VOID 1")
      await expect(struck.locator(".line-quantity")).toHaveText("1")
      await expect(grill.locator("#front")).toContainText(`VOID ${TABLE}`)
      await grill.screenshot({ path: info.outputPath("void-grill.png") })
      await nothingIsLost()
      await hand.act(grill, card("Sardines"), "void seen")
      await expect(card("Sardines")).not.toContainText("VOID")
      await expect(card("Sardines").getByRole("button", { name: /^Bump/ }), "the next key bumps, and ticks nothing").toBeFocused()
      for (const page of [ines, tiago]) await totalIsTheSum(page)
    })

    await test.step("both fires are cooked, handed over, and gone from every screen", async () => {
      for (const dish of ["Sardines", "Chouriço"]) {
        await hand.act(grill, card(dish), "bump")
        await expect(card(dish)).toHaveCount(0)
        await expect(fire(dish)).toContainText("READY")
        await bothRead(dish, "Ready")
        await expect(call).toHaveCount(1)
        await hand.act(pass, fire(dish), "hand over")
        await expect(fire(dish)).toHaveCount(0)
        await bothRead(dish, "Served")
        await expect(ines.locator("#inbox")).toBeHidden()
      }
      await nothingIsLost()
    })

    await test.step("the pass fires the third course, and the grill cooks it for the cold station", async () => {
      await hand.act(pass, fire("Arroz doce"), "fire")
      await expect(fire("Arroz doce")).not.toContainText("HOLD")
      await expect(card("Arroz doce")).not.toContainText("HOLD")
      await bothRead("Arroz doce", "Fired")
      await hand.act(grill, card("Arroz doce"), "allergy seen")
      await expect(card("Arroz doce").getByRole("button", { name: /^Bump/ })).toBeFocused()
      await hand.act(grill, card("Arroz doce"), "start")
      await expect(card("Arroz doce")).toContainText("COOKING")
      await bothRead("Arroz doce", "Cooking")
      await nothingIsLost()
    })

    await test.step("the cold station’s screen is mended: its card goes home", async () => {
      await hand.press(pass, pass.getByRole("link", { name: "Stations" }))
      await hand.press(pass, pass.getByRole("button", { name: /^Take it back/ }))
      await expect(pass.locator(".lend-word")).toHaveCount(0)
      await expect(cards).toHaveCount(0)
      await hand.press(pass, pass.getByRole("link", { name: /^Expo/ }))
      await isLive(pass)
      await expect(fire("Arroz doce")).toHaveCount(1)
      await bothRead("Arroz doce", "Cooking")
    })

    await test.step("every screen shows what a fresh one would, and nothing was cooked twice", async () => {
      for (const page of [ines, tiago]) {
        await totalIsTheSum(page)
        await hand.press(page, page.getByRole("link", { name: "Floor" }))
        await isReady(page)
      }
      for (const [page, view] of /** @type {const} */ ([[grill, "station-grill"], [pass, "expo"], [ines, "floor"], [tiago, "floor"]])) {
        await isAsFresh(house, page, view)
      }
      await nothingIsLost()

      await hand.press(ines, ines.getByRole("button", { name: "Sign out" }))
      await hand.choose(ines, ines.getByRole("radio", { name: /Inês/ }))
      await hand.type(ines, ines.locator("#pin"), "1407")
      await ines.keyboard.press("Enter")
      await isReady(ines)
      await isAsFresh(house, ines, "floor")
      const ofTable = `from ticket_lines l join tickets t using (location_id, ticket_id)
        join fires f on f.location_id = t.location_id and f.fire_id = t.fire_id join checks c on c.location_id = f.location_id and c.check_id = f.check_id
        join tables b on b.location_id = c.location_id and b.table_id = c.table_id where b.label = '${TABLE}'`
      expect(house.sql(`select count(*), count(distinct l.line_id) ${ofTable}`), "each line has one ticket").toBe("5|5")
      expect(house.sql(`select coalesce(sum(t.recalled), 0) ${ofTable}`), "one was brought back, once").toBe("1")
    })
  })
}

test("what no Tab comes to is told, not passed over", async ({ house, screens }) => {
  const page = await screens.signIn("Inês", "/floor", { url: house.url })
  await isReady(page)
  await page.evaluate(() => document.querySelector("#filters button")?.setAttribute("tabindex", "-1"))
  await expect(reach(page, page.getByRole("button", { name: "All" }))).rejects.toThrow("no Tab ever came")
})
