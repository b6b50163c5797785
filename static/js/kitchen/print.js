// @ts-check
/** A station's tickets on paper, for when its screen is broken: the print dialog opens by itself. */

document.querySelector("#print")?.addEventListener("click", () => print())
if (document.querySelector(".chit")) print()
