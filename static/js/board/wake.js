// @ts-check
/** Keeps the screen awake while the page is visible, and says whether it could. */

/** @param {(awake: boolean) => void} onChange */
export function stayAwake(onChange) {
  const wakeLock = /** @type {any} */ (navigator).wakeLock
  const take = async () => {
    if (document.visibilityState !== "visible") return
    try {
      const lock = await wakeLock.request("screen")
      onChange(true)
      lock.addEventListener("release", () => onChange(false))
    } catch {
      onChange(false) // refused: battery saver, or no permission
    }
  }
  if (!wakeLock) return onChange(false)
  document.addEventListener("visibilitychange", take) // a hidden page loses its lock
  take()
}
