// Files of other tools as their users write them: what is made of each is a golden, checks, and what is
// broken in one is told with its place. Some boot and answer pings, in CI all that can.

import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { assert, asyncProperty, constantFrom, nat, tuple } from "fast-check";
import { expect, test } from "vitest";
import { Lab } from "../../embed/index.ts";
import { format } from "../../lang/index.ts";
import { callHere } from "../call.test-support.ts";
import { checkMade } from "./check-made.ts";
import type { Choice } from "./images.ts";
import { importText, type Imported } from "./import.ts";

const CORPUS = fileURLToPath(new URL("corpus/", import.meta.url));
const FILES = globSync(["*.yml", "*/*.yml", "*/*.yaml", "*/lab.conf"], { cwd: CORPUS }).sort();
const UPDATE = process.env["UPDATE_GOLDENS"] !== undefined;
const AT_LENGTH = process.env["CI"] === "true" || process.env["SLOW"] === "1";
const SEED = Number(process.env["SEED"] ?? 0);

/** Values of parameters that a file leaves to whoever runs it. */
const GIVEN = { grafana_password: "swordfish" };

const read = (file: string): string => readFileSync(path.join(CORPUS, file), "utf8");

function imported(file: string, text = read(file), choices: readonly Choice[] = []): Imported {
  const sibling = (name: string): string | undefined => {
    const place = path.join(CORPUS, path.dirname(file), name);
    return existsSync(place) ? readFileSync(place, "utf8") : undefined;
  };
  return importText({ file, text, choices, sibling });
}

/** Codes and messages of what is wrong with a text of the language. */
async function mistakes(text: string): Promise<readonly string[]> {
  const params = text.includes("param grafana_password") ? { flags: GIVEN } : {};
  const { diagnostics } = await checkMade(path.join(CORPUS, "lab.vbus"), text, params);
  return diagnostics.map(({ code, message }) => `${code} ${message}`);
}

test("the corpus is what the issue asks for", () => {
  expect(FILES.filter((file) => file.endsWith(".clab.yml")).length).toBeGreaterThanOrEqual(10);
  expect(FILES.filter((file) => file.includes("compose")).length).toBeGreaterThanOrEqual(5);
  expect(FILES.filter((file) => file.endsWith("lab.conf")).length).toBeGreaterThanOrEqual(3);
});

test.each(FILES)("%s: what is made of it is the golden, is laid out, and checks", async (file) => {
  const { text = "", diagnostics } = imported(file);
  expect(diagnostics).toEqual([]);
  const golden = path.join(CORPUS, `${file}.vbus`);
  if (UPDATE) writeFileSync(golden, text);
  expect(text).toBe(readFileSync(golden, "utf8"));
  expect(format("lab.vbus", text)).toEqual({ text });
  expect(await mistakes(text)).toEqual([]);
});

const IMPORT = (file: string, text: string): readonly string[] =>
  imported(file, text).diagnostics.map(({ code, span, message }) => {
    const before = text.slice(0, span.start).split("\n");
    return `${before.length}:${(before.at(-1) ?? "").length + 1} ${code} ${message}`;
  });

const TOPOLOGY = `topology:
  nodes:
    a: { kind: linux }
    b: { kind: linux }
  links:
`;

test.each([
  ["t.clab.yml", `${TOPOLOGY}    - endpoints: [a:eth1, c:eth1]\n`, "6:27 VB7003 There is no node `c`."],
  ["t.clab.yml", `${TOPOLOGY}    - endpoints: [a:eth1]\n`, "6:18 VB7003 A link has two endpoints."],
  ["t.clab.yml", `${TOPOLOGY}    - endpoints: [a, b:eth1]\n`, "6:19 VB7002 An endpoint is `NODE:INTERFACE`."],
  [
    "t.clab.yml",
    `${TOPOLOGY}    - endpoints: [a:eth1, b:eth1]\n    - endpoints: [b:eth2, a:eth1]\n`,
    "7:27 VB7004 `a:eth1` has a link already, in line 6.",
  ],
  ["t.clab.yml", "topology:\n  nodes: [a, b]\n", "2:10 VB7002 `nodes` is a map, not a list."],
  ["t.clab.yml", "topology: { nodes: {a: {kind: linux}\n", "2:1 VB7001 "],
  ["what.yml", "hosts: {}\n", "1:1 VB7005 This is neither a containerlab topology nor a compose file."],
  ["compose.yaml", "services: {}\n", "1:1 VB7003 There are no services."],
  [
    "compose.yaml",
    "services:\n  a:\n    image: x\n    networks: [lan]\n",
    "4:16 VB7003 There is no network `lan`.",
  ],
  [
    "compose.yaml",
    "services:\n  a:\n    image: x\n    depends_on: [b]\n",
    "4:18 VB7003 There is no service `b` to depend on.",
  ],
  [
    "compose.yaml",
    'services:\n  a:\n    image: x\n    ports: ["80:90000"]\n',
    "4:13 VB7002 A port is `[[ADDRESS:]HOST:]PORT[/tcp|udp]`, or a map with `target`.",
  ],
  [
    "lab.conf",
    'pc1[0]="A"\npc1 = "B"\n',
    '2:1 VB7001 A line is `DEVICE[SETTING]="VALUE"`, as in `pc1[0]="A"`.',
  ],
  ["lab.conf", "a[0]=A\na[0]=B\n", "2:1 VB7004 `a[0]` was given a collision domain before."],
  ["lab.conf", "# nothing\n", "1:1 VB7003 The lab has no devices."],
])("%s, broken: %j", (file, text, wanted) => {
  const found = IMPORT(file, text);
  expect(found.slice(0, 1).map((line) => line.slice(0, wanted.length))).toEqual([wanted]);
  expect(imported(file, text).text).toBeUndefined();
});

