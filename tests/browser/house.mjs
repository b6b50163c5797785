// @ts-check
/** The real program with a private PostgreSQL and the demo restaurant, in a folder of its own. */

import { spawn, spawnSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { fileURLToPath } from "node:url"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))
export const PROGRAM = path.resolve(ROOT, process.env.COMANDA_BIN ?? "target/debug/comanda")
const OPENS_WITHIN_MS = 60_000
const ENDS_WITHIN_MS = 15_000

/** @typedef {{ id: string, check_id: string, check_no: number, send_no: number, tickets: { ticket_id: string, station: string | null }[] }} Placed */
/** @typedef {{ dish: string, quantity?: number, choices?: string[], note?: string, seat?: number, course?: number }} Line */

export class House {
  #data = mkdtempSync(path.join(tmpdir(), "comanda-browser-"))
  /** @type {House | null} whose database and key of the PINs it shares */ #host = null
  /** @type {import("node:child_process").ChildProcess | null} */ #process = null
  /** @type {Record<string, string>} */ #settings = {}
  #said = ""
  #token = ""
  /** @type {Map<string, any>} by name */ #menu = new Map()
  /** @type {Map<string, string>} table ids by label */ #tables = new Map()
  port = 0

  constructor() {
    chmodSync(this.#data, 0o755) // PostgreSQL's user must get through
  }

  /** One more process over the database of a house that is open. @param {House} host @param {Record<string, string>} settings */
  static async beside(host, settings) {
    const house = new House()
    house.#host = host
    house.#settings = settings
    await house.start()
    return house
  }

  /** A program whose database holds no restaurant. */
  static async empty() {
    const house = new House()
    house.#settings = { COMANDA_NO_DEMO: "true" }
    await house.start()
    return house
  }

  /** What the terminal says to whoever sets the first restaurant up. */
  async setUpCode() {
    for (let tries = 0; tries < 100; tries += 1) {
      const code = /type the code (\w{6})/.exec(this.#said)?.[1]
      if (code) return code
      await pause(50)
    }
    throw new Error(`no code:\n${this.#said}`)
  }

  get url() {
    return `http://localhost:${this.port}`
  }

  /** @param {string} [program] another build */
  async open(program = PROGRAM) {
    await this.start(program)
    this.#token = this.makeToken("Sofia")
    for (const item of (await this.get("/api/menu")).items) this.#menu.set(item.name, item)
    for (const table of await this.get("/api/tables")) this.#tables.set(table.label, table.table_id)
  }

  /** @param {string} [program] */
  async start(program = PROGRAM) {
    this.#said = ""
    const child = spawn(program, ["--listen", `127.0.0.1:${this.port}`], { env: this.#env(), stdio: ["ignore", "pipe", "pipe"] })
    this.#process = child
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (this.#said += bytes))
    const until = Date.now() + OPENS_WITHIN_MS
    for (;;) {
      const port = /is open: http:\/\/localhost:(\d+)/.exec(this.#said)?.[1]
      if (port) {
        this.port = Number(port)
        return
      }
      if (child.exitCode !== null || Date.now() > until) throw new Error(`the program did not open:\n${this.#said}`)
      await pause(25)
    }
  }

  /** Like a power cut for the program: its PostgreSQL lives on. */
  async kill() {
    await this.#end("SIGKILL")
  }

  async stop() {
    await this.#end("SIGTERM")
  }

  /** @param {NodeJS.Signals} signal */
  async #end(signal) {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once("exit", resolve))
    child.kill(signal)
    const timer = setTimeout(() => child.kill("SIGKILL"), ENDS_WITHIN_MS)
    await ended
    clearTimeout(timer)
  }

  async close() {
    this.thawDatabase()
    await this.stop()
    const postmaster = this.#postmaster()
    if (postmaster !== null) signalAll([postmaster], "SIGQUIT") // left behind by a program that was killed
    for (let tries = 0; tries < 40 && this.#postmaster() !== null; tries += 1) await pause(100)
    rmSync(this.#data, { recursive: true, force: true, maxRetries: 5 })
  }

  /** Not one process of PostgreSQL runs: it takes connections and answers nothing. */
  freezeDatabase() {
    signalAll(this.#databaseProcesses(), "SIGSTOP")
  }

  /** PostgreSQL ends as `pg_ctl stop -m fast` ends it. Whoever keeps it must be gone, or starts it again. */
  async stopDatabase() {
    signalAll([this.#postmaster() ?? 0].filter(Boolean), "SIGINT")
    for (let tries = 0; tries < 100 && this.#postmaster() !== null; tries += 1) await pause(100)
  }

  thawDatabase() {
    signalAll(this.#databaseProcesses(), "SIGCONT")
  }

  #postmaster() {
    const file = path.join(this.#data, "postgresql/cluster/postmaster.pid")
    return existsSync(file) ? Number(readFileSync(file, "utf8").split("\n")[0]) : null
  }

  #databaseProcesses() {
    const postmaster = this.#postmaster()
    if (postmaster === null) return []
    const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && parentOf(name) === postmaster)
    return [postmaster, ...children.map(Number)]
  }

  /** @param {string} statement as the database's owner; for the past, which no command can make
   * @returns {string} what it found */
  sql(statement) {
    const folder = this.#socketFolder()
    const asked = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", folder, "-U", "comanda_owner", "-d", "comanda", "-c", statement]
    const done = spawnSync("psql", asked, { encoding: "utf8", cwd: "/" })
    if (done.status !== 0) throw new Error(`psql: ${done.stderr}${done.error ?? ""}`)
    return done.stdout.trim()
  }

  #socketFolder() {
    const lines = readFileSync(path.join(this.#data, "postgresql/cluster/postmaster.pid"), "utf8").split("\n")
    return lines[4] ?? ""
  }

  #env() {
    const { DATABASE_URL: _, DATABASE_OWNER_URL: __, REDIS_URL: ___, ...own } = process.env
    const env = { ...own, COMANDA_METRICS_LISTEN: "off" }
    if (this.#host === null) return { ...env, COMANDA_DATA: this.#data, ...this.#settings }
    const folder = this.#host.#socketFolder()
    const url = (/** @type {string} */ role) => `postgres://${role}@localhost/comanda?host=${folder}`
    const shared = { COMANDA_DATA: this.#host.#data, DATABASE_URL: url("comanda"), DATABASE_OWNER_URL: url("comanda_owner") }
    return { ...env, ...shared, ...this.#settings }
  }

  /** @param {string} name whose orders it sends */
  makeToken(name) {
    const done = spawnSync(PROGRAM, ["token", "--name", "browser tests", "--staff", name], { env: this.#env(), encoding: "utf8" })
    const token = /comanda_[\w-]+/.exec(done.stdout)?.[0]
    if (!token) throw new Error(`no token: ${done.stdout}${done.stderr}`)
    return token
  }

  // --- the machine's door -------------------------------------------------------------------------------

  /** @param {string} address @param {RequestInit} [init] */
  async ask(address, init = {}) {
    const headers = { authorization: `Bearer ${this.#token}`, accept: "application/json", ...init.headers }
    return fetch(`http://127.0.0.1:${this.port}${address}`, { ...init, headers })
  }

  /** @param {string} address @returns {Promise<any>} */
  async get(address) {
    const response = await this.ask(address)
    if (!response.ok) throw new Error(`${address}: ${response.status} ${await response.text()}`)
    return response.json()
  }

  /** @param {string} address @param {object} body @param {string} [token] of somebody else @returns {Promise<any>} */
  async post(address, body, token = this.#token) {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` }
    const response = await this.ask(address, { method: "POST", headers, body: JSON.stringify(body) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${address}: ${response.status} ${text}`)
    return text === "" ? null : JSON.parse(text)
  }

  /** @param {string} label @returns {string} */
  table(label) {
    const id = this.#tables.get(label)
    if (!id) throw new Error(`no table ${label}`)
    return id
  }

  /** @param {string} name @returns {any} */
  item(name) {
    const item = this.#menu.get(name)
    if (!item) throw new Error(`no dish ${name}`)
    return item
  }

  /** Sends an order. What must be chosen and was not named is the first choice. @param {string | null} table @param {Line[]} lines @param {string} [token] @returns {Promise<Placed>} */
  order(table, lines, token) {
    const place = table === null ? { order_type: "takeaway" } : { table_id: this.table(table) }
    return this.post("/orders", { id: randomUUID(), ...place, lines: lines.map((line) => this.#line(line)) }, token)
  }

  /** @param {Line} line */
  #line({ dish, choices = [], ...rest }) {
    const item = this.item(dish)
    const modifiers = item.groups.flatMap((/** @type {any} */ group) => {
      const named = group.modifiers.filter((/** @type {any} */ modifier) => choices.includes(modifier.name))
      const chosen = named.length > 0 ? named : group.modifiers.slice(0, group.min_choices)
      return chosen.slice(0, group.max_choices).map((/** @type {any} */ modifier) => modifier.modifier_id)
    })
    return { item_id: item.item_id, modifiers, ...rest }
  }
}

/** @param {Placed} order @param {string} station @returns {string} the element id of its card there */
export function cardAt(order, station) {
  const ticket = order.tickets.find((one) => one.station === station)
  if (!ticket) throw new Error(`nothing of the order is for ${station}`)
  return `t-${ticket.ticket_id}`
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** @param {string} pid */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])
  } catch {
    return null // ended meanwhile
  }
}

/** @param {number[]} pids @param {NodeJS.Signals} signal */
function signalAll(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // ended meanwhile
    }
  }
}
