// @ts-check
/** A busy Friday at half past eight: some thirty tickets on the boards, of every age and state. */

/** @typedef {import("./house.mjs").House} House */
/** @typedef {import("./house.mjs").Line} Line */

/** Table, minutes ago, lines; `done`: stations that bumped theirs; `begun`: that began; `struck`: a dish the guests took back. */
/** @type {{ at: string | null, ago: number, lines: Line[], done?: string[], begun?: string[], struck?: string }[]} */
const EVENING = [
  { at: "6", ago: 22, lines: [{ dish: "Rib-eye", choices: ["Rare", "Fries", "Garlic butter"], seat: 1 }, { dish: "Lamb chops", choices: ["Medium", "Tomato rice"], seat: 2, note: "cut off the fat" }] },
  { at: "11", ago: 17, lines: [{ dish: "Mixed grill for two", quantity: 2 }, { dish: "Sardines", quantity: 2, seat: 5 }, { dish: "Green salad" }] },
  { at: "T1", ago: 16, lines: [{ dish: "Sea bass" }, { dish: "Octopus à lagareiro" }], done: ["grill", "fry"] },
  { at: "2", ago: 13, lines: [{ dish: "Picanha", choices: ["Medium rare"], seat: 1 }, { dish: "Picanha", choices: ["Medium", "Piri-piri oil"], seat: 2 }], struck: "Picanha" },
  { at: "13", ago: 12, lines: [{ dish: "Bitoque", quantity: 3, choices: ["Rare", "Fries"] }, { dish: "Gaivota burger", quantity: 2, choices: ["Medium", "Fries", "Cheese", "Pickles"], note: "one without bun, allergic to gluten" }, { dish: "Chicken piri-piri", choices: ["Hot"] }, { dish: "Cauliflower from the embers" }], begun: ["grill"] },
  { at: "T5", ago: 11, lines: [{ dish: "Margherita", choices: ["Regular, 32 cm"] }, { dish: "Calzone" }, { dish: "Green salad" }], done: ["cold"] },
  { at: "8", ago: 10, lines: [{ dish: "Tuna steak", choices: ["Rare"] }, { dish: "Clams Bulhão Pato" }] },
  { at: null, ago: 9, lines: [{ dish: "Chicken piri-piri", quantity: 2, choices: ["Mild", "Fries"] }, { dish: "Francesinha" }] },
  { at: "4", ago: 8, lines: [{ dish: "Black pork secretos" }, { dish: "Migas" }], done: ["fry"] },
  { at: "9", ago: 7, lines: [{ dish: "Sangria jug" }, { dish: "Cod fritters", quantity: 2 }, { dish: "Chouriço in flames" }] },
  { at: "T3", ago: 7, lines: [{ dish: "Vinho verde", choices: ["Bottle"] }, { dish: "Garlic prawns" }] },
  { at: "12", ago: 6, lines: [{ dish: "Lamb chops", choices: ["Rare", "Boiled potatoes"], quantity: 2 }, { dish: "Cod à lagareiro", quantity: 2 }, { dish: "Vegetables from the embers" }, { dish: "Sardines", quantity: 2, course: 2 }, { dish: "Arroz doce", quantity: 4, course: 3 }] },
  { at: "T7", ago: 5, lines: [{ dish: "Draught lager", quantity: 4, choices: ["Imperial, 20 cl"] }, { dish: "Pica-pau", quantity: 2 }] },
  { at: "6", ago: 4, lines: [{ dish: "Alentejo red", choices: ["Half-litre jug"] }] },
  { at: "T9", ago: 4, lines: [{ dish: "Sardines", quantity: 6 }, { dish: "Green salad", quantity: 2 }, { dish: "Arroz doce", quantity: 2, course: 2 }], begun: ["grill"] },
  { at: "10", ago: 3, lines: [{ dish: "Squid & prawn skewer", quantity: 2 }, { dish: "Caesar salad" }] },
  { at: "1", ago: 3, lines: [{ dish: "Gaivota board" }, { dish: "Douro white", choices: ["Glass"], quantity: 2 }] },
  { at: "T2", ago: 2, lines: [{ dish: "Rib-eye", quantity: 2, choices: ["Medium rare", "Fries", "Peppercorn sauce"] }] },
  { at: "14", ago: 1, lines: [{ dish: "Gin & tonic", quantity: 5, choices: ["Ice", "Lemon"] }, { dish: "Caipirinha", quantity: 3 }, { dish: "Lemonade", quantity: 2 }] },
  { at: "5", ago: 1, lines: [{ dish: "Gaivota burger", choices: ["Medium", "Fries", "Cheese"] }, { dish: "Cola" }] },
  { at: "3", ago: 0, lines: [{ dish: "Cauliflower from the embers" }, { dish: "Tomato rice" }] },
]

/** @param {House} house freshly opened; it is restarted, so that its boards are drawn from the past made here */
export async function busyFriday(house) {
  const moved = []
  const waiters = ["Inês", "Tiago", "Beatriz", "Duarte"].map((name) => house.makeToken(name))
  for (const [n, { at, ago, lines, done = [], begun = [], struck }] of EVENING.entries()) {
    const order = await house.order(at, lines, waiters[n % waiters.length])
    for (const { ticket_id, station } of order.tickets) {
      if (station && begun.includes(station)) await house.post(`/tickets/${ticket_id}/start`, { version: 1 })
      if (station && done.includes(station)) await house.post(`/tickets/${ticket_id}/bump`, { version: 1 })
    }
    if (struck) {
      const line = house.sql(`select line_id from order_lines where order_id = '${order.id}' and item_name = '${struck}' limit 1`)
      await house.post(`/lines/${line}/void`, { quantity: 1, reason: "guest changed their mind" })
    }
    moved.push(`update fires set fired_at = fired_at - interval '${ago} minutes 20 seconds'
        where fire_id in (select fire_id from order_lines where order_id = '${order.id}');
      update orders set sent_at = sent_at - interval '${ago} minutes 20 seconds' where order_id = '${order.id}';
      update checks set opened_at = least(opened_at, now() - interval '${ago} minutes 20 seconds') where check_id = '${order.check_id}';`)
  }
  await house.post(`/items/${house.item("Octopus salad").item_id}/86`, {})
  await house.post(`/items/${house.item("Almond tart").item_id}/86`, {})
  // All but the last two have been on a kitchen screen.
  const seen = "update tickets set shown_seq = board_seq, shown_at = stamped_at, shown_on = 'Kitchen'"
  house.sql(`${moved.join("\n")} ${seen} where fire_id not in (select fire_id from fires where fired_at is not null order by fired_at desc limit 2);`)
  await house.kill()
  await house.start()
}
