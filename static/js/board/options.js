// @ts-check
/** How this device likes its screen: kept here, not on the server, for a wall is not a person. */

/** @typedef {{ volume: number, text: string, colours: string }} Options volume in percent */

export const TEXTS = ["small", "normal", "large", "huge"]
export const COLOURS = ["dark", "light", "device"]

/** @type {Options} */
const DEFAULTS = { volume: 80, text: "normal", colours: "dark" }

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
  const { volume, text, colours } = known
  return {
    volume: typeof volume === "number" && volume >= 0 && volume <= 100 ? volume : DEFAULTS.volume,
    text: TEXTS.find((each) => each === text) ?? DEFAULTS.text,
    colours: COLOURS.find((each) => each === colours) ?? DEFAULTS.colours,
  }
}

/** @param {Options} options @returns {string} */
export function saveOptions(options) {
  return JSON.stringify(options)
}
