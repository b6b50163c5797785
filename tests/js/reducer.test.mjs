// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { parseArticles, parseCues, parseFrame } from "../../static/js/board/frames.js"
import { applyBeat, applyCards, applyHello, checksum, emptyBoard, fnv1a } from "../../static/js/board/reducer.js"

/** @typedef {import("../../static/js/board/frames.js").Article} Article */
/** @typedef {import("../../static/js/board/reducer.js").Step} Step */

/** @returns {Article} */
const card = (/** @type {string} */ id, /** @type {number} */ seq, fold = false) => ({
  id,
  seq,
  fold,
  version: null,
  sort: "",
  cues: [],
  html: `<article id="${id}" data-seq="${seq}"></article>`,
})

/** @param {Partial<import("../../static/js/board/frames.js").Cards>} frame */
const cards = (frame) => ({ t: /** @type {const} */ ("cards"), from: 0, seq: 0, articles: [], ...frame })

/** @param {Partial<import("../../static/js/board/frames.js").Beat>} beat */
const beat = (beat) => ({ t: /** @type {const} */ ("beat"), from: 0, seq: 0, ...beat })

/**
 * @param {Step | string} outcome
 * @returns {Step}
 */
function step(outcome) {
  if (typeof outcome === "string") assert.fail(`a step, not ${outcome}`)
  return outcome
}

/** A board at turn 10 with t-1@4, t-2@9 and a fold. */
function board() {
  const articles = [card("t-1", 4), card("t-2", 9), card("all-day", 77, true)]
  const all = articles.map(({ id }) => id)
  return step(applyCards(emptyBoard(), cards({ seq: 10, epoch: "E", all, articles }))).board
}

const shown = (/** @type {{ cards: ReadonlyMap<string, Article> }} */ board) =>
  Object.fromEntries([...board.cards.values()].map(({ id, seq }) => [id, seq]))

test("a snapshot shows everything it holds and nothing else", () => {
  const { board: next, put, gone } = step(
    applyCards(board(), cards({ seq: 3, epoch: "F", all: ["t-2", "t-8"], articles: [card("t-2", 2), card("t-8", 3)] })),
  )
  assert.deepEqual(shown(next), { "t-2": 2, "t-8": 3 })
  assert.deepEqual([next.epoch, next.seq], ["F", 3], "even when it is older: the database went back")
  assert.deepEqual([put, gone], [["t-2", "t-8"], ["t-1", "all-day"]])
})

test("a frame that begins after what I have means something was missed", () => {
  assert.equal(applyCards(board(), cards({ from: 11, seq: 12 })), "resync")
})

test("a frame that ends where I stand is ignored, also one from 0 that is no snapshot", () => {
  const mine = board()
  for (const from of [0, 9]) {
    const { board: next, put, gone } = step(applyCards(mine, cards({ from, seq: 10, gone: ["t-1"], articles: [card("t-3", 10)] })))
    assert.equal(next, mine)
    assert.deepEqual([put, gone], [[], []])
  }
})

test("a view's first frame may begin at turn 0 and keeps the cards it doesn't name", () => {
  const mine = { ...board(), seq: 0 }
  assert.deepEqual(shown(step(applyCards(mine, cards({ from: 0, seq: 11, gone: ["t-1"] }))).board), { "t-2": 9, "all-day": 77 })
})

test("a card is replaced only by a newer one, a fold by any", () => {
  const articles = [card("t-1", 3), card("t-2", 11), card("t-3", 12), card("all-day", 5, true)]
  const { board: next, put, gone } = step(applyCards(board(), cards({ from: 8, seq: 12, articles })))
  assert.deepEqual(shown(next), { "t-1": 4, "t-2": 11, "t-3": 12, "all-day": 5 })
  assert.deepEqual([put, gone, next.seq, next.epoch], [["t-2", "all-day", "t-3"], [], 12, "E"])
})

test("what is gone leaves, and leaving twice is nothing", () => {
  const { board: next, gone } = step(applyCards(board(), cards({ from: 10, seq: 11, gone: ["t-1", "t-99"] })))
  assert.deepEqual([shown(next), gone], [{ "t-2": 9, "all-day": 77 }, ["t-1"]])
})

test("what a catch-up doesn't list leaves", () => {
  const articles = [card("t-5", 12), card("all-day", 6, true)]
  const { board: next, gone } = step(applyCards(board(), cards({ from: 10, seq: 12, all: ["t-2", "t-5", "all-day"], articles })))
  assert.deepEqual([shown(next), gone], [{ "t-2": 9, "all-day": 6, "t-5": 12 }, ["t-1"]])
})

test("an id in a catch-up that I lack means everything anew, and nothing is applied", () => {
  assert.equal(applyCards(board(), cards({ from: 10, seq: 12, all: ["t-1", "t-6"] })), "resync-from-0")
})

