import assert from "node:assert/strict"
import { test } from "node:test"

import * as basket from "../../static/js/order/basket.js"
import { EMPTY, add, body, edit, menuOf, obstacles, parse, refused, send, serialise, tell } from "../../static/js/order/basket.js"
import { outcome } from "../../static/js/order/send.js"
import { matches } from "../../static/js/order/search.js"
import { unsent } from "../../static/js/lib/drafts.js"
import { uuid7 } from "../../static/js/lib/ids.js"
import { amount, digits } from "../../static/js/lib/money.js"

const menu = basket.menuOf({
  items: [
    { id: "steak", name: "Ribeye", kitchen_name: "Ribeye", description: "", price_minor: 2600, allergens: [], groups: ["doneness", "sides"] },
    { id: "fries", name: "Fries", kitchen_name: "Fries", description: "", price_minor: 450, allergens: [], groups: [] },
  ],
  groups: [
    { id: "doneness", name: "Doneness", min: 1, max: 1, modifiers: [
      { id: "rare", name: "Rare", prefix: null, price_minor: 0 }, { id: "well", name: "Well done", prefix: null, price_minor: 0 }] },
    { id: "sides", name: "Sides", min: 0, max: 2, modifiers: [
      { id: "jus", name: "jus", prefix: "EXTRA", price_minor: 150 }, { id: "salad", name: "salad", prefix: "SIDE", price_minor: 300 },
      { id: "butter", name: "butter", prefix: "NO", price_minor: 0 }] },
  ],
})

const line = (item_id, more = {}) => ({ item_id, quantity: 1, modifiers: [], seat: null, course: 1, note: null, ...more })

test("a second tap on a dish makes it two", () => {
  const draft = basket.add(basket.add(basket.EMPTY, line("fries")), line("fries"))
  assert.deepEqual(draft.lines, [line("fries", { quantity: 2 })])
})

test("another seat, note, course or choice is another line", () => {
  const kinds = [{}, { seat: 2 }, { note: "no salt" }, { course: 2 }]
  const draft = kinds.reduce((sum, kind) => basket.add(sum, line("fries", kind)), basket.EMPTY)
  assert.equal(draft.lines.length, 4)
  const steaks = [["rare"], ["well"], ["rare", "jus"]].reduce((sum, modifiers) => basket.add(sum, line("steak", { modifiers })), basket.EMPTY)
  assert.equal(steaks.lines.length, 3)
})

test("choices in another order are the same choices", () => {
  const one = basket.add(basket.EMPTY, line("steak", { modifiers: ["rare", "jus"] }))
  assert.equal(basket.add(one, line("steak", { modifiers: ["jus", "rare"] })).lines.length, 1)
})

test("a line that would pass ninety-nine units starts another", () => {
  const draft = basket.add(basket.add(basket.EMPTY, line("fries", { quantity: 98 })), line("fries", { quantity: 2 }))
  assert.deepEqual(draft.lines.map((known) => known.quantity), [98, 2])
})

test("the last unit taken off takes the line off", () => {
  const draft = basket.step(basket.add(basket.EMPTY, line("fries")), 0, -1)
  assert.deepEqual(draft.lines, [])
})

test("a forced choice that is missing is named", () => {
  assert.deepEqual(basket.reasons(menu, line("steak")), [{ group: "doneness", message: "Choose Doneness." }])
  assert.deepEqual(basket.reasons(menu, line("steak", { modifiers: ["rare"] })), [])
  const greedy = line("steak", { modifiers: ["rare", "jus", "salad", "butter"] })
  assert.deepEqual(basket.reasons(menu, greedy), [{ group: "sides", message: "At most 2 for Sides." }])
})

test("a total counts choices and units to the cent", () => {
  const lines = [line("steak", { quantity: 2, modifiers: ["rare", "jus"] }), line("fries")]
  assert.equal(basket.total(lines, menu), 2 * 2750 + 450)
  assert.equal(basket.units(lines), 3)
  assert.deepEqual(basket.choices(menu, lines[0]), ["Rare", "EXTRA jus"])
})

test("what stands in the way is told line by line", () => {
  const draft = { ...basket.EMPTY, lines: [line("fries"), line("steak"), line("gone")] }
  const found = basket.obstacles(draft, menu, new Set(["fries"]))
  assert.deepEqual([...found.keys()], [0, 1, 2])
  assert.match(found.get(0), /86/)
})

