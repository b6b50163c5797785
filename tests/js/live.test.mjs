import assert from "node:assert/strict"
import { test } from "node:test"

import { connect } from "../../static/js/board/live.js"
import { checksum } from "../../static/js/board/reducer.js"
import { FakeBrowser, article } from "./support.mjs"

const EPOCH = "e1"

function open(options = {}) {
  const browser = new FakeBrowser()
  const seen = { changes: [], links: [], builds: [], mismatches: 0 }
  const live = connect({
    view: "station-grill",
    epoch: EPOCH,
    seq: 10,
    build: "b1",
    nowMs: 1_000_000,
    onBoard: (_, change) => seen.changes.push(change),
    onLink: (link) => seen.links.push(link.state),
    onBuild: (build) => seen.builds.push(build),
    onMismatch: () => (seen.mismatches += 1),
    env: browser.env(),
    ...options,
  })
  return { browser, live, seen }
}

const hello = (seq = 10, epoch = EPOCH) => ({ t: "hello", epoch, seq, beat_ms: 5000, now_ms: 1_000_000, build: "b1" })
const beat = (seq, more = {}) => ({ t: "beat", from: seq, seq, checked_ms: 0, ...more })
const snapshot = (seq, ids, { epoch = EPOCH, from = 0, checkedMs = 0 } = {}) => ({
  headers: { "x-board-epoch": epoch, "x-board-head": String(seq), "x-board-checked-ms": String(checkedMs) },
  body: `${JSON.stringify({ t: "cards", from, seq, all: ids })}\n${ids.map((id) => article(id, seq)).join("\n")}`,
})

test("a card that the server pushes stands on the board", () => {
  const { browser, live, seen } = open()
  browser.socket.say(hello())
  browser.socket.say({ t: "cards", from: 10, seq: 11 }, [article("t-1", 11)])
  assert.equal(live.board().cards.get("t-1")?.seq, 11)
  assert.deepEqual(seen.changes, [{ put: ["t-1"], gone: [], reset: false }])
})

test("the socket begins where the page was drawn", () => {
  const { browser } = open()
  assert.equal(browser.socket.address, "/board/station-grill/live?epoch=e1&since=10&build=b1")
})

test("a screen turns amber after 7 s without proof, dead after 12, and alarms after 30", async () => {
  const { browser, live } = open()
  browser.socket.say(hello())
  assert.equal(live.link().state, "live")
  await browser.pass(6_900)
  assert.equal(live.link().state, "live")
  await browser.pass(600)
  assert.equal(live.link().state, "amber")
  await browser.pass(5_000)
  assert.equal(live.link().state, "dead")
  assert.equal(live.link().canAct, false)
  assert.match(live.link().why, /does not answer/)
  assert.equal(live.link().alarm, false)
  await browser.pass(18_000)
  assert.equal(live.link().alarm, true)
})

test("beats of a server that lost its database prove nothing, and the words say so", async () => {
  const { browser, live } = open()
  browser.socket.say(hello())
  browser.socket.say(beat(10))
  for (let age = 5_000; age <= 15_000; age += 5_000) {
    await browser.pass(5_000)
    browser.socket.say(beat(10, { checked_ms: age }))
  }
  assert.equal(live.link().state, "dead")
  assert.match(live.link().why, /database/)
})

test("a tablet without a network says that it is the network", async () => {
  const { browser, live } = open()
  browser.socket.say(hello())
  browser.online = false
  await browser.pass(13_000)
  assert.match(live.link().why, /no network/)
})

test("a mute socket is left after 12 s and another dialled", async () => {
  const { browser } = open()
  browser.socket.say(hello())
  browser.answer = () => snapshot(10, [], { from: 10 })
  await browser.pass(14_000)
  assert.ok(browser.sockets.length > 1)
  assert.equal(browser.sockets[0].readyState, 3)
})

test("every third beat is answered", () => {
  const { browser } = open()
  browser.socket.say(hello())
  for (let n = 0; n < 7; n++) browser.socket.say(beat(10))
  assert.deepEqual(browser.socket.sent, [{ t: "here" }, { t: "here" }])
})

