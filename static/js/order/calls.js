// @ts-check
// Food that is ready calls its waiter while they take the next order, too.

import { connect } from "../board/live.js"
import { inbox } from "../floor/inbox.js"
import { byId, el } from "../lib/dom.js"
import { tickAgo } from "../lib/times.js"

/** @param {string} build of the page: who draws it anew when there is another is the menu's line */
export function hearCalls(build) {
  const { viewer = "", manages } = byId("main").dataset
  const place = byId("inbox")
  const calls = inbox(place, { name: viewer, manages: manages !== undefined }, (words) => {
    place.append(el("li", { class: "failure", role: "alert" }, words))
  })
  const live = connect({
    view: "floor",
    epoch: "",
    seq: 0,
    build,
    onBoard(board) {
      calls.show([...board.cards.values()].map(({ html }) => html))
      tickAgo(place, live.now())
    },
  })
  setInterval(() => tickAgo(place, live.now()), 1_000)
}