test("a file that grows beyond bounds by its aliases is refused", () => {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 9; level++)
    lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(", ")}]`);
  expect(IMPORT("compose.yaml", `${lines.join("\n")}\nservices: *a8\n`)[0]).toMatch(/VB7001 .*more than/);
});

test("images become what the caller says, with their command and their folders", () => {
  const text = `services:
  api:
    image: registry.example.org/shop/api:1.2
    entrypoint: [/bin/api]
    command: serve --port "80 80" $$HOME $$\{HOME} \${MODE:-fast}
    volumes: ["./data:/data:ro", "cache:/var/cache", /var/tmp]
`;
  const choices = [
    { name: "shop/*", class: "linux", path: "x" },
    { name: "*/api:*", class: "wasi", path: "./api.wasm" },
  ];
  const made = imported("compose.yaml", text, choices).text ?? "";
  expect(made).toContain('image api_image: wasi { path = "./api.wasm" }');
  expect(made).toContain('args  = ["/bin/api", "serve", "--port", "80 80", "$HOME", "\\${HOME}", mode]');
  expect(made).toContain('device disk0: vblk { volume = api_data, folder = "/data", readonly = true }');
  expect(made).toContain('volume api_cache: folder { path = "./volumes/cache" }');
  expect(made).toContain("no counterpart: volumes: /var/tmp (line 6)");
});

test("addresses are kept where that can be, and said where not", async () => {
  const topology = (a: string, b: string): string => `topology:
  nodes:
    a: { kind: linux, exec: [ip addr add ${a} dev eth1] }
    b: { kind: linux, exec: [ip addr add ${b} dev eth1] }
  links: [{ endpoints: [a:eth1, b:eth1] }]
