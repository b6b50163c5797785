import assert from "node:assert/strict"
import { test } from "node:test"

import { ageAt } from "../../static/js/board/age.js"
import { backoffMs, retryAfterMs } from "../../static/js/board/backoff.js"
import { createClock } from "../../static/js/board/clock.js"
import { CueBook, mostUrgent } from "../../static/js/board/cues.js"
import { Receipts } from "../../static/js/board/receipts.js"
import { Pins } from "../../static/js/board/pins.js"
import { closeUp, isOvertaken, place, refill } from "../../static/js/board/slots.js"

// --- clock ---------------------------------------------------------------------------------------------------

test("the fastest frame of the last minute sets the clock", () => {
  let at = 0
  const clock = createClock(() => at)
  clock.sample(1_000) // took no time
  at = 5_000
  clock.sample(5_800) // took 200 ms
  assert.equal(clock.now(), 6_000)
  at = 61_000
  assert.equal(clock.now(), 61_800, "after a minute the slower one is all there is")
  at = 200_000
  assert.equal(clock.now(), 200_800, "and it stays, until a newer frame comes")
})

test("a server that set its clock back is followed within a minute", () => {
  let at = 0
  const clock = createClock(() => at)
  clock.sample(100_000)
  at = 61_000
  clock.sample(1_000)
  assert.equal(clock.now(), 1_000)
})

// --- ages ----------------------------------------------------------------------------------------------------

test("an age reads as the server draws it", () => {
  const fuse = { firedMs: 1_000, warnS: 300, lateS: 600 }
  assert.deepEqual(ageAt(fuse, 0), { clock: "00:00", standing: "is-on-time", word: "" })
  assert.deepEqual(ageAt(fuse, 301_000), { clock: "05:00", standing: "is-warn", word: "Soon late" })
  assert.deepEqual(ageAt(fuse, 6_061_999), { clock: "101:00", standing: "is-late", word: "Late" })
})

// --- backoff -------------------------------------------------------------------------------------------------

test("the first attempt comes within a second, later ones within five", () => {
  for (const chance of [0, 0.5, 0.999]) {
    const random = () => chance
    assert.ok(backoffMs(0, {}, random) < 1_000)
    for (let attempt = 1; attempt < 40; attempt++) {
      const ms = backoffMs(attempt, {}, random)
      assert.ok(ms >= 100 && ms <= 5_000, `${attempt}: ${ms}`)
    }
  }
  assert.ok(backoffMs(0, { code: 1013 }, () => 0) >= 1_000, "an overloaded server gets more room")
})

test("Retry-After is seconds or a date", () => {
  assert.equal(retryAfterMs("20", 0), 20_000)
  assert.equal(retryAfterMs("Thu, 01 Jan 1970 00:00:30 GMT", 10_000), 20_000)
  assert.equal(retryAfterMs("soon", 0), undefined)
  assert.equal(retryAfterMs(null, 0), undefined)
})

// --- slots ---------------------------------------------------------------------------------------------------

const WALL = { columns: 2, pageBands: 10 }
const card = (id, bands = 5, columns = 1) => ({ id, sort: id, bands, columns })
const at = (places) => Object.fromEntries([...places].map(([id, { column, band }]) => [id, [column, band]]))

test("cards fill a page column by column, oldest first", () => {
  const places = closeUp([card("c"), card("a"), card("d"), card("b"), card("e")], WALL)
  assert.deepEqual(at(places), { a: [0, 0], b: [0, 5], c: [1, 0], d: [1, 5], e: [0, 10] })
})

test("a card that has a place keeps it when another leaves", () => {
  const before = closeUp(["a", "b", "c"].map((id) => card(id)), WALL)
  const after = place(before, [card("b"), card("c")], WALL, 0)
  assert.deepEqual(at(after), { b: [0, 5], c: [1, 0] })
})

test("a gap is for the next in line who fits, also from a later page", () => {
  const before = closeUp(["a", "b", "c", "d", "e"].map((id) => card(id)), WALL)
  const after = place(before, ["b", "c", "d", "e", "f"].map((id) => card(id)), WALL, 0)
  assert.deepEqual(at(after).e, [0, 0])
  assert.deepEqual(at(after).f, [0, 10])
})

test("what stands on the page that is looked at stays, also on the second", () => {
  const before = closeUp(["a", "b", "c", "d", "e"].map((id) => card(id)), WALL)
  const after = place(before, ["b", "c", "d", "e"].map((id) => card(id)), WALL, 1)
  assert.deepEqual(at(after).e, [0, 10])
})

