// @ts-check
// The basket as a value: no DOM, no storage, no clock. Every function returns a new draft and leaves the old one alone.

/** @typedef {{ id: string, name: string, prefix: string | null, price_minor: number }} Modifier */
/** @typedef {{ id: string, name: string, min: number, max: number, modifiers: Modifier[] }} Group */
/**
 * @typedef {{ id: string, name: string, kitchen_name: string, description: string, price_minor: number
 *           , allergens: string[], groups: string[] }} Item
 */
/** @typedef {{ items: Map<string, Item>, groups: Map<string, Group> }} Menu */
/** @typedef {{ item_id: string, quantity: number, modifiers: string[], seat: number | null, course: number, note: string | null, despite_allergy?: string[] }} Line */
/** @typedef {{ seat: number | null, allergens: string[] }} Allergy what a guest must not eat; no seat: somebody at the table */
/**
 * One Send whose answer is not known. Its check is the one that was open when it was sent: the order itself may have
 * opened one since, and under the same key only the same slip may follow. `held` names the courses that wait; null: kept by
 * a build that did not know of that.
 * @typedef {{ id: string, lines: Line[], covers: number | null, checkId: string | null, held: number[] | null, allergies: Allergy[] }} Slip
 */
/**
 * What a tablet keeps for one table until the kitchen has it.
 * @typedef {object} Draft
 * @property {string | null} orderId the key of the next Send; made at its first try, gone once it was accepted
 * @property {Line[]} lines
 * @property {number | null} covers
 * @property {Record<number, boolean>} holds courses that somebody said of whether they wait; the others: all but the first do
 * @property {Allergy[]} allergies told with the next Send
 * @property {Slip | null} pending sent, and no answer came: it is sent again as it is, under the same key
 */
/** @typedef {{ line: number | null, field: string, message: string }} FieldError */

export const QUANTITY_MAX = 99
export const LINES_MAX = 60
export const NOTE_CHARS_MAX = 140
export const COURSES_MAX = 9

/** @type {Draft} */
export const EMPTY = Object.freeze({ orderId: null, lines: [], covers: null, holds: {}, allergies: [], pending: null })

/**
 * @param {{ items: Item[], groups: Group[] }} data
 * @returns {Menu}
 */
export function menuOf(data) {
  return {
    items: new Map(data.items.map((item) => [item.id, item])),
    groups: new Map(data.groups.map((group) => [group.id, group])),
  }
}

/** @param {Menu} menu @param {string} itemId @returns {Group[]} in the order of the menu */
export function groupsOf(menu, itemId) {
  const groups = menu.items.get(itemId)?.groups ?? []
  return groups.flatMap((id) => menu.groups.get(id) ?? [])
}

/** @param {Menu} menu @param {string} itemId whether a choice must be made before it can be sent */
export function isForced(menu, itemId) {
  return groupsOf(menu, itemId).some((group) => group.min > 0)
}

/** @param {Line} one @param {Line} other whether the kitchen would cook them alike */
export function alike(one, other) {
  return (
    one.item_id === other.item_id &&
    one.seat === other.seat &&
    one.course === other.course &&
    one.note === other.note &&
    String(one.despite_allergy ?? []) === String(other.despite_allergy ?? []) &&
    one.modifiers.length === other.modifiers.length &&
    one.modifiers.every((id) => other.modifiers.includes(id))
  )
}

/** @param {number} quantity */
const within = (quantity) => Math.min(QUANTITY_MAX, Math.max(1, Math.trunc(quantity) || 1))

/** @param {string | null | undefined} note */
const tidy = (note) => (note ?? "").replace(/\s+/g, " ").trim().slice(0, NOTE_CHARS_MAX) || null

/** @param {Line} line @returns {Line} */
const clean = (line) => ({ ...line, quantity: within(line.quantity), modifiers: [...new Set(line.modifiers)], note: tidy(line.note) })

/**
 * Adds a line; a line that is alike takes its units.
 * @param {Draft} draft
 * @param {Line} added
 * @returns {Draft}
 */