test("a Send whose answer was lost goes again under the same key", () => {
  const sent = basket.send(basket.add(basket.EMPTY, line("fries")), "key-1", null)
  assert.equal(sent.pending.id, "key-1")
  assert.deepEqual(sent.lines, [])
  assert.equal(basket.send(sent, "key-2", null), sent, "a second Send is no other Send")
  const reloaded = basket.parse(basket.serialise(sent))
  assert.deepEqual(reloaded, sent)
})

test("a Send that opened the table's check goes again as it was, not as the table stands now", () => {
  const sent = basket.send(basket.add(basket.EMPTY, line("fries")), "key-1", null)
  const place = { table_id: "table-7", check_id: "check-of-the-lost-answer", order_type: "dine_in" }
  assert.deepEqual(basket.body(basket.parse(basket.serialise(sent)).pending, place), basket.body(sent.pending, { ...place, check_id: null }))
  const added = basket.send(basket.add(basket.EMPTY, line("fries")), "key-2", "check-1")
  assert.equal(basket.body(basket.parse(basket.serialise(added)).pending, place).check_id, "check-1")
})

test("what is added while an answer is out is another order", () => {
  const sent = basket.add(basket.send(basket.add(basket.EMPTY, line("fries")), "key-1", null), line("steak", { modifiers: ["rare"] }))
  const next = basket.send(basket.accepted(sent), "key-2", null)
  assert.equal(next.pending.id, "key-2")
  assert.deepEqual(next.pending.lines.map((known) => known.item_id), ["steak"])
})

test("a refused Send loses nothing and keeps its key", () => {
  const sent = basket.add(basket.send(basket.add(basket.EMPTY, line("fries")), "key-1", null), line("fries", { seat: 2 }))
  const back = basket.refused(sent, false)
  assert.deepEqual(back.lines, [line("fries"), line("fries", { seat: 2 })])
  assert.equal(basket.send(back, "key-2", null).pending.id, "key-1")
  assert.equal(basket.send(basket.refused(sent, true), "key-2", null).pending.id, "key-2", "a spent key is not used again")
})

test("the rest is sent, what is 86'd stays in the basket", () => {
  const both = { ...basket.EMPTY, lines: [line("fries"), line("steak", { modifiers: ["rare"] })] }
  const sent = basket.send(both, "key-1", null, (known) => known.item_id !== "fries")
  assert.deepEqual(sent.lines.map((known) => known.item_id), ["fries"])
  assert.deepEqual(sent.pending.lines.map((known) => known.item_id), ["steak"])
})

test("a draft that cannot be understood is an empty one", () => {
  for (const text of [null, "", "{", "7", '{"version":2}', '{"version":1,"lines":[{"quantity":3}]}']) {
    assert.deepEqual(basket.parse(text).lines, [], String(text))
  }
  const odd = basket.parse('{"version":1,"lines":[{"item_id":"fries","quantity":-4,"seat":"x","course":77,"note":7}]}')
  assert.deepEqual(odd.lines, [line("fries", { course: 9 })])
})

test("a note is one line of at most 140 characters", () => {
  const draft = basket.add(basket.EMPTY, line("fries", { note: `  no\n salt ${"x".repeat(200)}` }))
  assert.equal(draft.lines[0].note.length, 140)
  assert.ok(draft.lines[0].note.startsWith("no salt x"))
})

test("an answer decides what becomes of the slip", () => {
  assert.equal(outcome(201, { id: "x" }).kind, "sent")
  assert.equal(outcome(200, { id: "x" }).kind, "sent")
  for (const status of [500, 502, 503, 429, 408, 201]) assert.equal(outcome(status, null).kind, "unknown", String(status))
  const refusal = outcome(422, { error: "86", fields: [{ line: 0, field: "item_id", message: "86" }] })
  assert.equal(refusal.kind, "refused")
  assert.equal(refusal.fields.length, 1)
  assert.equal(outcome(401, null).signIn, true)
  assert.equal(outcome(409, { error: "spent" }).keySpent, true)
})

test("a few letters find a dish", () => {
  assert.ok(matches("Crème brûlée", "creme"))
  assert.ok(matches("House burger with bacon", "bur bac"))
  assert.ok(!matches("House burger", "urger"))
  assert.ok(matches("anything", " "))
})

