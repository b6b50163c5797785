// @ts-check
/** The worst half hour of the year: forty open tickets on the grill, long, held, late, struck, rushed, cooked again and what else there is. */

import { randomUUID } from "node:crypto"

/** @typedef {import("./house.mjs").House} House */
/** @typedef {import("./house.mjs").Line} Line */

export const OPEN_ON_GRILL = 40

/** What the tables order, in turn. @type {Line[][]} */
const ORDERS = [
  [{ dish: "Rib-eye", choices: ["Rare", "Fries", "Garlic butter"], seat: 1 }, { dish: "Lamb chops", choices: ["Medium", "Tomato rice"], seat: 2, note: "cut off the fat" }],
  [{ dish: "Sardines", quantity: 2 }],
  [{ dish: "Picanha", choices: ["Medium rare"] }, { dish: "Picanha", choices: ["Medium", "Piri-piri oil"] }, { dish: "Cauliflower from the embers" }],
  [{ dish: "Chouriço in flames" }, { dish: "Caldo verde", quantity: 2 }],
  [{ dish: "Bitoque", quantity: 3, choices: ["Rare", "Fries"] }, { dish: "Arroz doce", course: 2, quantity: 3 }],
  [{ dish: "Tuna steak", choices: ["Rare"] }, { dish: "Sea bass", course: 2 }],
  [{ dish: "Black pork secretos", note: "the birthday table: bring it with the candle, please, and only once they stopped singing" }],
  [{ dish: "Squid & prawn skewer", quantity: 2 }],
]
/** The table that takes all of it: taller than any page. @type {Line[]} */
const BANQUET = [
  { dish: "Mixed grill for two", quantity: 3 }, { dish: "Rib-eye", quantity: 2, choices: ["Medium rare", "Fries", "Peppercorn sauce"] },
  { dish: "Gaivota burger", quantity: 2, choices: ["Medium", "Fries", "Cheese", "Pickles"], note: "one without bun" },
  { dish: "Chicken piri-piri", quantity: 4, choices: ["Hot", "Fries"] }, { dish: "Bitoque", choices: ["Rare", "Fries"], seat: 3 },
  { dish: "Bitoque", choices: ["Well done", "Tomato rice"], seat: 4 }, { dish: "Francesinha", quantity: 2 }, { dish: "Sea bass", quantity: 2 },
  { dish: "Octopus à lagareiro" }, { dish: "Lamb chops", choices: ["Medium", "Boiled potatoes"] }, { dish: "Tuna steak", choices: ["Rare"], seat: 9 },
  { dish: "Sardines", quantity: 5 }, { dish: "Cauliflower from the embers", quantity: 2 }, { dish: "Picanha", choices: ["Rare"], seat: 7, note: "salt apart" },
]
const TABLES = ["1", "2", "3", "4", "5", "6", "8", "9", "10", "11", "12", "13", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10"]

/** @param {House} house freshly opened, with the demo's one ticket on the grill; it is restarted, for the past is made here */
export async function fortyTickets(house) {
  /** @type {import("./house.mjs").Placed[]} */
  const orders = [await house.order("14", BANQUET)]
  for (let at = 0; orders.length < OPEN_ON_GRILL - 2; at += 1) {
    const lines = (ORDERS[at % ORDERS.length] ?? []).map((line) => ({ ...line }))
    orders.push(await house.order(at % 9 === 8 ? null : (TABLES[at % TABLES.length] ?? null), lines))
  }
  const [, rush, vip, changed, struck, cooking, recalled, refired] = orders
  if (!rush || !vip || !changed || !struck || !cooking || !recalled || !refired) throw new Error("too few orders")
  const ticket = (/** @type {import("./house.mjs").Placed} */ order) => order.tickets.find(({ station }) => station === "grill")?.ticket_id
  const column = (/** @type {string} */ name, /** @type {string} */ of, /** @type {string} */ id) => house.sql(`select ${name} from ${of} where ${id}`)
  const line = (/** @type {import("./house.mjs").Placed} */ order) => column("line_id", "order_lines", `order_id = '${order.id}' order by line_no limit 1`)
  await house.post(`/fires/${column("fire_id", "tickets", `ticket_id = '${ticket(rush)}'`)}/rush`, {})
  await house.post(`/checks/${vip.check_id}/vip`, { vip: true })
  await house.post(`/lines/${line(changed)}/change`, { seen: 0, note: "well done after all, and no butter" })
  await house.post(`/lines/${line(struck)}/void`, { quantity: 1, reason: "Guest changed their mind" })
  await house.post(`/tickets/${ticket(cooking)}/start`, { version: 1 })
  await house.post(`/tickets/${ticket(recalled)}/bump`, { version: 1 })
  await house.post(`/tickets/${ticket(recalled)}/recall`, {})
  await house.post(`/tickets/${ticket(refired)}/bump`, { version: 1 })
  await house.post(`/lines/${line(refired)}/refire`, { id: randomUUID(), quantity: 1, reason: "Dropped" })
  await house.post(`/tickets/${ticket(refired)}/recall`, {})
  // The banquet has one guest with three allergies; told at once, for whole tables too.
  await house.post(`/checks/${orders[0]?.check_id}/allergies`, { seat: 3, nuts: true, gluten: true, crustaceans: true })
  await house.post(`/checks/${orders[9]?.check_id}/allergies`, { fish: true })
  const past = orders.map(({ id }, at) => `update fires set fired_at = fired_at - interval '${Math.floor((orders.length - at) / 2)} minutes 10 seconds'
      where fired_at is not null and fire_id in (select fire_id from order_lines where order_id = '${id}');`)
  house.sql(`${past.join("\n")} update tickets set shown_seq = board_seq, shown_at = stamped_at, shown_on = 'Kitchen';`)
  await house.kill()
  await house.start()
}
