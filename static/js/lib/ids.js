// @ts-check
// Ids made on the tablet: UUID version 7, so that they sort by the moment they were made.

/**
 * @param {number} now milliseconds of the epoch
 * @param {Uint8Array} random ten bytes
 * @returns {string}
 */
export function uuid7(now, random) {
  const bytes = new Uint8Array(16)
  for (let at = 0; at < 6; at += 1) bytes[at] = Math.floor(now / 2 ** (8 * (5 - at))) % 256
  bytes.set(random.subarray(0, 10), 6)
  bytes[6] = 0x70 | (/** @type {number} */ (bytes[6]) & 0x0f)
  bytes[8] = 0x80 | (/** @type {number} */ (bytes[8]) & 0x3f)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
}

/** @returns {string} works on plain http too, where `crypto.randomUUID` does not exist */
export function newId() {
  return uuid7(Date.now(), crypto.getRandomValues(new Uint8Array(10)))
}
