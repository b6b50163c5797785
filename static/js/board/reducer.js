// @ts-check
/**
 * What a screen shows, as a value. Every rule of the live board that a page must keep is here, and nothing
 * else: no DOM, no socket, no clock. Applying a message twice changes nothing.
 *
 * The caller owes: after every snapshot, attach anew with its `seq` and take nothing before that hello.
 * A screen that a snapshot has moved stands where its old connection does not know.
 */

/** @typedef {import("./frames.js").Article} Article */
/** @typedef {import("./frames.js").Cards} Cards */
/** @typedef {import("./frames.js").Beat} Beat */
/** @typedef {import("./frames.js").Hello} Hello */

/**
 * @typedef {object} Board
 * @property {string | null} epoch the history the cards belong to; null before the first snapshot
 * @property {number} seq up to which turn the cards are complete
 * @property {ReadonlyMap<string, Article>} cards by element id
 */

/**
 * @typedef {{ board: Board, put: string[], gone: string[] }} Step the next board, and which elements to
 *   put or take out; both empty when the message changed nothing
 */

/**
 * What to fetch when a message shows that something is wrong:
 * `resync`: something was missed, the snapshot since what is shown;
 * `resync-from-0`: what is shown is not what it should be, everything;
 * `mismatch`: the checksum differs, everything; report it, and a second one soon is NOT LIVE.
 * @typedef {"resync" | "resync-from-0" | "mismatch"} Resync
 */

/** @returns {Board} a board that shows nothing yet */
export function emptyBoard() {
  return { epoch: null, seq: 0, cards: new Map() }
}

/**
 * @param {Board} board
 * @param {Hello} hello
 * @returns {"live" | "reset"} `reset`: the server, which has already asked the database, will say so
 */
export function applyHello(board, hello) {
  return hello.epoch === board.epoch && board.seq <= hello.seq ? "live" : "reset"
}

/**
 * @param {Board} board what this screen shows
 * @param {Cards} frame one `cards` message, or a snapshot
 * @returns {Step | "resync" | "resync-from-0"}
 */
export function applyCards(board, frame) {
  const snapshot = frame.from === 0 && frame.all !== undefined
  if (!snapshot && board.seq < frame.from) return "resync"
  if (!snapshot && frame.seq <= board.seq) return { board, put: [], gone: [] }

  const cards = new Map(snapshot ? [] : board.cards)
  for (const card of frame.articles) {
    const mine = cards.get(card.id)
    if (mine === undefined || card.fold || mine.seq < card.seq) cards.set(card.id, card)
  }
  for (const id of frame.gone ?? []) cards.delete(id)
  if (frame.all !== undefined) {
    const all = new Set(frame.all)
    for (const id of [...cards.keys()]) if (!all.has(id)) cards.delete(id)
    if (cards.size < all.size) return "resync-from-0" // an id in it that I lack
  }

  const put = [...cards.keys()].filter((id) => cards.get(id) !== board.cards.get(id))
  const gone = [...board.cards.keys()].filter((id) => !cards.has(id))
  return { board: { epoch: frame.epoch ?? board.epoch, seq: frame.seq, cards }, put, gone }
}

/**
 * @param {Board} board
 * @param {Beat} beat
 * @param {{ check?: boolean }} [options] `check: false` while a swap waits: then the sum is not compared
 * @returns {Step | "resync" | "mismatch"}
 */
export function applyBeat(board, beat, { check = true } = {}) {
  if (board.seq < beat.from) return "resync"
  // A beat of an older state than the one shown (two connections, while one takes over) proves nothing.
  if (beat.seq < board.seq) return { board, put: [], gone: [] }
  if (check && beat.sum !== undefined && beat.sum !== checksum(board.cards.values())) return "mismatch"
  return { board: { ...board, seq: beat.seq }, put: [], gone: [] }
}

/**
 * Sum of FNV-1a-32 of `id@data-seq`, mod 2^32. Takes a board's cards, or what really stands on the page.
 * @param {Iterable<{ id: string, seq: number }>} cards
 * @returns {number}
 */
export function checksum(cards) {
  let sum = 0
  for (const { id, seq } of cards) sum = (sum + fnv1a(`${id}@${seq}`)) >>> 0
  return sum
}

const utf8 = new TextEncoder()

/**
 * FNV-1a, 32 bits, over UTF-8.
 * @param {string} text
 * @returns {number}
 */
export function fnv1a(text) {
  let hash = 0x811c9dc5
  for (const byte of utf8.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
