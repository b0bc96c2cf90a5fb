// Reads {actions, files: [{root, path}]} from standard input, writes [{root, path, line, message}] to standard output:
// what GitHub's own language service says about each workflow file.
import { validate } from "@actions/languageservice";
import { registerLogger } from "@actions/languageservice/log";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { TextDocument } from "vscode-languageserver-textdocument";
import { parse } from "yaml";

const asked = JSON.parse(await new Response(process.stdin).text());
const found = [];

// The service logs what it could not look at and returns no diagnostic for it: that must not pass for clean.
let current;
const report = (message) => found.push({ ...current, line: 1, message: `not checked: ${message}` });
registerLogger({ error: report, warn: report, info() {}, log() {} });

const known = new Map();
const metadata = async ({ owner, name, path }) => {
  const file = join(asked.actions, owner, name, path ?? "", "interface.yml");
  if (!known.has(file)) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    known.set(file, text === undefined ? undefined : parse(text, (_, value) => value ?? {}));
  }
  return known.get(file);
};

for (const { root, path } of asked.files) {
  current = { root, path };
  const file = join(root, path);
  const document = TextDocument.create(pathToFileURL(file).href, "yaml", 1, await readFile(file, "utf8"));
  const diagnostics = await validate(document, {
    actionsMetadataProvider: { fetchActionMetadata: metadata },
    fileProvider: {
      async getFileContent(reference) {
        if ("repository" in reference) throw new Error("workflows of other repositories are not looked at");
        const name = join(root, reference.path);
        return { name: reference.path, content: await readFile(name, "utf8") };
      },
    },
  });
  for (const { range, message } of diagnostics) found.push({ root, path, line: range.start.line + 1, message });
}
process.stdout.write(JSON.stringify(found));
