// @ts-check
/**
 * Two ways of doing the same thing: a hand that clicks, and one that has only a keyboard. What the second cannot do,
 * nobody can do who has no mouse: it fails and says what was out of reach.
 */

import { expect, walkTo } from "./fixtures.mjs"

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("@playwright/test").Locator} Locator */
/**
 * @typedef {object} Hand
 * @property {string} name
 * @property {(page: Page, what: Locator) => Promise<void>} press a button, a link, what opens something
 * @property {(page: Page, box: Locator) => Promise<void>} choose a radio or a box
 * @property {(page: Page, field: Locator, text: string) => Promise<void>} type instead of what is in it
 * @property {(page: Page, list: Locator, label: string) => Promise<void>} pick one of a list
 * @property {(screen: Page, card: Locator, action: Action) => Promise<void>} act on a card of the kitchen's walls
 * @property {(screen: Page) => Promise<void>} recall what left last
 */
/** @typedef {"bump" | "start" | "allergy seen" | "void seen" | "hand over" | "fire"} Action */

/** @type {Record<Action, RegExp>} as it stands on the button */
const WORDS = { bump: /^Bump/, start: /^Start/, "allergy seen": /^Allergy seen/, "void seen": /^Void seen/, "hand over": /^Hand over/, fire: /^Fire/ }
/** @type {Record<Action, string>} as the keymap has it from the start */
const KEYS = { bump: "Enter", start: "c", "allergy seen": "a", "void seen": "a", "hand over": "Enter", fire: "Enter" }
/** No page has more to walk through; a search narrows the longest. */
const TABS_MAX = 250

/** @type {Hand} */
export const mouse = {
  name: "mouse",
  press: (_, what) => what.click(),
  choose: (_, box) => box.check(),
  type: (_, field, text) => field.fill(text),
  pick: async (_, list, label) => void (await list.selectOption({ label })),
  act: (_, card, action) => card.getByRole("button", { name: WORDS[action] }).click(),
  recall: (screen) => screen.getByRole("button", { name: "Recall last" }).click(),
}

/** @type {Hand} */
export const keys = {
  name: "keyboard alone",
  async press(page, what) {
    await reach(page, what)
    await page.keyboard.press("Enter")
  },
  async choose(page, box) {
    await reach(page, box)
    for (let step = 0; step < 30 && !(await isFocused(box)); step++) await page.keyboard.press("ArrowDown")
    if (!(await box.isChecked())) await page.keyboard.press("Space")
    await expect(box).toBeChecked()
  },
  async type(page, field, text) {
    await reach(page, field)
    await page.keyboard.press("Control+A")
    await page.keyboard.type(text)
  },
  async pick(page, list, label) {
    await reach(page, list)
    await page.keyboard.type(label)
    await expect(list.locator("option:checked")).toHaveText(label)
  },
  async act(screen, card, action) {
    await screen.keyboard.press("Escape")
    await walkTo(screen, card)
    await screen.keyboard.press(KEYS[action])
  },
  recall: (screen) => screen.keyboard.press("r"),
}

/** @param {Locator} what @returns {Promise<boolean>} */
function isFocused(what) {
  return what.evaluate((element) => element === document.activeElement)
}

/**
 * By Tab alone to what is meant, from wherever the focus stands; of radios to their group, where the arrows choose.
 * @param {Page} page @param {Locator} what
 */
export async function reach(page, what) {
  await expect(what).toHaveCount(1)
  for (let step = 0; step <= TABS_MAX; step++) {
    const isThere = await what.evaluate((element) => {
      const focused = document.activeElement
      if (element === focused) return true
      return element instanceof HTMLInputElement && element.type === "radio" && focused instanceof HTMLInputElement &&
        focused.type === "radio" && focused.name === element.name && focused.form === element.form
    })
    if (isThere) return
    await page.keyboard.press("Tab")
  }
  throw new Error(`no Tab ever came to ${what} on ${page.url()}`)
}
