// @ts-check
/** How this device likes its screen: kept here, not on the server, for a wall is not a person. */

/** @typedef {{ volume: number, text: string, colours: string, refill: import("./slots.js").Refill }} Options volume in percent; how gaps close */

export const TEXTS = ["small", "normal", "large", "huge"]
export const COLOURS = ["dark", "light", "device"]

/** @type {import("./slots.js").Refill[]} */
export const REFILLS = ["fill", "at-once", "stay"]

/** @type {Options} */
const DEFAULTS = { volume: 80, text: "normal", colours: "dark", refill: "fill" }

/**
 * @param {string | null} saved what `saveOptions` gave, or anything
 * @returns {Options}
 */
export function readOptions(saved) {
  /** @type {Record<string, unknown>} */
  let known = {}
  try {
    known = Object(JSON.parse(saved ?? "{}"))
  } catch {
    // As new.
  }
  const { volume, text, colours, refill } = known
  return {
    volume: typeof volume === "number" && volume >= 0 && volume <= 100 ? volume : DEFAULTS.volume,
    text: TEXTS.find((each) => each === text) ?? DEFAULTS.text,
    colours: COLOURS.find((each) => each === colours) ?? DEFAULTS.colours,
    refill: REFILLS.find((each) => each === refill) ?? DEFAULTS.refill,
  }
}

/** @param {Options} options @returns {string} */
export function saveOptions(options) {
  return JSON.stringify(options)
}
