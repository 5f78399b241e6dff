// Prints one line for a report of Lighthouse: 1 or 0 for limits kept, the four
// scores, the times, and what cost points.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const limits = { performance: 99, accessibility: 100, "best-practices": 100, seo: 100 };
const score = (name) => Math.round(report.categories[name].score * 100);
const names = Object.keys(limits);
const kept = names.every((name) => score(name) >= limits[name]);
const shown = (id) => report.audits[id]?.displayValue?.replace(/\s/g, " ") ?? "?";
const lost = names.flatMap((name) => report.categories[name].auditRefs)
  .filter(({ id, weight }) => weight > 0 && report.audits[id].score !== null && report.audits[id].score < 0.9)
  .map(({ id }) => id);

console.log(
  kept ? 1 : 0,
  names.map((name) => `${score(name)}`.padStart(3)).join(" "),
  `FCP ${shown("first-contentful-paint")}, LCP ${shown("largest-contentful-paint")}, CLS ${shown("cumulative-layout-shift")}, ${shown("total-byte-weight")}`,
  lost.length ? `lost by ${lost.join(", ")}` : "",
);