test("a card that grew pushes down what is below it, never sideways", () => {
  const before = closeUp([card("a", 3), card("b", 3), card("c", 10)], WALL)
  const after = place(before, [card("a", 5), card("b", 3), card("c", 10)], WALL, 0)
  assert.deepEqual(at(after), { a: [0, 0], b: [0, 5], c: [1, 0] })
})

test("no card is cut by the edge of a page, and one longer than a page begins there", () => {
  const places = closeUp([card("a", 7), card("b", 7), card("c", 4), card("d", 23)], WALL)
  assert.deepEqual(at(places), { a: [0, 0], b: [1, 0], c: [0, 10], d: [1, 10] })
})

test("a wide card takes two columns", () => {
  const places = closeUp([card("a", 4), card("b", 6, 2), card("c", 4)], WALL)
  assert.deepEqual(at(places), { a: [0, 0], b: [0, 4], c: [1, 0] })
})

test("places fit again when the wall loses a column", () => {
  const before = closeUp(["a", "b", "c"].map((id) => card(id)), WALL)
  const after = place(before, ["a", "b", "c"].map((id) => card(id)), { columns: 1, pageBands: 10 }, 0)
  assert.deepEqual(at(after), { a: [0, 0], b: [0, 5], c: [0, 10] })
})

test("an older card behind younger ones is noticed", () => {
  const before = closeUp([card("a", 10), card("b", 6), card("d", 4)], WALL)
  const cards = [card("b", 6), card("c", 10), card("d", 4), card("e", 4)]
  const kept = new Map([...before].filter(([id]) => id !== "a"))
  const young = place(kept, [card("b", 6), card("d", 4), card("e", 4)], WALL, 0)
  const places = place(young, cards, WALL, 0)
  assert.ok(places.get("c").band >= WALL.pageBands)
  assert.equal(isOvertaken(places, cards, WALL), true)
  assert.equal(isOvertaken(closeUp(cards, WALL), cards, WALL), false)
})

// --- how gaps close ------------------------------------------------------------------------------------------

const cards = (/** @type {string} */ ids) => [...ids].map((id) => card(id))

const GONE = { hasLeft: true, isTouched: false }
const NOBODY_GONE = { hasLeft: false, isTouched: false }

test("where all close up at once, a card that leaves moves the others up, and one that comes moves nobody", () => {
  const before = closeUp(cards("abcde"), WALL)
  assert.deepEqual(at(refill("at-once", before, cards("acde"), WALL, 0, GONE)), { a: [0, 0], c: [0, 5], d: [1, 0], e: [1, 5] })
  const older = [...cards("abcde"), { ...card("f"), sort: "0" }]
  const after = refill("at-once", before, older, WALL, 0, NOBODY_GONE)
  assert.deepEqual(at(after), { ...at(before), e: [0, 15], f: [0, 10] }, "but those who wait, in their turn")
})

test("where all close up at once, nobody moves and nobody comes into the gap between two taps", () => {
  const before = closeUp(cards("abcde"), WALL)
  const tapped = refill("at-once", before, cards("acde"), WALL, 0, { hasLeft: true, isTouched: true })
  assert.deepEqual(at(tapped), { a: [0, 0], c: [1, 0], d: [1, 5], e: [0, 10] })
  const more = refill("at-once", tapped, cards("acdef"), WALL, 0, { hasLeft: true, isTouched: true })
  assert.deepEqual(at(more), { ...at(tapped), f: [0, 15] })
  assert.deepEqual(at(refill("at-once", more, cards("acdef"), WALL, 0, GONE)), at(closeUp(cards("acdef"), WALL)))
  const urgent = [...cards("abcde"), { ...card("f"), sort: "0" }]
  const touched = refill("at-once", before, urgent, WALL, 0, { hasLeft: false, isTouched: true })
  assert.deepEqual(at(touched).f, [0, 10], "where nobody left, a touch delays nobody's turn")
})

test("where the next one fills the gap, nobody else moves", () => {
  const before = closeUp(cards("abcde"), WALL)
  assert.deepEqual(at(refill("fill", before, cards("acde"), WALL, 0, GONE)), { a: [0, 0], e: [0, 5], c: [1, 0], d: [1, 5] })
})

