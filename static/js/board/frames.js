// @ts-check
/**
 * Text frames of `board.v1`: one JSON header line, LF, then raw `<article>` elements.
 *
 * The bargain with whoever draws them: articles stand side by side with nothing but white space between,
 * none holds another, and attribute values are double-quoted and escaped. So no DOM is needed to tell
 * them apart, and a message that breaks the bargain is refused whole instead of painted by half.
 */

/** @typedef {{ kind: string, seq: number }} Cue */

/**
 * One element as it was sent.
 * @typedef {object} Article
 * @property {string} id
 * @property {number} seq `data-seq`: a card's turn, a fold's digest
 * @property {boolean} fold `data-fold`: says something about all cards, and always replaces
 * @property {number | null} version `data-version`: what a bump must have seen
 * @property {string} sort `data-sort`: the order in which cards take free slots
 * @property {Cue[]} cues `data-cues`: what to play, once each
 * @property {string} html the whole element
 */

/**
 * @typedef {{ t: "hello", epoch: string, seq: number, beat_ms: number, now_ms: number, build?: string }} Hello
 * @typedef {{ t: "cards", from: number, seq: number, gone?: string[], all?: string[], epoch?: string, now_ms?: number, articles: Article[] }} Cards
 * @typedef {{ t: "beat", from: number, seq: number, checked_ms?: number, now_ms?: number, sum?: number }} Beat
 * @typedef {{ t: "reset", epoch?: string, why: string, within_ms: number }} Reset
 * @typedef {{ t: "drain", within_ms: number }} Drain
 * @typedef {Hello | Cards | Beat | Reset | Drain} Message
 */

const EXCERPT_CHARS_MAX = 80
const OPENING = /\s*<article((?:\s+[^\s=<>"'\/]+(?:="[^"]*")?)*)\s*>/y
const ATTRIBUTE = /([^\s=<>"'\/]+)(?:="([^"]*)")?/g
const CLOSING = "</article>"

/** What each kind of message must carry, beside its `t`. */
const NUMBERS = /** @type {Record<string, string[]>} */ ({
  hello: ["seq"],
  cards: ["from", "seq"],
  beat: ["from", "seq"],
  reset: ["within_ms"],
  drain: ["within_ms"],
})

/**
 * @param {string} text one text frame, or the body of a snapshot
 * @returns {Message}
 * @throws {Error} with the beginning of a text that is not one of ours
 */
export function parseFrame(text) {
  const end = text.indexOf("\n")
  const header = parseHeader(end < 0 ? text : text.slice(0, end), text)
  if (header.t !== "cards") return header
  return { ...header, articles: end < 0 ? [] : parseArticles(text.slice(end + 1)) }
}

/**
 * @param {string} line
 * @param {string} text
 * @returns {any}
 */
function parseHeader(line, text) {
  let header
  try {
    header = JSON.parse(line)
  } catch {
    throw refusal("not a header", text)
  }
  const numbers = Object.hasOwn(NUMBERS, header?.t) ? NUMBERS[header.t] : undefined
  if (numbers === undefined) throw refusal("an unknown message", text)
  const lists = [header.gone ?? [], header.all ?? []]
  if (!numbers.every((name) => Number.isSafeInteger(header[name])) || !lists.every(Array.isArray)) {
    throw refusal("a header that lacks something", text)
  }
  return header
}

/**
 * @param {string} html articles side by side
 * @returns {Article[]}
 */
export function parseArticles(html) {
  const articles = []
  let at = 0
  while (html.slice(at).trim() !== "") {
    OPENING.lastIndex = at
    const opening = OPENING.exec(html)
    const end = html.indexOf(CLOSING, at)
    if (opening === null || end < 0) throw refusal("not an article", html.slice(at))
    const start = html.indexOf("<", at)
    at = end + CLOSING.length
    articles.push(describe(attributes(opening[1] ?? ""), html.slice(start, at)))
  }
  return articles
}

/**
 * @param {Map<string, string>} named
 * @param {string} html
 * @returns {Article}
 */
function describe(named, html) {
  const id = named.get("id")
  const seq = Number(named.get("data-seq") ?? Number.NaN)
  if (!id || !Number.isSafeInteger(seq)) throw refusal("an article without id or data-seq", html)
  const version = named.get("data-version")
  return {
    id,
    seq,
    fold: named.has("data-fold"),
    version: version === undefined ? null : Number(version),
    sort: named.get("data-sort") ?? "",
    cues: parseCues(named.get("data-cues") ?? ""),
    html,
  }
}

/**
 * @param {string} cues `new@1043 changed@1051`
 * @returns {Cue[]}
 */
export function parseCues(cues) {
  const words = cues.split(/\s+/).filter((word) => word !== "")
  return words.map((word) => {
    const at = word.lastIndexOf("@")
    const seq = Number(word.slice(at + 1))
    if (at < 1 || !Number.isSafeInteger(seq)) throw refusal("not a cue", word)
    return { kind: word.slice(0, at), seq }
  })
}

/**
 * @param {string} tag what stands between `<article` and `>`
 * @returns {Map<string, string>}
 */
function attributes(tag) {
  const named = new Map()
  for (const [, name, value] of tag.matchAll(ATTRIBUTE)) named.set(name, unescape(value ?? ""))
  return named
}

const NAMED = /** @type {Record<string, string>} */ ({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" })

/** @param {string} value */
function unescape(value) {
  return value.replace(/&(?:#(\d+)|#[xX]([\da-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return Object.hasOwn(NAMED, name) ? NAMED[name] ?? whole : whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

/**
 * @param {string} what
 * @param {string} text
 */
function refusal(what, text) {
  return new Error(`${what}: ${text.slice(0, EXCERPT_CHARS_MAX)}`)
}