test("an id is a UUID of version 7 that carries its moment", () => {
  const id = uuid7(0x018bcfe56800, new Uint8Array(10).fill(0xff))
  assert.equal(id, "018bcfe5-6800-7fff-bfff-ffffffffffff")
})

test("money reads as people write it", () => {
  assert.equal(digits(-105), "-1.05")
  assert.equal(amount(1250, "EUR"), "€12.50")
  assert.equal(amount(-105, "CHF"), "-CHF\u00a01.05")
})

test("what a tablet keeps is told, what awaits an answer first", () => {
  const waiting = basket.send(basket.add(basket.EMPTY, line("fries", { quantity: 2 })), "key-1")
  const entries = [
    ["comanda.draft.here.t4", basket.serialise(basket.add(basket.EMPTY, line("fries")))],
    ["comanda.draft.here.t9", basket.serialise(waiting)],
    ["comanda.draft.here.t9.last", basket.serialise(basket.add(basket.EMPTY, line("fries")))],
    ["comanda.draft.here.t5", "{"],
    ["something.else", "1"],
  ]
  assert.deepEqual(unsent(entries), [
    { place: "t9", units: 2, isPending: true },
    { place: "t4", units: 1, isPending: false },
  ])
})

test("later courses wait unless somebody says otherwise, and a reload remembers it", () => {
  const place = { table_id: "t", order_type: "dine_in" }
  const dishes = [line("fries"), line("steak", { modifiers: ["rare"], course: 2 })].reduce(basket.add, basket.EMPTY)
  const holds = (/** @type {any} */ draft) => basket.body(basket.send(draft, "key", null).pending, place).lines.map((one) => one.hold)
  assert.deepEqual(holds(dishes), [false, true])
  const turned = basket.hold(basket.hold(dishes, 1, true), 2, false)
  assert.deepEqual(holds(basket.parse(basket.serialise(turned))), [true, false])
  const pending = basket.parse(basket.serialise(basket.send(turned, "key", null)))
  assert.deepEqual(basket.body(pending.pending, place).lines.map((one) => one.hold), [true, false])
  assert.deepEqual(basket.accepted(pending).holds, {}, "the next Send begins anew")
  const older = JSON.parse(basket.serialise(basket.send(dishes, "key", null)))
  delete older.pending.held
  const again = basket.parse(JSON.stringify(older)).pending
  assert.ok(basket.body(again, place).lines.every((one) => !("hold" in one)), "what an older build sent is sent as it was")
})

test("an allergy stands in the way until somebody says that the kitchen leaves it out", () => {
  const nutty = menuOf({ items: [{ id: "cake", name: "Cake", kitchen_name: "Cake", description: "", price_minor: 500, allergens: ["milk", "nuts"], groups: [] }], groups: [] })
  const line = { item_id: "cake", quantity: 1, modifiers: [], seat: 2, course: 1, note: null }
  let draft = tell(add(EMPTY, line), 2, ["nuts"])
  assert.match(obstacles(draft, nutty, new Set()).get(0) ?? "", /contains nuts/)
  assert.equal(obstacles(tell(add(EMPTY, line), 3, ["nuts"]), nutty, new Set()).size, 0, "another guest's plate")
  assert.match(obstacles(add(EMPTY, { ...line, seat: null }), nutty, new Set(), [{ seat: 3, allergens: ["milk"] }]).get(0) ?? "", /contains milk/, "it may be theirs")
  draft = edit(draft, 0, { ...line, despite_allergy: ["nuts"] })
  assert.equal(obstacles(draft, nutty, new Set()).size, 0)
  assert.equal(obstacles(tell(draft, null, ["milk"]), nutty, new Set()).size, 1, "what is told later asks again")
  const sent = send(draft, "key", null)
  assert.deepEqual(sent.allergies, [])
  assert.ok(sent.pending)
  const said = /** @type {any} */ (body(sent.pending, { table_id: "t", order_type: "dine_in" }))
  assert.deepEqual(said.allergies, [{ seat: 2, allergens: ["nuts"] }])
  assert.deepEqual(said.lines[0].despite_allergy, ["nuts"])
  assert.deepEqual(parse(serialise(sent)), sent, "a reload keeps it")
  assert.deepEqual(refused(sent, false).allergies, [{ seat: 2, allergens: ["nuts"] }], "and a refusal too")
})