test("what was missed is asked for, and the cursor is moved before anything else counts", async () => {
  const { browser, live } = open()
  browser.socket.say(hello())
  browser.answer = () => snapshot(15, ["t-5"])
  browser.socket.say({ t: "cards", from: 12, seq: 13 }, [article("t-4", 13)])
  await browser.pass(10)
  assert.equal(live.board().seq, 15)
  assert.deepEqual(browser.socket.sent.at(-1), { t: "attach", epoch: EPOCH, since: 15 })
  browser.socket.say({ t: "cards", from: 13, seq: 16 }, [article("t-6", 16)])
  assert.equal(live.board().seq, 15, "counted from elsewhere")
  browser.socket.say(hello(15))
  browser.socket.say({ t: "cards", from: 15, seq: 16 }, [article("t-6", 16)])
  assert.equal(live.board().seq, 16)
})

test("a reset replaces everything, even by something older", async () => {
  const { browser, live, seen } = open()
  browser.socket.say(hello())
  browser.socket.say({ t: "cards", from: 10, seq: 11 }, [article("t-1", 11)])
  browser.answer = () => snapshot(4, ["t-9"], { epoch: "e2" })
  browser.socket.say({ t: "reset", epoch: "e2", why: "epoch", within_ms: 800 })
  browser.socket.say({ t: "cards", from: 11, seq: 12 }, [article("t-2", 12)])
  await browser.pass(500)
  assert.deepEqual([live.board().epoch, live.board().seq, [...live.board().cards.keys()]], ["e2", 4, ["t-9"]])
  assert.deepEqual(seen.changes.at(-1), { put: ["t-9"], gone: ["t-1"], reset: true })
  assert.match(browser.asked[0], /since=0&epoch=e2/)
})

test("an answer that the socket has overtaken is dropped", async () => {
  const { browser, live } = open()
  browser.socket.say(hello())
  browser.answer = () => snapshot(10, [])
  live.refresh()
  browser.socket.say({ t: "cards", from: 10, seq: 11 }, [article("t-1", 11)])
  await browser.pass(10)
  assert.deepEqual([...live.board().cards.keys()], ["t-1"])
})

test("a refusal before the upgrade is explained by the snapshot's status", async () => {
  for (const [status, state] of [[401, "signed-out"], [404, "not-here"]]) {
    const { browser, live } = open()
    browser.answer = () => ({ status })
    browser.socket.hangUp(1006)
    await browser.pass(10)
    assert.equal(live.link().state, state)
    await browser.pass(60_000)
    assert.equal(browser.sockets.length, 1, "it stays so")
  }
})

test("a blocked socket is polled around every 3 s, and tried again every 30", async () => {
  const { browser, live } = open()
  browser.answer = () => snapshot(10, [], { from: 10 })
  browser.socket.hangUp(1006)
  await browser.pass(1_000)
  browser.socket.hangUp(1006)
  await browser.pass(10)
  const [asked, dialled] = [browser.asked.length, browser.sockets.length]
  await browser.pass(29_000)
  assert.ok(browser.asked.length - asked >= 9, `asked ${browser.asked.length - asked} times`)
  assert.equal(browser.sockets.length, dialled)
  assert.deepEqual([live.link().state, live.link().via], ["live", "poll"])
  await browser.pass(2_000)
  assert.equal(browser.sockets.length, dialled + 1)
  browser.socket.say(hello())
  assert.equal(live.link().via, "socket")
})

test("a snapshot from a server that lost its database paints, but proves nothing", async () => {
  const { browser, live } = open()
  browser.answer = () => snapshot(11, ["t-1"], { checkedMs: 60_000 })
  browser.socket.hangUp(1006)
  await browser.pass(13_000)
  assert.deepEqual([...live.board().cards.keys()], ["t-1"])
  assert.equal(live.link().state, "dead")
})

test("a server that asks for time gets it", async () => {
  const { browser } = open()
  browser.answer = () => ({ status: 503, headers: { "retry-after": "20" } })
  browser.socket.hangUp(1006)
  await browser.pass(19_000)
  assert.equal(browser.sockets.length, 1)
  await browser.pass(2_000)
  assert.equal(browser.sockets.length, 2)
})

