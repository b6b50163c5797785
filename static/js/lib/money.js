// @ts-check
// Money is a count of minor units.

const SIGNS = /** @type {Record<string, string>} */ ({ EUR: "€", GBP: "£", USD: "$" })

/** @param {number} minor @returns {string} "12.50", "-1.05" */
export function digits(minor) {
  const whole = Math.abs(minor)
  return `${minor < 0 ? "-" : ""}${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, "0")}`
}

/** @param {number} minor @param {string} currency ISO 4217 @returns {string} "€12.50" */
export function amount(minor, currency) {
  return `${minor < 0 ? "-" : ""}${SIGNS[currency] ?? `${currency}\u00a0`}${digits(Math.abs(minor))}`
}