export function add(draft, added) {
  const line = clean(added)
  const at = draft.lines.findIndex((known) => alike(known, line) && known.quantity + line.quantity <= QUANTITY_MAX)
  const known = draft.lines[at]
  if (known) return edit(draft, at, { ...known, quantity: known.quantity + line.quantity })
  if (draft.lines.length >= LINES_MAX) return draft
  return { ...draft, lines: [...draft.lines, line] }
}

/** @param {Draft} draft @param {number} at @param {Line} line @returns {Draft} */
export function edit(draft, at, line) {
  return { ...draft, lines: draft.lines.map((known, index) => (index === at ? clean(line) : known)) }
}

/** @param {Draft} draft @param {number} at @returns {Draft} */
export function remove(draft, at) {
  return { ...draft, lines: draft.lines.filter((_, index) => index !== at) }
}

/** @param {Draft} draft @param {number} at @param {number} by one more, one less; the last one takes the line off @returns {Draft} */
export function step(draft, at, by) {
  const line = draft.lines[at]
  if (!line) return draft
  if (line.quantity + by < 1) return remove(draft, at)
  return edit(draft, at, { ...line, quantity: line.quantity + by })
}

/**
 * Why a line cannot be sent as it is.
 * @param {Menu} menu
 * @param {Line} line
 * @returns {{ group: string, message: string }[]}
 */
export function reasons(menu, line) {
  return groupsOf(menu, line.item_id).flatMap((group) => {
    const chosen = group.modifiers.filter((modifier) => line.modifiers.includes(modifier.id)).length
    if (chosen < group.min) {
      const message = group.min === 1 ? `Choose ${group.name}.` : `Choose ${group.min} for ${group.name}.`
      return [{ group: group.id, message }]
    }
    if (chosen > group.max) return [{ group: group.id, message: `At most ${group.max} for ${group.name}.` }]
    return []
  })
}

/** @param {Allergy[]} known @param {Allergy[]} told @returns {Allergy[]} both, each seat once */
export function allAllergies(known, told) {
  const seats = [...new Set([...known, ...told].map(({ seat }) => seat))].sort((one, other) => (one ?? 0) - (other ?? 0))
  return seats.flatMap((seat) => {
    const allergens = [...new Set([...known, ...told].filter((one) => one.seat === seat).flatMap((one) => one.allergens))].sort()
    return allergens.length > 0 ? [{ seat, allergens }] : []
  })
}

/**
 * @param {Menu} menu @param {Pick<Line, "item_id" | "seat">} line @param {Allergy[]} allergies
 * @returns {string[]} what it contains that its guest must not eat; a plate without a seat may be anybody's
 */
export function against(menu, line, allergies) {
  const contains = menu.items.get(line.item_id)?.allergens ?? []
  const reaching = allergies.filter(({ seat }) => seat === null || line.seat === null || seat === line.seat)
  return contains.filter((allergen) => reaching.some(({ allergens }) => allergens.includes(allergen)))
}

/** @param {Menu} menu @param {Line} line @param {Allergy[]} allergies @returns {string[]} the same, without what its guest was asked about */
export function unasked(menu, line, allergies) {
  return against(menu, line, allergies).filter((allergen) => !line.despite_allergy?.includes(allergen))
}

/** @param {Draft} draft @param {number | null} seat @param {string[]} allergens of that seat @returns {Draft} */
export function tell(draft, seat, allergens) {
  const others = draft.allergies.filter((one) => one.seat !== seat)
  return { ...draft, allergies: allAllergies(others, [{ seat, allergens }]) }
}

/**
 * @param {Draft} draft
 * @param {Menu} menu
 * @param {Set<string>} eightySixed item ids
 * @param {Allergy[]} [known] what the check's guests must not eat
 * @param {Map<string, number>} [left] portions left of the items that somebody counts
 * @returns {Map<number, string>} why each line that cannot go can't, by its index
 */
