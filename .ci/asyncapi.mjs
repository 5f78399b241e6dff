// Holds an AsyncAPI document against the schema of its version: node
// asyncapi.mjs FILE. Prints 1 or 0, and what was found, with a tab between.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";
import { parse } from "yaml";

const document = parse(readFileSync(process.argv[2], "utf8"));
const schema = createRequire(import.meta.url)(`@asyncapi/specs/schemas/${document.asyncapi}-without-$id.json`);
const judge = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
const ok = judge(document);
const found = (judge.errors ?? []).slice(0, 5).map((e) => `${e.instancePath} ${e.message}`);
console.log([ok ? 1 : 0, found.join("; ") || `valid as ${document.asyncapi}`].join("\t"));