test("applying a frame twice changes nothing", () => {
  const frame = cards({ from: 10, seq: 11, gone: ["t-1"], articles: [card("t-2", 11)] })
  const once = step(applyCards(board(), frame)).board
  assert.equal(step(applyCards(once, frame)).board, once)
})

test("the board handed in is never changed", () => {
  const mine = board()
  applyCards(mine, cards({ from: 10, seq: 11, gone: ["t-1"], articles: [card("t-2", 11)] }))
  assert.deepEqual(shown(mine), { "t-1": 4, "t-2": 9, "all-day": 77 })
})

test("a beat moves me forward, tells what was missed, and never moves me back", () => {
  const sum = checksum(board().cards.values())
  assert.equal(applyBeat(board(), beat({ from: 11, seq: 15, sum })), "resync")
  assert.equal(step(applyBeat(board(), beat({ from: 10, seq: 15, sum }))).board.seq, 15)
  assert.equal(step(applyBeat(board(), beat({ from: 4, seq: 9, sum: sum + 1 }))).board.seq, 10)
})

test("a wrong sum is a mismatch, unless a swap waits or none was sent", () => {
  const wrong = beat({ from: 10, seq: 15, sum: 1 })
  assert.equal(applyBeat(board(), wrong), "mismatch")
  assert.equal(step(applyBeat(board(), wrong, { check: false })).board.seq, 15)
  assert.equal(step(applyBeat(board(), beat({ from: 10, seq: 15 }))).board.seq, 15)
})

test("hello of another epoch, or behind me, announces a reset", () => {
  const hello = { t: /** @type {const} */ ("hello"), epoch: "E", seq: 10, beat_ms: 5000, now_ms: 0 }
  assert.equal(applyHello(board(), hello), "live")
  assert.equal(applyHello(board(), { ...hello, seq: 9 }), "reset")
  assert.equal(applyHello(board(), { ...hello, epoch: "F" }), "reset")
})

test("FNV-1a gives the published values, over UTF-8", () => {
  assert.deepEqual(["", "a", "foobar"].map(fnv1a), [0x811c9dc5, 0xe40c292c, 0xbf9cf968])
  assert.equal(fnv1a("é"), 0x1e9de8c1)
})

test("a checksum is the sum of its cards' marks, mod 2^32", () => {
  assert.equal(checksum(Array.from({ length: 9 }, (_, turn) => card(`t-${turn}`, turn))), 2467543966)
})

test("a message is a header line and its articles", () => {
  const one = '<article id="t-1" data-seq="4" data-version="2" data-sort="a&amp;b" data-cues="new@4 changed@4">\n<b>x</b></article>'
  const two = '<article\n class="a > b" id="all-day" data-seq="77" data-fold></article>'
  const frame = parseFrame(`{"t":"cards","from":1,"seq":4,"gone":["t-9"]}\n${one}\n\n${two}\n`)
  assert.ok(frame.t === "cards")
  assert.deepEqual([frame.from, frame.seq, frame.gone], [1, 4, ["t-9"]])
  const cues = [{ kind: "new", seq: 4 }, { kind: "changed", seq: 4 }]
  assert.deepEqual(frame.articles, [
    { id: "t-1", seq: 4, fold: false, version: 2, sort: "a&b", cues, html: one },
    { id: "all-day", seq: 77, fold: true, version: null, sort: "", cues: [], html: two },
  ])
})

test("escapes in attributes are read, unknown ones left alone", () => {
  const [article] = parseArticles('<article id="t-&#49;&#x31;&quot;&nope;&#1114112;" data-seq="1"></article>')
  assert.equal(article?.id, 't-11"&nope;&#1114112;')
})

test("what is not one of ours throws, with its first 80 characters", () => {
  const broken = [
    "no json",
    "null",
    '{"t":"toString"}',
    '{"t":"paint"}',
    '{"t":"cards","from":1}',
    '{"t":"cards","from":1,"seq":2.5}',
    '{"t":"cards","from":1,"seq":2,"all":"t-1"}',
    '{"t":"cards","from":1,"seq":2}\n<p>hello</p>',
    '{"t":"cards","from":1,"seq":2}\n<article id="t-1" data-seq="2">',
    '{"t":"cards","from":1,"seq":2}\n<article id="t-1"></article>',
    '{"t":"cards","from":1,"seq":2}\n<article data-seq="1"></article>',
    '{"t":"cards","from":1,"seq":2}\n<article id="t-1" data-seq="2"></article> and more',
  ]
  for (const text of broken) assert.throws(() => parseFrame(text), Error, text)
  assert.throws(() => parseFrame("x".repeat(500)), { message: `not a header: ${"x".repeat(80)}` })
  assert.throws(() => parseCues("new"), /not a cue/)
})