export function obstacles(draft, menu, eightySixed, known = [], left = new Map()) {
  /** @type {Map<string, number>} what the lines before took */
  const taken = new Map()
  const allergies = allAllergies(known, draft.allergies)
  /** @type {Map<number, string>} */
  const found = new Map()
  draft.lines.forEach((line, at) => {
    const [reason] = reasons(menu, line)
    const rest = (left.get(line.item_id) ?? Infinity) - (taken.get(line.item_id) ?? 0)
    if (line.quantity <= rest) taken.set(line.item_id, (taken.get(line.item_id) ?? 0) + line.quantity)
    if (!menu.items.has(line.item_id)) found.set(at, "No longer on the menu. Take it off.")
    else if (eightySixed.has(line.item_id)) found.set(at, "86: the kitchen is out of it.")
    else if (line.quantity > rest) found.set(at, rest > 0 ? `Only ${rest} left.` : "86: the rest is in this basket already.")
    else if (reason) found.set(at, reason.message)
    else {
      const wrong = unasked(menu, line, allergies)
      if (wrong.length > 0) found.set(at, `Allergy: it contains ${wrong.join(", ")}. Tap to say what becomes of it.`)
    }
  })
  return found
}

/** @param {Menu} menu @param {Line} line @returns {number} minor units, choices included */
export function unitPrice(menu, line) {
  const chosen = groupsOf(menu, line.item_id)
    .flatMap((group) => group.modifiers)
    .filter((modifier) => line.modifiers.includes(modifier.id))
  return chosen.reduce((sum, modifier) => sum + modifier.price_minor, menu.items.get(line.item_id)?.price_minor ?? 0)
}

/** @param {Line[]} lines @param {Menu} menu @returns {number} minor units */
export function total(lines, menu) {
  return lines.reduce((sum, line) => sum + unitPrice(menu, line) * line.quantity, 0)
}

/** @param {Line[]} lines @returns {number} units */
export function units(lines) {
  return lines.reduce((sum, line) => sum + line.quantity, 0)
}

/** @param {Menu} menu @param {Line} line @returns {string[]} the choices in words, in the order of the menu */
export function choices(menu, line) {
  return groupsOf(menu, line.item_id)
    .flatMap((group) => group.modifiers)
    .filter((modifier) => line.modifiers.includes(modifier.id))
    .map((modifier) => (modifier.prefix ? `${modifier.prefix} ${modifier.name}` : modifier.name))
}

/** @param {Draft} draft @returns {number[]} the courses in the basket, in order */
export function courses(draft) {
  return [...new Set(draft.lines.map((line) => line.course))].sort((one, other) => one - other)
}

/** @param {Draft} draft @param {number} course whether it waits for somebody to fire it; else Send fires it */
export function isHeld(draft, course) {
  return draft.holds[course] ?? (courses(draft)[0] ?? course) < course
}

/** @param {Draft} draft @param {number} course @param {boolean} held @returns {Draft} */
export function hold(draft, course, held) {
  return { ...draft, holds: { ...draft.holds, [course]: held } }
}

/**
 * Send: what is in the basket becomes the pending slip. One pending slip at a time; a second Send is no other Send.
 * @param {Draft} draft
 * @param {string} freshId used when the draft has no key yet
 * @param {string | null} checkId the check it adds to
 * @param {(line: Line) => boolean} [goes] what to leave in the basket: "send the rest"
 * @returns {Draft}
 */
export function send(draft, freshId, checkId, goes = () => true) {
  if (draft.pending) return draft
  const lines = draft.lines.filter(goes)
  if (lines.length === 0) return draft
  const id = draft.orderId ?? freshId
  const held = courses({ ...draft, lines }).filter((course) => isHeld(draft, course))
  const left = draft.lines.filter((line) => !goes(line))
  const holds = Object.fromEntries(Object.entries(draft.holds).filter(([course]) => left.some((line) => line.course === Number(course))))
  return { ...draft, orderId: null, lines: left, holds, allergies: [], pending: { id, lines, covers: draft.covers, checkId, held, allergies: draft.allergies } }
}

/** @param {Draft} draft @returns {Draft} the server has it: the key is spent */
export function accepted(draft) {
  return { ...draft, pending: null, covers: null }
}