test("a drain changes sockets without a gap", async () => {
  const { browser, live } = open()
  const old = browser.socket
  old.say(hello())
  old.say({ t: "drain", within_ms: 1_000 })
  await browser.pass(500)
  const next = browser.socket
  assert.notEqual(next, old)
  old.say({ t: "cards", from: 10, seq: 11 }, [article("t-1", 11)])
  next.say(hello(11))
  assert.equal(old.readyState, 3)
  assert.deepEqual(next.sent, [{ t: "attach", epoch: EPOCH, since: 11 }], "it was dialled from 10")
  next.say(hello(11))
  next.say({ t: "cards", from: 11, seq: 12 }, [article("t-2", 12)])
  assert.deepEqual([...live.board().cards.keys()], ["t-1", "t-2"])
})

test("a successor that nobody answered is dialled again while the old line lasts, and one that broke needs no other", async () => {
  const { browser } = open()
  const old = browser.socket
  old.say(hello())
  old.say({ t: "drain", within_ms: 1_000 })
  await browser.pass(500)
  browser.socket.hangUp(1006)
  await browser.pass(600)
  const second = browser.socket
  assert.equal(browser.sockets.length, 3)
  old.hangUp(1012) // before the successor is greeted: another one is on its way
  second.say(hello())
  await browser.pass(10_000)
  assert.equal(browser.sockets.length, 3, "the successor is enough")
})

test("a sum that differs asks for everything; a second time soon, the screen is not live", async () => {
  const { browser, live, seen } = open({ onBeat: () => false })
  browser.socket.say(hello())
  browser.answer = () => snapshot(10, [])
  browser.socket.say(beat(10, { sum: 7 }))
  await browser.pass(10)
  assert.equal(live.link().state, "live")
  assert.match(browser.asked[0], /since=0/)
  browser.socket.say(hello())
  await browser.pass(5_000)
  browser.socket.say(beat(10, { sum: 7 }))
  assert.equal(live.link().state, "dead")
  assert.match(live.link().why, /other cards/)
  assert.equal(seen.mismatches, 2)
})

test("a page that shows nothing of its own compares what it holds", () => {
  const { browser, seen } = open()
  browser.socket.say(hello())
  browser.socket.say({ t: "cards", from: 10, seq: 11 }, [article("t-1", 11)])
  browser.socket.say(beat(11, { sum: checksum([{ id: "t-1", seq: 11 }]) }))
  assert.equal(seen.mismatches, 0)
})

test("a tab that comes back late proves itself at once", async () => {
  const { browser } = open()
  browser.socket.say(hello())
  browser.now += 60_000 // asleep: no timer ran
  browser.answer = () => snapshot(12, ["t-1"], { from: 10 })
  browser.comeBack()
  await browser.pass(0)
  assert.equal(browser.sockets.length, 2)
  assert.equal(browser.asked.length, 1)
})

test("a tab that comes back at once disturbs nothing", async () => {
  const { browser } = open()
  browser.socket.say(hello())
  browser.comeBack()
  assert.equal(browser.sockets.length, 1)
  browser.comeBack(true)
  assert.equal(browser.sockets.length, 2, "but a page from the back/forward cache is proved anew")
})

test("a message that breaks the bargain paints nothing and the socket is left", async () => {
  const { browser, live } = open()
  browser.socket.say(hello())
  browser.socket.say({ t: "cards", from: 10, seq: 11 }, ["<article id=t-1>"])
  assert.equal(live.board().seq, 10)
  await browser.pass(1_100)
  assert.equal(browser.sockets.length, 2)
})

test("a server of another build is reported", () => {
  const { browser, seen } = open()
  browser.socket.say({ ...hello(), build: "b2" })
  assert.deepEqual(seen.builds, ["b2"])
})

test("who is signed out on the socket stays out", async () => {
  const { browser, live } = open()
  browser.socket.say(hello())
  browser.socket.hangUp(4401)
  await browser.pass(60_000)
  assert.equal(live.link().state, "signed-out")
  assert.equal(browser.sockets.length, 1)
})