test("where gaps stay, nobody comes forward, and who comes is read last", () => {
  const before = closeUp(cards("abcdef"), WALL)
  const left = refill("stay", before, cards("acdef"), WALL, 0, GONE)
  assert.deepEqual(at(left), { a: [0, 0], c: [1, 0], d: [1, 5], e: [0, 10], f: [0, 15] })
  assert.deepEqual(at(refill("stay", left, cards("acdefg"), WALL, 0, GONE)).g, [1, 10])
  assert.deepEqual(at(closeUp(cards("acdefg"), WALL)).e, [1, 5], "until somebody closes up")
})

test("where gaps stay, an order does not go where nobody looks while this page has room", () => {
  const before = closeUp(cards("abcd"), WALL)
  const left = refill("stay", before, cards("acd"), WALL, 0, GONE)
  assert.deepEqual(at(refill("stay", left, cards("acde"), WALL, 0, GONE)).e, [0, 5])
  const long = [...cards("acd"), card("e", 6), card("f")]
  assert.deepEqual(at(refill("stay", left, long, WALL, 0, GONE)), { a: [0, 0], c: [1, 0], d: [1, 5], e: [0, 10], f: [1, 10] }, "and behind whoever waits")
})

test("where gaps stay, an order comes on the page that is looked at, before a gap on an earlier one", () => {
  const before = closeUp(cards("abcdefgh"), WALL)
  const left = refill("stay", before, cards("acdgh"), WALL, 1, GONE)
  assert.deepEqual(at(left), { a: [0, 0], c: [1, 0], d: [1, 5], g: [1, 10], h: [1, 15] })
  const came = refill("stay", left, cards("acdghi"), WALL, 1, GONE)
  assert.deepEqual(at(came).i, [0, 10])
  const full = refill("stay", came, cards("acdghijk"), WALL, 1, GONE)
  assert.deepEqual([at(full).j, at(full).k], [[0, 15], [0, 5]], "and there only when this one is full")
})

test("a page with nothing left on it does not stay empty", () => {
  const before = closeUp(cards("abcde"), WALL)
  assert.deepEqual(at(refill("stay", before, cards("e"), WALL, 0, GONE)), { e: [0, 0] })
  assert.equal(refill("stay", before, [], WALL, 0, GONE).size, 0)
})

// --- pins ----------------------------------------------------------------------------------------------------

test("pinned cards stand before all others, in the order in which they were pinned", () => {
  const kept = []
  const pins = new Pins(null, (saved) => kept.push(saved))
  pins.toggle("d")
  pins.toggle("b")
  const standing = cards("abcd").map((one) => ({ ...one, sort: pins.turn(one.id, one.sort) }))
  assert.deepEqual(at(closeUp(standing, WALL)), { d: [0, 0], b: [0, 5], a: [1, 0], c: [1, 5] })
  const again = new Pins(kept.at(-1) ?? null, () => {})
  assert.ok(again.has("d") && again.has("b") && !again.has("a"))
  assert.equal(again.turn("b", "x"), pins.turn("b", "x"))
})

test("a pin is taken back, and forgotten when its card leaves", () => {
  const kept = []
  const pins = new Pins('["a","b"]', (saved) => kept.push(saved))
  pins.toggle("a")
  assert.equal(kept.at(-1), '["b"]')
  pins.forget((id) => id === "b")
  assert.equal(kept.length, 1, "nothing to forget")
  pins.forget(() => false)
  assert.equal(kept.at(-1), null)
  assert.equal(pins.turn("b", "5-1"), "5-1")
})

test("one pin more than there may be changes nothing", () => {
  const kept = []
  const pins = new Pins(null, (saved) => kept.push(saved))
  const ids = Array.from({ length: 20 }, (_, at) => `t-${at}`)
  for (const id of ids) assert.equal(pins.toggle(id), true)
  assert.equal(pins.toggle("t-20"), false)
  assert.equal(kept.length, 20)
  assert.ok(ids.every((id) => pins.has(id)) && !pins.has("t-20"))
  assert.equal(pins.toggle("t-7"), true)
  assert.equal(pins.toggle("t-20"), true, "there is room again")
})

test("pins that somebody else saved are no reason to fail", () => {
  for (const rubbish of ["{", "7", "null", '[1,{"a":2}]']) assert.equal(new Pins(rubbish, () => {}).turn("a", "5"), "5")
  const many = JSON.stringify(Array.from({ length: 500 }, (_, at) => `t-${at}`))
  assert.equal(new Pins(many, () => {}).has("t-0"), false)
})

