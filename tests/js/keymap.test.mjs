// A screen's keys and options: given to another action by pressing, kept, and never out of reach.

import assert from "node:assert/strict"
import { test } from "node:test"

import { ACTIONS, Keymap, keyWords } from "../../static/js/board/keymap.js"
import { readOptions, saveOptions } from "../../static/js/board/options.js"

test("every action has a key, and no two the same", () => {
  const keymap = new Keymap()
  const keys = ACTIONS.map(({ id }) => keymap.keyOf(id))
  assert.equal(new Set(keys).size, ACTIONS.length)
  for (const { id } of ACTIONS) assert.equal(keymap.actionOf(keymap.keyOf(id)), id)
  assert.equal(keymap.actionOf("R"), "recall", "with Shift, too")
  assert.equal(keymap.actionOf("z"), null)
})

test("a key that is taken is swapped, so that nothing is out of reach", () => {
  const keymap = new Keymap()
  assert.ok(keymap.assign("bump", "B"))
  assert.equal(keymap.actionOf("b"), "bump")
  assert.equal(keymap.actionOf("Enter"), null)
  assert.ok(keymap.assign("recall", "b"))
  assert.equal(keymap.actionOf("b"), "recall")
  assert.equal(keymap.actionOf("r"), "bump", "it has what the other had")
  const keys = ACTIONS.map(({ id }) => keymap.keyOf(id))
  assert.equal(new Set(keys).size, ACTIONS.length)
})

test("a saved key that another action has from the start leaves that one without, and nobody inherits a key", () => {
  const keymap = new Keymap('[["bump","h"]]')
  assert.equal(keymap.actionOf("h"), "bump")
  assert.equal(keymap.actionOf("Enter"), null, "Enter hands nothing over")
  assert.equal(keymap.keyOf("anyway"), "")
  assert.equal(keymap.actionOf(""), null)
  assert.deepEqual(JSON.parse(keymap.save()), [["bump", "h"]])
  assert.ok(keymap.assign("anyway", "x"))
  assert.equal(new Keymap(keymap.save()).actionOf("x"), "anyway")
  assert.equal(keymap.actionOf("h"), "bump")
})

test("an action without a key has its own again once that is free, and who gives it one leaves nobody without", () => {
  const freed = new Keymap('[["bump","h"]]')
  assert.ok(freed.assign("bump", "b"))
  assert.equal(freed.actionOf("h"), "anyway")
  const taken = new Keymap('[["bump","h"]]')
  assert.ok(taken.assign("anyway", "h"))
  assert.equal(taken.actionOf("h"), "anyway")
  assert.equal(taken.actionOf("Enter"), "bump")
  for (const keymap of [freed, taken]) assert.equal(new Set(ACTIONS.map(({ id }) => keymap.keyOf(id))).size, ACTIONS.length)
})

test("of two saved actions with one key the first has it", () => {
  const keymap = new Keymap('[["line","x"],["bump","x"]]')
  assert.equal(keymap.actionOf("x"), "line")
  assert.equal(keymap.actionOf("Enter"), "bump")
})

test("what belongs to the browser, and an action that there is not, are refused", () => {
  const keymap = new Keymap()
  for (const key of ["Tab", "Shift", "F5", "", "x".repeat(31)]) assert.equal(keymap.assign("bump", key), false, key)
  assert.equal(keymap.assign("dance", "x"), false)
  assert.equal(keymap.save(), "[]")
})

test("keys are kept over a reload, and rubbish is as new", () => {
  const keymap = new Keymap()
  keymap.assign("bump", "F8")
  keymap.assign("page", "a")
  const again = new Keymap(keymap.save())
  for (const { id } of ACTIONS) assert.equal(again.keyOf(id), keymap.keyOf(id), id)
  again.reset()
  assert.equal(again.save(), "[]")
  for (const rubbish of ["{", "null", "7", '[["bump"]]', '[["dance","x"],7,["bump","Tab"]]', null]) {
    assert.equal(new Keymap(rubbish).actionOf("Enter"), "bump", String(rubbish))
  }
})

test("a key reads as it stands on the keyboard", () => {
  assert.deepEqual([" ", "a", "ArrowUp", "Enter", ""].map(keyWords), ["Space", "A", "Arrow Up", "Enter", "No key"])
})

test("options are kept, and rubbish is as new", () => {
  const likes = { volume: 30, text: "huge", colours: "light", refill: "stay" }
  assert.deepEqual(readOptions(saveOptions(likes)), likes)
  const asNew = { volume: 80, text: "normal", colours: "dark", refill: "fill" }
  for (const rubbish of [null, "{", "null", "[]", '{"volume":101,"text":"x","colours":7,"refill":"never"}', '{"volume":"30"}']) {
    assert.deepEqual(readOptions(rubbish), asNew, String(rubbish))
  }
})
