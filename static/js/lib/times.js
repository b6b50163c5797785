// @ts-check
// Times on pages. The server prints `<time datetime=RFC3339>` with UTC words; the browser writes the restaurant's own.

/** How the server marks a time that a person should read: data-show="time" (to the minute), "second" or "day". */
const STYLES = /** @type {const} */ ({
  time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  second: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  day: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
})

/**
 * @param {Date} at
 * @param {keyof typeof STYLES} style
 * @param {string} timeZone IANA name
 * @returns {string} the restaurant's own time of day
 */
export function words(at, style, timeZone) {
  const key = `${style} ${timeZone}`
  const format = FORMATS.get(key) ?? formatOf(style, timeZone)
  FORMATS.set(key, format)
  return format.format(at)
}

/** @type {Map<string, Intl.DateTimeFormat>} made once: making one costs more than all it will ever write */
const FORMATS = new Map()

/**
 * @param {keyof typeof STYLES} style
 * @param {string} timeZone
 */
function formatOf(style, timeZone) {
  try {
    return new Intl.DateTimeFormat("en-GB", { ...STYLES[style], timeZone })
  } catch {
    return new Intl.DateTimeFormat("en-GB", STYLES[style]) // a zone this browser does not know
  }
}

/** @param {ParentNode} root writes local words into every `<time data-show>` below it */
export function localize(root) {
  const timeZone = document.documentElement.dataset.timeZone ?? "UTC"
  for (const time of root.querySelectorAll("time[data-show]")) {
    const style = time.getAttribute("data-show")
    const at = new Date(time.getAttribute("datetime") ?? "")
    if (Number.isNaN(at.getTime()) || !(style === "time" || style === "second" || style === "day")) continue
    time.textContent = words(at, style, timeZone)
  }
}

/**
 * @param {number} since milliseconds of the epoch
 * @param {number} now milliseconds of the epoch
 * @returns {string} "12 s" as long as seconds matter, then as minutes
 */
export function ago(since, now) {
  const whole = Math.max(0, Math.floor((now - since) / 1_000))
  return whole < 120 ? `${whole} s` : minutes(since, now)
}

/** @param {ParentNode} root writes how long ago into every `<time data-ago>` below it @param {number} now */
export function tickAgo(root, now) {
  for (const time of root.querySelectorAll("time[data-ago]")) {
    const since = Date.parse(time.getAttribute("datetime") ?? "")
    const text = ago(since, now)
    if (!Number.isNaN(since) && time.textContent !== text) time.textContent = text
  }
}

/**
 * @param {number} since milliseconds of the epoch
 * @param {number} now milliseconds of the epoch
 * @returns {string} "7 min", "1 h 05"
 */
export function minutes(since, now) {
  const whole = Math.max(0, Math.floor((now - since) / 60_000))
  if (whole < 60) return `${whole} min`
  return `${Math.floor(whole / 60)} h ${String(whole % 60).padStart(2, "0")}`
}
