/**
 * Bundles the islands: `node build.mjs [folder]` (default `dist`); `--quiet` keeps the sizes to itself.
 *
 * Entries keep their names, so that a page can name them; everything else carries its digest. All
 * files lie in one folder, because chunks find the worker beside themselves. Prints what each costs,
 * and writes the licences of what was bundled to `LICENSES.txt`.
 */
import { build } from "esbuild";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const words = process.argv.slice(2);
const outdir = words.find((word) => !word.startsWith("--")) ?? "dist";
/** Licences that may be shipped beside Apache-2.0. */
const ALLOWED = new Set(["MIT", "BSD-3-Clause", "ISC", "Apache-2.0"]);

await rm(outdir, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: ["editor", "code", "math", "diff", "worker", "theme", "docs", "share"].map((name) => `src/${name}.ts`),
  outdir,
  bundle: true,
  format: "esm",
  splitting: true,
  minify: true,
  // The same browsers that `light-dark()` in the stylesheet needs.
  target: ["chrome123", "firefox120", "safari17.5"],
  chunkNames: "[name]-[hash]",
  legalComments: "none",
  charset: "utf8",
  metafile: true,
  logLevel: "warning",
});

await refuseEval(Object.keys(metafile.outputs));
await writeFile(join(outdir, "LICENSES.txt"), await licences(metafile));
if (!words.includes("--quiet")) await report(metafile);

/** The policy of the page forbids both, so a library that needs them is found here, not there. */
async function refuseEval(files) {
  for (const file of files) {
    const source = await readFile(file, "utf8");
    if (/\beval\s*\(|\bnew Function\b|[^.\w]Function\s*\(/.test(source)) throw new Error(`${file} makes code out of text.`);
  }
}

async function licences({ inputs }) {
  const packages = new Set();
  for (const input of Object.keys(inputs)) {
    const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) packages.add(found[1]);
  }
  const parts = [];
  for (const name of [...packages].sort()) {
    const folder = join("node_modules", name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    if (!ALLOWED.has(license)) throw new Error(`${name} has the licence ${license}, which is not allowed.`);
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} has no licence text.`);
    parts.push(`${name} ${version} (${license})\n\n${(await readFile(join(folder, file), "utf8")).trim()}\n`);
  }
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}

async function report({ outputs }) {
  const rows = [];
  for (const [file, { bytes, inputs }] of Object.entries(outputs)) {
    const main = Object.entries(inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)[0]?.[0] ?? "";
    rows.push({ file: basename(file), raw: bytes, brotli: brotliCompressSync(await readFile(file)).length, main });
  }
  for (const { file, raw, brotli, main } of rows.sort((a, b) => b.raw - a.raw)) {
    console.log(`${String(raw).padStart(8)} ${String(brotli).padStart(7)}  ${file.padEnd(32)} ${main.replace("node_modules/", "")}`);
  }
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  console.log(`${String(sum("raw")).padStart(8)} ${String(sum("brotli")).padStart(7)}  all (bytes raw, brotli)`);
}
