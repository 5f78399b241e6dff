// Runs axe-core on pages in every look: node axe.mjs BROWSER BASE PATH…
// Prints look, path, 1 or 0, and the findings, with tabs between. What is
// wider than the screen and what stands on the console are findings too.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import puppeteer from "puppeteer-core";

const [browserPath, base, ...paths] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const looks = [
  { name: "light", media: { "prefers-color-scheme": "light" } },
  { name: "dark", media: { "prefers-color-scheme": "dark" } },
  { name: "320 px", media: {}, width: 320 },
  { name: "320 px dark", media: { "prefers-color-scheme": "dark" }, width: 320 },
  { name: "right to left", media: {}, rtl: true },
  { name: "forced colours", media: { "forced-colors": "active" } },
  { name: "forced dark", media: { "forced-colors": "active", "prefers-color-scheme": "dark" } },
  { name: "more contrast", media: { "prefers-contrast": "more" } },
];

async function visit(browser, look, path) {
  const page = await browser.newPage();
  const found = [];
  page.on("console", (m) => path !== "/nowhere" && found.push(`console: ${m.text()}`));
  page.on("pageerror", (e) => found.push(`error: ${e.message}`));
  await page.setViewport({ width: look.width ?? 1100, height: 900 });
  const cdp = await page.createCDPSession();
  const features = Object.entries(look.media).map(([name, value]) => ({ name, value }));
  await cdp.send("Emulation.setEmulatedMedia", { features });
  await page.goto(base + path, { waitUntil: "load" });
  if (look.rtl) await page.evaluate(() => { document.documentElement.dir = "rtl"; });
  await page.evaluate(axe);
  const result = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), rules);
  for (const v of result.violations) found.push(`${v.id}: ${v.nodes.map((n) => n.html.slice(0, 90)).join(" | ")}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (over > 0) found.push(`${over} px wider than the screen`);
  await page.close();
  const words = found.length ? found.join("; ") : `0 violations, ${result.passes.length} rules passed, ${result.incomplete.length} undecided`;
  console.log([look.name, path, found.length ? 0 : 1, words.replace(/\s+/g, " ")].join("\t"));
}

const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await puppeteer.launch({ executablePath: browserPath, headless: true, args });
for (const look of looks) for (const path of paths) await visit(browser, look, path);
await browser.close();
