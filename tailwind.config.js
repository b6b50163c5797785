// The design's tokens. Every colour has a meaning, every size comes from one scale; pages invent none of their own.
//
// A state `x` has four colours: `x` (a solid fill), `x-on` (text upon that fill), `x-soft` (a tint behind text) and `x-ink` (text
// on the tint or on a surface). Each pair of text and ground meets WCAG AA, in the dark palette AAA.
// Class names are looked for in templates and in static/js only: Rust hands states to pages as data attributes.

/** solid, on, soft, ink */
const states = {
  light: {
    "on-time": ["#0f766e", "#ffffff", "#d7f0ec", "#0b5650"],
    warn: ["#f59f0a", "#231700", "#fdedc9", "#704400"],
    late: ["#c62828", "#ffffff", "#fde2df", "#971b1b"],
    ready: ["#1a7a3a", "#ffffff", "#d8f2de", "#115526"],
    held: ["#646a72", "#ffffff", "#e5e7ea", "#464b52"],
    void: ["#9b1b4a", "#ffffff", "#f9dfe8", "#7d133a"],
    rush: ["#5b34d6", "#ffffff", "#e8e1fd", "#4722b5"],
    allergy: ["#ffd91f", "#1f1a00", "#fff5b8", "#574600"],
    free: ["#77736a", "#ffffff", "#f0eee9", "#57534a"],
    seated: ["#4d6079", "#ffffff", "#e2e8f0", "#35465d"],
    ordered: ["#1a5cc0", "#ffffff", "#dbe8fc", "#12438f"],
    printed: ["#8a3f96", "#ffffff", "#f3e1f6", "#6a2b75"],
  },
  dark: {
    "on-time": ["#34b3a0", "#04201b", "#10302c", "#7ee3d3"],
    warn: ["#ffb224", "#231700", "#3a2a08", "#ffcb6b"],
    late: ["#ff6b60", "#2a0503", "#4a1510", "#ffb3ad"],
    ready: ["#3ddc6d", "#04220d", "#0f3a1d", "#86eea8"],
    held: ["#979ea7", "#101214", "#2b2f35", "#ccd1d8"],
    void: ["#ff79a3", "#2d0413", "#45122a", "#ffb3cb"],
    rush: ["#ad96ff", "#150a3d", "#2a2060", "#d0c4ff"],
    allergy: ["#ffe14d", "#1f1a00", "#423a05", "#ffec8a"],
    free: ["#8a929c", "#101214", "#1f2327", "#b9bfc8"],
    seated: ["#9db1c9", "#0d151e", "#26313e", "#c8d6e6"],
    ordered: ["#6fadff", "#04162e", "#15315a", "#b5d4ff"],
    printed: ["#dd98e7", "#290a2e", "#3d1f44", "#edc4f2"],
  },
}

const grounds = {
  light: {
    page: "#f5f3ee",
    surface: "#ffffff",
    raised: "#ffffff",
    sunken: "#e9e6df",
    line: "#d8d4ca",
    "line-strong": "#8d887c",
    ink: "#1d1b17",
    quiet: "#5a564c",
    accent: "#1f1c18",
    "accent-on": "#ffffff",
    focus: "#1a5cc0",
    scrim: "rgb(20 18 14 / 0.5)",
  },
  dark: {
    page: "#101214",
    surface: "#1a1d21",
    raised: "#23272c",
    sunken: "#0b0c0e",
    line: "#343a41",
    "line-strong": "#7b838d",
    ink: "#f6f4ef",
    quiet: "#b7bcc4",
    accent: "#f4efe4",
    "accent-on": "#16140f",
    focus: "#8ec1ff",
    scrim: "rgb(0 0 0 / 0.65)",
  },
}

const shades = ["", "-on", "-soft", "-ink"]

/** @param {"light" | "dark"} theme */
function variables(theme) {
  /** @type {Record<string, string>} */
  const all = {}
  for (const [name, value] of Object.entries(grounds[theme])) all[`--${name}`] = value
  for (const [name, values] of Object.entries(states[theme])) {
    shades.forEach((shade, at) => (all[`--${name}${shade}`] = values[at]))
  }
  return { ...all, "color-scheme": theme }
}

/** @type {Record<string, string>} */
const colors = { transparent: "transparent", current: "currentColor" }
for (const name of Object.keys(variables("light"))) {
  if (name.startsWith("--")) colors[name.slice(2)] = `var(${name})`
}

export default {
  content: ["./templates/**/*.html", "./static/js/**/*.js"],
  theme: {
    colors,
    // Four pixels a step. `touch` is the least a finger on a tablet needs, `wall` a wet finger in the kitchen.
    spacing: {
      0: "0", px: "1px", 0.5: "0.125rem", 1: "0.25rem", 1.5: "0.375rem", 2: "0.5rem", 3: "0.75rem", 4: "1rem", 5: "1.25rem",
      6: "1.5rem", 8: "2rem", 10: "2.5rem", 12: "3rem", 14: "3.5rem", 16: "4rem", 20: "5rem", 24: "6rem", 32: "8rem", 40: "10rem",
      touch: "3rem", wall: "3.5rem",
    },
    // Lines on a station's card are `lg` or more, table and age `2xl` or more: readable at two metres.
    fontSize: {
      xs: ["0.8125rem", "1.125rem"],
      sm: ["0.9375rem", "1.25rem"],
      base: ["1.0625rem", "1.5rem"],
      lg: ["1.25rem", "1.625rem"],
      xl: ["1.5rem", "1.875rem"],
      "2xl": ["1.875rem", "2.25rem"],
      "3xl": ["2.375rem", "2.625rem"],
      "4xl": ["3rem", "3.25rem"],
    },
    fontFamily: {
      sans: ["Public Sans", "ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
      mono: ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"],
    },
    fontWeight: { normal: "400", medium: "500", semibold: "600", bold: "700", black: "800" },
    borderRadius: { none: "0", sm: "0.375rem", DEFAULT: "0.625rem", lg: "0.875rem", full: "9999px" },
    borderWidth: { DEFAULT: "1px", 0: "0", 2: "2px", 4: "4px", 8: "8px" },
    boxShadow: {
      none: "none",
      DEFAULT: "0 1px 2px rgb(0 0 0 / 0.08)",
      lifted: "0 6px 24px rgb(0 0 0 / 0.2)",
    },
    // A phone is below `tablet`; a tablet upright is below `wide`; `wall` is a kitchen's television.
    screens: { tablet: "44rem", wide: "64rem", wall: "100rem" },
    transitionDuration: { DEFAULT: "160ms" },
    extend: {
      maxWidth: { prose: "38rem", page: "80rem" },
    },
  },
  plugins: [
    /** @param {{ addBase: (rules: Record<string, unknown>) => void }} api */
    ({ addBase }) =>
      addBase({
        ":root": variables("light"),
        "@media (prefers-color-scheme: dark)": { ":root": variables("dark") },
        ":root.kitchen": variables("dark"),
        // A screen's own choice.
        ":root[data-colours=light]": variables("light"),
        "@media (prefers-color-scheme: light)": { ":root[data-colours=device]": variables("light") },
      }),
  ],
}