`;
  const made = (a: string, b: string): string => imported("t.clab.yml", topology(a, b)).text ?? "";
  const pair = made("10.0.12.2/30", "fe80::1/64");
  expect(pair).toContain("network a_b { subnet = 10.0.12.0/30, gateway = 10.0.12.3 }");
  const twice = made("10.0.0.9/24", "10.0.0.9/24");
  expect(twice).toContain("// no counterpart: address 10.0.0.9/24: another device has it (line 4)");
  const apart = made("10.0.0.1/24", "10.0.1.1/24");
  expect(apart).toContain("network a_b { subnet = 10.0.0.0/24, gateway = 10.0.0.2 }");
  expect(apart).toContain(
    "// no counterpart: address 10.0.1.1/24: outside 10.0.0.0/24, the network's subnet",
  );
  expect(made("10.0.0.255/24", "10.0.0.2/31")).toContain("nobody has the first or the last address");
  for (const text of [pair, twice, apart]) expect(await mistakes(text)).toEqual([]);
});

/** Names as people never choose them. */
const WORDS = ["in", "for", "_x", "1", "a-b", "é", "env", "eth1", "image", '"', "${x}", "\\", "- ", "", ": "];

test(
  "a text that was spoilt is refused with a diagnostic, or is imported and checks",
  { timeout: 300_000 },
  async () => {
    const spoilt = tuple(constantFrom(...FILES), nat(), nat(40), constantFrom(...WORDS));
    await assert(
      asyncProperty(spoilt, async ([file, at, length, word]) => {
        const text = read(file);
        const from = at % text.length;
        const { text: made, diagnostics } = imported(
          file,
          text.slice(0, from) + word + text.slice(from + length),
        );
        if (made === undefined) expect(diagnostics.length).toBeGreaterThan(0);
        else {
          const wrong = await mistakes(made);
          expect([made, wrong.filter((line) => !line.startsWith("VB3007"))]).toEqual([made, []]);
        }
      }),
      { seed: SEED, numRuns: AT_LENGTH ? 600 : 60 },
    );
  },
);

/** A text that pings the first device of each network that has an address left, and how many do. */
function probed(text: string): { readonly source: string; readonly count: number } {
  const devices = [...text.matchAll(/^guest (\w+)( for)?[^]*?^}/gm)].flatMap(([block, guest, family]) =>
    [...block.matchAll(/device (\w+): venet \{ network = (\w+)/g)].map(([, device, network]) => ({
      ip: `${guest}${family === undefined ? "" : "[1]"}.${device}.ip`,
      network,
      // A guest of a profile is not there.
      isThere: !/^guest \w+ when/.test(block),
    })),
  );
  const wide = [...text.matchAll(/^network (\w+) \{ subnet = [\d.]+\/(\d+)/gm)].filter(
    ([, , bits]) => Number(bits) < 30,
  );
  const probes = wide.flatMap(
    ([, name]) => devices.find(({ network, isThere }) => network === name && isThere) ?? [],
  );
  const guests = probes.map(
    ({ ip, network }, index) => `guest prober_${index} {
  image = prober
  args = ["--to", ${ip}, "--count", 3, "--timeout", 10s]
  goal = completed
  device eth0: venet { network = ${network} }
}`,
  );
  const source = [text, 'image prober: wasm { path = "std:guests/ping" }', ...guests].join("\n");
  // Ports of this machine may be taken.
  const free = source
    .replaceAll(/listen = (\d+), to = ([\w.[\]]+)/g, "listen = 0, to = $2, port = $1")
    .replaceAll(/port = \d+, port/g, "port");
  return { source: free, count: probes.length };
}

const BOOTED = AT_LENGTH ? FILES : ["bridge.clab.yml"];
test.each(BOOTED)(
  "%s boots, and a guest of each network answers pings",
  { timeout: 300_000 },
  async (file) => {
    const { source, count } = probed(imported(file).text ?? "");
    expect(count).toBeGreaterThan(0);
    const params = source.includes("param grafana_password") ? GIVEN : {};
    await using lab = await Lab.start({ source, params });
    expect(await lab.ready({ timeoutMs: 240_000 })).toEqual({ ready: true, failed: [] });
    const answers = lab.logs().filter(({ text }) => /[1-3] received/.test(text));
    expect(answers).toHaveLength(count);
  },
);

test("vbus import writes a file that checks, and says what is left; a broken one ends with 65", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "vbus-import-"));
  try {
    const out = path.join(folder, "lab.vbus");
    const source = path.join(CORPUS, "bridge.clab.yml");
    const written = await callHere(["import", source, "-o", out]);
    expect(written).toMatchObject({ exit: 0, stdout: "" });
    expect(written.stderr).toContain(`wrote ${out}: imported as containerlab: 1 comment on what has none\n`);
    expect(readFileSync(out, "utf8")).toBe(read("bridge.clab.yml.vbus"));
    expect((await callHere(["check", out])).exit).toBe(0);
    expect(await callHere(["import", source, "-o", out])).toMatchObject({ exit: 64, stdout: "" });
    expect((await callHere(["import", source, "-o", out, "--force", "--json"])).exit).toBe(0);
    const shown = await callHere(["import", source]);
    expect(shown).toMatchObject({ exit: 0, stdout: read("bridge.clab.yml.vbus") });

    const broken = path.join(folder, "what.yml");
    writeFileSync(broken, "services:\n  web:\n    networks: [lan]\n");
    const refused = await callHere(["import", broken, "-o", path.join(folder, "not.vbus")]);
    expect(refused).toMatchObject({ exit: 65, stdout: "" });
    expect(refused.stderr).toMatch(/error\[VB7003\]: There is no network `lan`\.\n.*what\.yml:3:16/);
    expect(existsSync(path.join(folder, "not.vbus"))).toBe(false);
    const record = JSON.parse((await callHere(["import", broken, "--json"])).stdout);
    expect(record).toMatchObject({ schema: 1, ok: false, from: "compose" });
    expect(record.diagnostics).toMatchObject([{ code: "VB7003" }]);
    expect((await callHere(["import", broken, "--from", "kathara"])).exit).toBe(65);
    expect((await callHere(["import", broken, "--image", "nginx"])).exit).toBe(64);
    expect((await callHere(["import", folder])).exit).toBe(64);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
