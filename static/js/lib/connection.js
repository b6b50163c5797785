// @ts-check
// The live connection of a floor page, and the words about it in the page's bar.

import { reloadOnce } from "../board/build.js"
import { connect } from "../board/live.js"

/**
 * @param {import("../board/live.js").LiveOptions} options
 * @returns {ReturnType<typeof connect>}
 */
export function watch(options) {
  return connect({
    ...options,
    onLink(link) {
      say(link)
      options.onLink?.(link)
    },
    onBuild: (build) => reloadOnce(build, options.build),
  })
}

/** @param {import("../board/live.js").Link} link */
function say(link) {
  const place = document.getElementById("connection")
  if (!place) return
  place.dataset.state = link.state
  const words = link.state === "live" ? "Live" : link.words
  if (place.textContent !== words) place.textContent = words
}
