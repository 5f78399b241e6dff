// Reads calendars with ical.js: node calendar.mjs FILE…
// Prints the file, 1 or 0, and what was found, with tabs between.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const wanted = ["uid", "dtstamp", "dtstart", "dtend", "sequence", "summary", "status", "organizer",
  "x-maintnote-provider", "x-maintnote-account", "x-maintnote-maintenance-id", "x-maintnote-object-id", "x-maintnote-impact", "x-maintnote-status"];
const impacts = ["NO-IMPACT", "REDUCED-REDUNDANCY", "DEGRADED", "OUTAGE"];

function faults(raw) {
  const found = [];
  for (const line of raw.toString("latin1").split("\r\n")) {
    if (line.length > 75) found.push(`a line of ${line.length} octets`);
    if (line.includes("\n")) found.push("a line that does not end with CRLF");
  }
  ICAL.design.strict = true;
  const events = new ICAL.Component(ICAL.parse(raw.toString("utf8"))).getAllSubcomponents("vevent");
  if (!events.length) found.push("no event");
  for (const event of events) {
    for (const name of wanted) if (event.getAllProperties(name).length !== 1) found.push(`${name}: not once`);
    const read = new ICAL.Event(event);
    if (!(read.endDate.compare(read.startDate) > 0)) found.push("ends before it starts");
    const impact = event.getFirstPropertyValue("x-maintnote-impact");
    if (!impacts.includes(impact)) found.push(`impact ${impact}`);
  }
  const ids = events.map((e) => e.getFirstPropertyValue("uid"));
  if (new Set(ids).size !== ids.length) found.push("a UID twice");
  return { found, count: events.length };
}

for (const file of process.argv.slice(2)) {
  const { found, count } = faults(readFileSync(file));
  console.log([file, found.length ? 0 : 1, found.join("; ") || `${count} events`].join("\t"));
}
