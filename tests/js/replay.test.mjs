// @ts-check
/** Holds the page's reducer against traces of the board: every message, every state in between. */
import assert from "node:assert/strict"
import { createReadStream, existsSync } from "node:fs"
import { createInterface } from "node:readline"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { parseFrame } from "../../static/js/board/frames.js"
import { applyBeat, applyCards, applyHello, emptyBoard, fnv1a } from "../../static/js/board/reducer.js"

/** @typedef {import("../../static/js/board/reducer.js").Board} Board */

const TRACES_MIN = 1000
const path = process.env.COMANDA_TRACES ?? fileURLToPath(new URL("../../target/traces/board.jsonl", import.meta.url))

/**
 * @param {Board} board
 * @param {string} text
 * @returns {{ board: Board, took: string }}
 */
function take(board, text) {
  const message = parseFrame(text)
  switch (message.t) {
    case "hello":
      return { board, took: applyHello(board, message) }
    case "cards":
    case "beat": {
      const outcome = message.t === "cards" ? applyCards(board, message) : applyBeat(board, message)
      if (typeof outcome === "string") return { board, took: outcome }
      assertStep(board, outcome)
      return { board: outcome.board, took: outcome.board === board ? "ignored" : "applied" }
    }
    default:
      return { board, took: message.t }
  }
}

/**
 * `put` and `gone`, done to the elements of the old board, give the new one.
 * @param {Board} board
 * @param {import("../../static/js/board/reducer.js").Step} step
 */
function assertStep(board, step) {
  const page = new Map([...board.cards].map(([id, card]) => [id, card.html]))
  for (const id of step.gone) assert.ok(page.delete(id))
  for (const id of step.put) page.set(id, /** @type {any} */ (step.board.cards.get(id)).html)
  const next = new Map([...step.board.cards].map(([id, card]) => [id, card.html]))
  assert.deepEqual(page, next)
}

/** @param {Board} board */
const digest = (board) => ({
  epoch: board.epoch,
  seq: board.seq,
  cards: Object.fromEntries([...board.cards.values()].map(({ id, seq, html }) => [id, [seq, fnv1a(html)]])),
})

test("the page's reducer shows what the board's traces say, after every message", async () => {
  assert.ok(existsSync(path), `no traces at ${path}: run \`cargo test --test board_core\` first`)
  /** @type {Map<string, number>} */
  const outcomes = new Map()
  let traces = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const { number, steps } = JSON.parse(line)
    let board = emptyBoard()
    for (const [index, step] of steps.entries()) {
      const { board: next, took } = take(board, step.text)
      const where = `trace ${number}, message ${index}: ${step.text}`
      assert.equal(took, step.took, where)
      assert.deepEqual(digest(next), step.page, where)
      outcomes.set(took, (outcomes.get(took) ?? 0) + 1)
      board = next
    }
    traces += 1
  }
  assert.ok(TRACES_MIN <= traces, `${traces} traces`)
  for (const outcome of ["applied", "ignored", "resync", "resync-from-0", "mismatch", "live", "reset"]) {
    assert.ok(5 < (outcomes.get(outcome) ?? 0), `traces in which ${outcome} happens: ${[...outcomes]}`)
  }
})