/**
 * The server refused it and wrote nothing: the lines come back in front, and keep their key unless it is spent.
 * @param {Draft} draft
 * @param {boolean} keySpent the key belongs to another order
 * @returns {Draft}
 */
export function refused(draft, keySpent) {
  if (!draft.pending) return draft
  const { id, lines, held, allergies } = draft.pending
  const said = held ? Object.fromEntries(lines.map((line) => [line.course, held.includes(line.course)])) : {}
  return { ...draft, orderId: keySpent ? null : id, lines: [...lines, ...draft.lines], holds: { ...said, ...draft.holds }, allergies: allAllergies(allergies, draft.allergies), pending: null }
}

/**
 * @param {Slip} slip
 * @param {{ table_id: string | null, order_type: string }} place
 */
export function body(slip, place) {
  return {
    id: slip.id,
    table_id: place.table_id,
    check_id: slip.checkId,
    order_type: place.order_type,
    covers: slip.covers,
    ...(slip.allergies.length > 0 ? { allergies: slip.allergies } : {}),
    lines: slip.held ? slip.lines.map((line) => ({ ...line, hold: slip.held?.includes(line.course) })) : slip.lines,
  }
}

/** @param {Draft} draft @returns {string} */
export function serialise(draft) {
  return JSON.stringify({ version: 1, ...draft })
}

/**
 * Reads what a tablet kept. Whatever cannot be understood is left out, never guessed.
 * @param {string | null} text
 * @returns {Draft}
 */
export function parse(text) {
  /** @type {any} */
  let kept
  try {
    kept = JSON.parse(text ?? "null")
  } catch {
    return EMPTY
  }
  if (kept?.version !== 1) return EMPTY
  const pending = kept.pending && typeof kept.pending.id === "string" ? kept.pending : null
  const checkId = typeof pending?.checkId === "string" ? pending.checkId : null
  const held = Array.isArray(pending?.held) ? pending.held.filter(Number.isInteger) : null
  const pendingLines = pending ? linesOf(pending.lines) : []
  return {
    orderId: typeof kept.orderId === "string" ? kept.orderId : null,
    lines: linesOf(kept.lines),
    covers: numberOrNull(kept.covers),
    holds: holdsOf(kept.holds),
    allergies: allergiesOf(kept.allergies),
    pending: pendingLines.length > 0 ? { id: pending.id, lines: pendingLines, covers: numberOrNull(pending.covers), checkId, held, allergies: allergiesOf(pending.allergies) } : null,
  }
}

/** @param {any} value */
const numberOrNull = (value) => (Number.isInteger(value) && value > 0 ? value : null)

/** @param {any} kept @returns {Record<number, boolean>} */
function holdsOf(kept) {
  return Object.fromEntries(Object.entries(kept ?? {}).filter(([course, held]) => /^[1-9]$/.test(course) && typeof held === "boolean"))
}

/** @param {any} kept @returns {Allergy[]} */
function allergiesOf(kept) {
  if (!Array.isArray(kept)) return []
  return allAllergies([], kept.map((one) => ({
    seat: numberOrNull(one?.seat),
    allergens: Array.isArray(one?.allergens) ? one.allergens.filter((/** @type {any} */ key) => typeof key === "string") : [],
  })))
}

/** @param {any} kept @returns {Line[]} */
function linesOf(kept) {
  if (!Array.isArray(kept)) return []
  return kept.filter((line) => typeof line?.item_id === "string").map((line) => clean({
    item_id: line.item_id,
    quantity: Number(line.quantity),
    modifiers: Array.isArray(line.modifiers) ? line.modifiers.filter((/** @type {any} */ id) => typeof id === "string") : [],
    seat: numberOrNull(line.seat),
    course: Math.min(COURSES_MAX, numberOrNull(line.course) ?? 1),
    note: typeof line.note === "string" ? line.note : null,
    ...(Array.isArray(line.despite_allergy) && line.despite_allergy.length > 0 ? { despite_allergy: line.despite_allergy.map(String) } : {}),
  }))
}
