// @ts-check
/**
 * Reads `cargo metadata` on standard input and package-lock.json: every package must come from the public registries,
 * under a licence that lets a restaurant run, change and pass on the program. Lock files name no host of a mirror.
 */
import { readFileSync } from "node:fs"

const ALLOWED = new Set([
  "MIT",
  "MIT-0",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "MPL-2.0",
  "PostgreSQL",
  "ISC",
  "Unicode-3.0",
  "Zlib",
  "BSL-1.0",
  "CC0-1.0",
  "CDLA-Permissive-2.0",
  "OpenSSL",
  "BlueOak-1.0.0", // graceful-fs, which only Tailwind's command line runs: permissive, nothing of it is built in
])
const CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"

/**
 * Whether an SPDX expression can be met: one side of an OR, both of an AND. An exception (WITH) only ever adds rights.
 * @param {string} expression
 */
function isAllowed(expression) {
  const words = expression.replaceAll("/", " OR ").match(/[()]|[^\s()]+/g) ?? []
  const either = () => {
    let met = both()
    while (words[0] === "OR") {
      words.shift()
      met = both() || met
    }
    return met
  }
  const both = () => {
    let met = one()
    while (words[0] === "AND") {
      words.shift()
      met = one() && met
    }
    return met
  }
  const one = () => {
    const word = words.shift()
    if (word === "(") {
      const met = either()
      words.shift()
      return met
    }
    if (words[0] === "WITH") words.splice(0, 2)
    return word !== undefined && ALLOWED.has(word)
  }
  const met = either()
  return met && words.length === 0
}

/** @type {string[]} */
const wrong = []
const metadata = JSON.parse(readFileSync(0, "utf8"))
for (const { name, version, license, source } of metadata.packages) {
  if (!isAllowed(license ?? "")) wrong.push(`crate ${name} ${version}: licence ${license ?? "none"}`)
  if (source !== null && source !== CRATES_IO) wrong.push(`crate ${name} ${version}: not from crates.io`)
}
let npm = 0
for (const file of ["package-lock.json", "benches/peers/package-lock.json"]) {
  const packages = Object.entries(JSON.parse(readFileSync(file, "utf8")).packages)
  npm += packages.length - 1
  for (const [path, { version, license, resolved }] of packages) {
    if (!isAllowed(license ?? "")) wrong.push(`npm ${path} ${version}: licence ${license ?? "none"}`)
    if (resolved !== undefined) wrong.push(`npm ${path}: ${file} names a host (npm reads .npmrc: install again)`)
  }
}
for (const line of readFileSync("Cargo.lock", "utf8").split("\n")) {
  if (line.startsWith("source = ") && line !== `source = "${CRATES_IO}"`) wrong.push(`Cargo.lock: ${line}`)
}
if (wrong.length > 0) {
  console.error(wrong.join("\n"))
  process.exit(1)
}
console.log(`${metadata.packages.length} crates and ${npm} npm packages: licences and sources are in order`)