// --- cues ----------------------------------------------------------------------------------------------------

const NOW = 1_700_000_000_000
const fresh = { id: "t-1", cues: `new@${NOW - 1_000}`, stampedMs: NOW - 1_000 }

test("a cue plays once, also after a reload", () => {
  const book = new CueBook()
  assert.deepEqual(book.see(fresh, NOW), { play: ["new"], counted: 0 })
  assert.deepEqual(book.see(fresh, NOW), { play: [], counted: 0 })
  assert.deepEqual(new CueBook(book.save()).see(fresh, NOW), { play: [], counted: 0 })
})

test("a cue older than a minute is counted, not played", () => {
  assert.deepEqual(new CueBook().see(fresh, NOW + 61_000), { play: [], counted: 1 })
})

test("a change of an old ticket plays, for it happened at the stamp", () => {
  const book = new CueBook()
  book.see(fresh, NOW)
  const changed = { id: "t-1", cues: `${fresh.cues} changed@2`, stampedMs: NOW + 600_000 }
  assert.deepEqual(book.see(changed, NOW + 601_000), { play: ["changed"], counted: 0 })
})

test("what is ready a second time sounds a second time", () => {
  const book = new CueBook()
  const seen = (cues) => book.see({ id: "f-1", cues, stampedMs: null }, NOW).play
  assert.deepEqual(seen(`new@${NOW} ready@${NOW}`), ["new", "ready"])
  assert.deepEqual(seen(`new@${NOW}`), [])
  assert.deepEqual(seen(`new@${NOW} ready@${NOW}`), ["ready"])
})

test("the cues of one card do not touch those of another", () => {
  const book = new CueBook()
  book.see({ ...fresh, id: "t-10" }, NOW)
  book.see(fresh, NOW)
  assert.deepEqual(book.see({ ...fresh, id: "t-10" }, NOW).play, [])
})

test("what was saved by something else is no reason to fail", () => {
  assert.deepEqual(new CueBook("{").see(fresh, NOW).play, ["new"])
})

test("of a burst the worst news is heard", () => {
  assert.equal(mostUrgent(["new", "changed", "new"]), "changed")
  assert.equal(mostUrgent([]), undefined)
})

// --- receipts ------------------------------------------------------------------------------------------------

test("a card on a page that nobody turned to is not confirmed", () => {
  const receipts = new Receipts()
  receipts.view("t-1", true)
  assert.deepEqual(receipts.next(5, [["t-1", 4], ["t-2", 5]]), { t: "ack", seq: 5, but: ["t-2"] })
  assert.equal(receipts.next(5, [["t-1", 4], ["t-2", 5]]), null)
  receipts.view("t-2", true)
  assert.deepEqual(receipts.next(5, [["t-1", 4], ["t-2", 5]]), { t: "ack", seq: 5, but: [] })
})

test("a card seen once is confirmed for that stamp only", () => {
  const receipts = new Receipts()
  receipts.view("t-1", true)
  receipts.next(5, [["t-1", 5]])
  receipts.view("t-1", false)
  assert.deepEqual(receipts.next(6, [["t-1", 5]]), { t: "ack", seq: 6, but: [] })
  assert.deepEqual(receipts.next(7, [["t-1", 7]]), { t: "ack", seq: 7, but: ["t-1"] })
})

test("a board with more unseen cards than a message names is confirmed up to the first that does not fit", () => {
  const receipts = new Receipts()
  const cards = Array.from({ length: 120 }, (_, at) => /** @type {[string, number]} */ ([`t-${at + 1}`, at + 1]))
  receipts.view("t-1", true)
  receipts.view("t-120", true)
  const ack = receipts.next(120, cards)
  assert.equal(ack?.seq, 91, "t-2 to t-91 are named, t-92 is not confirmed")
  assert.equal(ack?.but.length, 90)
  assert.ok(!ack?.but.includes("t-1") && ack?.but.includes("t-91"))
  for (const [id] of cards) receipts.view(id, true)
  assert.deepEqual(receipts.next(120, cards), { t: "ack", seq: 120, but: [] })
})

test("another line hears it again", () => {
  const receipts = new Receipts()
  receipts.next(5, [])
  receipts.forget()
  assert.deepEqual(receipts.next(5, []), { t: "ack", seq: 5, but: [] })
})
