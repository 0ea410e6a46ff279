// `node scripts/pack-vscode.ts [FILE]`: the extension for VS Code as one file to install, made of
// `editors/vscode`, and of the packages that it names as they lie in `node_modules`. A .vsix is a zip with
// two files of its own; asks no network.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { zip, type Entry } from "./zip.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const SOURCE = path.join(root, "editors/vscode");

interface Manifest {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly version: string;
  readonly publisher: string;
  readonly engines: { readonly vscode: string };
  readonly categories: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as Manifest;

/** Everything that the file holds, in order. */
export function entriesOfExtension(): readonly Entry[] {
  const manifest = readManifest(SOURCE);
  const own = filesBelow(SOURCE).map((name) => entry(`extension/${name}`, path.join(SOURCE, name)));
  const packages = dependenciesOf(SOURCE).flatMap(({ name, folder }) =>
    filesBelow(folder)
      .filter(isNeeded)
      .map((file) => entry(`extension/node_modules/${name}/${file}`, path.join(folder, file))),
  );
  const entries = [...own, entry("extension/LICENSE.txt", path.join(root, "LICENSE")), ...packages];
  return [
    { name: "[Content_Types].xml", data: Buffer.from(contentTypes(entries)) },
    { name: "extension.vsixmanifest", data: Buffer.from(vsixManifest(manifest)) },
    ...entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  ];
}

const entry = (name: string, file: string): Entry => ({ name, data: readFileSync(file) });

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => !name.split(path.sep).includes("node_modules"))
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .map((name) => name.split(path.sep).join("/"))
    .toSorted();
}

/** Code that runs and licences; no types, maps, or tests. */
const isNeeded = (name: string): boolean =>
  /\.(c?js|json)$/.test(name)
    ? !/(^|\/)(browser|esm|test|typings)\//.test(name) && !/(^|\/)eslint\.config/.test(name)
    : /^licen[cs]e/i.test(name);

/** The packages that one needs, and those that these need; each once, as they are found from there. */
function dependenciesOf(folder: string): readonly { readonly name: string; readonly folder: string }[] {
  const found = new Map<string, string>();
  const step = (from: string): void => {
    for (const name of Object.keys(readManifest(from).dependencies ?? {})) {
      const place = packageFolder(name, from);
      const known = found.get(name);
      if (known !== undefined && known !== place) throw new Error(`two versions of ${name} are needed`);
      if (known !== undefined) continue;
      found.set(name, place);
      step(place);
    }
  };
  step(folder);
  return [...found].map(([name, place]) => ({ name, folder: place }));
}

function packageFolder(name: string, from: string): string {
  const places = createRequire(path.join(from, "package.json")).resolve.paths(name) ?? [];
  for (const place of places) {
    const folder = path.join(place, name);
    if (statSync(path.join(folder, "package.json"), { throwIfNoEntry: false })) return folder;
  }
  throw new Error(`${name} is not installed: npm ci`);
}

function contentTypes(entries: readonly Entry[]): string {
  const types: Readonly<Record<string, string>> = { json: "application/json", md: "text/markdown" };
  const endings = new Set([
    "vsixmanifest",
    ...entries.flatMap(({ name }) => /\.(\w+)$/.exec(name)?.[1] ?? []),
  ]);
  const rows = [...endings].map((ending) => {
    const type = ending === "vsixmanifest" ? "text/xml" : (types[ending] ?? "application/octet-stream");
    return `<Default Extension=".${ending}" ContentType="${type}"/>`;
  });
  const bare = entries.filter(({ name }) => !/\.\w+$/.test(name));
  const overrides = bare.map(({ name }) => `<Override PartName="/${name}" ContentType="text/plain"/>`);
  const space = "http://schemas.openxmlformats.org/package/2006/content-types";
  return `${XML}<Types xmlns="${space}">${[...rows, ...overrides].join("")}</Types>\n`;
}

const XML = '<?xml version="1.0" encoding="utf-8"?>\n';

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

const SCHEMA = "http://schemas.microsoft.com/developer/vsx-schema/2011";
const ASSETS = [
  ["Code.Manifest", "package.json"],
  ["Services.Content.Details", "README.md"],
  ["Services.Content.License", "LICENSE.txt"],
] as const;

function vsixManifest({
  name,
  displayName,
  description,
  version,
  publisher,
  engines,
  categories,
}: Manifest): string {
  const assets = ASSETS.map(
    ([type, file]) =>
      `    <Asset Type="Microsoft.VisualStudio.${type}" Path="extension/${file}" Addressable="true"/>`,
  ).join("\n");
  return `${XML}<PackageManifest Version="2.0.0" xmlns="${SCHEMA}">
  <Metadata>
    <Identity Language="en-US" Id="${name}" Version="${version}" Publisher="${publisher}"/>
    <DisplayName>${escaped(displayName)}</DisplayName>
    <Description xml:space="preserve">${escaped(description)}</Description>
    <Categories>${escaped(categories.join(","))}</Categories>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${escaped(engines.vscode)}"/>
    </Properties>
    <License>extension/LICENSE.txt</License>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
${assets}
  </Assets>
</PackageManifest>
`;
}

if (import.meta.main) {
  const file = path.resolve(process.argv[2] ?? `vbus-${readManifest(SOURCE).version}.vsix`);
  const bytes = zip(entriesOfExtension());
  writeFileSync(file, bytes);
  console.log(`${file}: ${Math.ceil(bytes.length / 1024)} KiB`);
}
