// @ts-check
/** The front: what is void, recalled or unrouted is named there, wherever its card stands. */

const SHOWN_MAX = 4

/** @type {[string, string][]} class of the article, word; worst first */
const URGENT = [["is-void", "VOID"], ["is-unrouted", "UNROUTED"], ["is-recalled", "RECALLED"]]

/**
 * @param {HTMLElement} front a list
 * @param {HTMLElement[]} slots
 */
export function drawFront(front, slots) {
  const urgent = URGENT.flatMap(([name, word]) =>
    slots.flatMap((slot) => {
      const article = slot.querySelector("article")
      return article?.classList.contains(name) ? [{ article, name, text: `${word} ${article.dataset.place ?? ""}` }] : []
    }),
  )
  const key = urgent.map(({ article, text }) => `${article.id} ${text}`).join("|")
  if (front.dataset.key === key) return
  front.dataset.key = key
  front.replaceChildren(...urgent.slice(0, SHOWN_MAX).map(frontCard), ...rest(urgent.length - SHOWN_MAX))
}

/** @param {{ article: HTMLElement, name: string, text: string }} urgent */
function frontCard({ article, name, text }) {
  const [item, button] = [document.createElement("li"), document.createElement("button")]
  button.type = "button"
  button.className = `front-card ${name}`
  button.textContent = text
  const { id } = article
  button.addEventListener("click", () => document.getElementById(id)?.closest(".slot")?.scrollIntoView({ block: "nearest" }))
  item.append(button)
  return item
}

/** @param {number} count */
function rest(count) {
  if (count <= 0) return []
  const item = document.createElement("li")
  item.className = "front-rest"
  item.textContent = `+${count}`
  return [item]
}
