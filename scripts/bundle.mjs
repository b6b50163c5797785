// @ts-check
/**
 * Puts each page's modules into one small file: `node bundle.mjs FOLDER ENTRY...`, entries below `static/`. The build
 * runs it (build.rs); the sources stay as they are, and work as they are where there is no Node.
 */
import { build } from "esbuild"

const [outdir, ...entries] = process.argv.slice(2)
if (!outdir || entries.length === 0) throw new Error("FOLDER ENTRY...")

await build({
  absWorkingDir: process.cwd(),
  entryPoints: entries.map((entry) => `static/${entry}`),
  outbase: "static",
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["safari15.4", "chrome100"], // the oldest tablet in the house
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
})
