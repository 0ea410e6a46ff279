// A running lab changed by hand, as in 2009: buses, devices and attributes on the real hypervisor, seen by
// real guests, told in the journal, healed, kept and adopted.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { createHypervisor } from "../../hypervisor/index.ts";
import { planFile } from "../check.ts";
import { connect } from "../control/client.ts";
import type { LabClient } from "../control/client.ts";
import type { Changed } from "../control/protocol.ts";
import { Bench, IMAGES } from "../lab.test-support.ts";

const TEXT = `${IMAGES}
network lan { subnet = 10.0.0.0/24 }
network back { subnet = 10.1.0.0/24 }

bus office {
  device eth0: venet { network = lan }
}

guest server { image = echo, bus = office }
guest red { image = echo, device eth0: venet { network = back } }

assert !reachable(server, red), "the office stays apart"
`;

let bench: Bench | undefined;
let client: LabClient | undefined;
afterEach(async () => {
  client?.close();
  await bench?.close();
  bench = client = undefined;
});

async function begin(text: string, watch = false, more: Parameters<Bench["open"]>[0] = {}) {
  const on = (bench = new Bench(text));
  const hypervisor = createHypervisor({ lab: "drift" });
  const lab = await on.open({ watch, hypervisor, ...more });
  await lab.whenReady(60_000);
  const socket = (client = await connect(lab.socketPath ?? ""));
  const digest = (): unknown => ({
    networks: hypervisor.networks().map(({ frames: _, ...rest }) => rest),
    buses: hypervisor.buses(),
    devices: hypervisor.devices().map(({ id, bus, class: sort, name }) => [id, bus, sort, name]),
    guests: hypervisor.guests().map(({ id, state, bus }) => [id, state, bus]),
    tree: Object.fromEntries(
      hypervisor
        .devices()
        .map(({ id }) => [id, lab.snapshot().devices.find((row) => row.id === id)?.network]),
    ),
  });
  return { on, lab, socket, digest };
}

/** `set server.eth0.rate 1Mbps` as typed. */
function typed(text: string, on: LabClient | undefined = client): Promise<Changed> {
  const [word = "", ...args] = text.split(" ");
  if (word === "make") {
    const [kind = "", path = "", ...attributes] = args;
    return on!.request("change", { do: word, kind, path, attributes });
  }
  const [path = "", other] = args;
  const more = other === undefined ? {} : word === "set" ? { value: other } : { to: other };
  return on!.request("change", { do: word, path, ...more });
}

async function done(text: string): Promise<void> {
  expect(await typed(text)).toMatchObject({ done: true });
}

const bootsOf = (on: Bench, address: string): number =>
  on.events.filter((event) => event.address === address && event.message === "running").length;
const texts = async (lab: LabClient): Promise<readonly string[]> =>
  (await lab.request("status", {})).changes.map(({ text }) => text);

test(
  "a device is made, set, linked and seen by the guest at once, and taken away again",
  { timeout: 120_000 },
  async () => {
    const { on, lab, socket, digest } = await begin(TEXT);
    const before = digest();
    await done("make bus tools");
    await done("make device:venet eth1 network=lan");
    await done("set eth1.rate 10Mbps");
    expect(lab.snapshot().devices.map(({ id }) => id)).toEqual(["office.eth0", "red.eth0"]);
    expect(await socket.request("status", {})).toMatchObject({ unlinked: ["eth1"] });
    await done("link eth1 office");
    await on.until("the guest has the device", () =>
      on.lines.some(({ text }) => /^echo: eth1 .*ready$/.test(text)),
    );
    expect(bootsOf(on, "server")).toBe(1);
    const got = await socket.request("get", { path: "office.eth1.rate" });
    expect(got.attributes).toMatchObject([{ name: "rate", text: "10Mbps", disruption: "live" }]);
    const { rows } = await socket.request("tree", { path: "office" });
    expect(rows).toMatchObject([
      { address: "office", members: ["server"] },
      { address: "office.eth0", parent: "office", hand: false },
      { address: "office.eth1", parent: "office", hand: true, unlinked: false },
    ]);
    const drift = on.events.filter(({ type }) => type === "drift");
    expect(drift.map(({ message }) => message)).toEqual([
      "by hand: make bus tools",
      "by hand: make device:venet eth1 network=lan",
      "by hand: set eth1.rate 10Mbps",
      "by hand: link eth1 office",
    ]);
    expect(new Set(drift.map(({ actor }) => actor))).toEqual(
      new Set([process.env["USER"] ?? expect.any(String)]),
    );
    const plan = await planFile({ file: on.file, env: on.env });
    expect(plan.plan?.steps.map(({ kind, address }) => [kind, address])).toEqual(
      expect.arrayContaining([
        ["destroy", "office.eth1"],
        ["destroy", "tools"],
      ]),
    );
    await done("unlink office.eth1");
    await on.until("the guest lets it go", () => on.lines.some(({ text }) => text === "echo: eth1 is gone"));
    expect(lab.snapshot().devices.map(({ id }) => id)).toEqual(["office.eth0", "red.eth0"]);
    await done("remove eth1");
    await done("remove tools");
    expect(await texts(socket)).toEqual([]);
    expect(digest()).toEqual(before);
  },
);

test(
  "what the language or an assertion refuses changes nothing, and says why",
  { timeout: 120_000 },
  async () => {
    const { socket, digest } = await begin(TEXT);
    const before = digest();
    const rows: [string, RegExp, RegExp][] = [
      ["set office.eth0.network back", /Refused/, /the office stays apart[^]*server → office\.eth0 → back/],
      ["make device:venet office.eth1 network=back", /Refused/, /the office stays apart/],
      ["set office.eth0.mtu 9kB", /Refused/, /larger than the network's/],
      ["set office.eth0.rate fast", /Refused/, /VB2\d\d\d/],
      ["set office.eth0.colour 1", /Refused/, /colour/],
      ["make device:vblk office.disk", /Refused/, /vblk/],
      ["remove lan", /Refused/, /lan/],
      ["set nobody.rate 1Mbps", /no block of lab\.vbus declares/, /^$/],
      ["link office.eth0 tools", /unlink it first/, /^$/],
    ];
    for (const [text, message, diagnostics] of rows) {
      expect(await typed(text), text).toEqual({
        done: false,
        message: expect.stringMatching(message),
        diagnosticsText: expect.stringMatching(diagnostics),
      });
    }
    await expect(socket.request("change", { do: "paint", path: "lan" })).rejects.toThrow("no change `paint`");
    await expect(socket.request("get", { path: "lan.colour" })).rejects.toThrow("no attribute `colour`");
    expect(await socket.request("heal", {})).toMatchObject({
      done: false,
      message: expect.stringMatching(/Nothing was changed/),
    });
    expect(digest()).toEqual(before);
    expect(await texts(socket)).toEqual([]);
  },
);

test(
  "a save undoes changes by hand where drift is healed, and tells each",
  { timeout: 120_000 },
  async () => {
    const { on, lab, socket } = await begin(TEXT, true);
    await done("set office.eth0.rate 10Mbps");
    await done("make device:venet office.eth1 network=lan");
    on.save(TEXT.replace("guest red {", "guest red { labels = { team = 1 },"));
    await on.event(/no longer by hand: make device:venet office.eth1/);
    expect(await texts(socket)).toEqual([]);
    expect((await socket.request("get", { path: "office.eth0.rate" })).attributes[0]?.text).toBe("none");
    // Gone back to an older generation, no text says what runs: there is nothing to edit.
    await lab.rollback(1);
    const refused = await typed("set office.eth0.rate 1Mbps");
    expect(refused).toMatchObject({ done: false, message: expect.stringMatching(/held on generation 1/) });
  },
);

test(
  "where drift is kept a save lies under it, and what has no place any more is told",
  { timeout: 120_000 },
  async () => {
    const text = `lab drifting { drift = keep }\n${TEXT}`;
    const { on, lab, socket } = await begin(text, true);
    await done("set office.eth0.rate 10Mbps");
    await done("set red.eth0.link down");
    on.save(text.replace("guest server { image = echo,", "$& args = [],").replace("10.1.0.0", "10.2.0.0"));
    await on.event(/subnet 10.1.0.0.24 -> 10.2.0.0.24/);
    expect(await texts(socket)).toEqual(["set office.eth0.rate 10Mbps", "set red.eth0.link down"]);
    expect((await socket.request("get", { path: "office.eth0.rate" })).attributes[0]?.text).toBe("10Mbps");
    const lines = text
      .split("\n")
      .filter((line) => !line.startsWith("guest red") && !line.startsWith("assert"));
    on.save(lines.join("\n"));
    await on.event(/no longer changed by hand \(set red\.eth0\.link down\): no block/);
    expect(await texts(socket)).toEqual(["set office.eth0.rate 10Mbps"]);
    // A file that checks only without it: the lab goes on, and says what to do.
    const before = lab.snapshot().generation;
    on.save(text.replaceAll("venet { network = lan }", "vconsole { }"));
    await on.event(/The lab goes on as it was/);
    expect(lab.snapshot()).toMatchObject({ watch: "held", generation: before });
    expect(lab.snapshot().diagnosticsText).toContain("not with what was changed by hand: `vbus heal`");
    expect(await socket.request("heal", {})).toMatchObject({ done: true });
    await on.until("the file is applied", () => lab.snapshot().watch === "watching");
    const office = lab.snapshot().devices.find(({ id }) => id === "office.eth0");
    expect(office?.class).toBe("vconsole");
  },
);

test(
  "adopt writes it into the file, the least that says it, and nothing that runs changes",
  { timeout: 120_000 },
  async () => {
    const { on, lab, socket, digest } = await begin(TEXT, true);
    await done("set office.eth0.rate 10Mbps");
    await done("make bus tools");
    await done("make device:venet eth1 network=lan");
    expect(await socket.request("adopt", {})).toMatchObject({
      done: false,
      message: expect.stringMatching(/linked to no bus/),
    });
    expect(readFileSync(on.file, "utf8")).toBe(TEXT);
    expect(await socket.request("adopt", { path: "tools" })).toMatchObject({ done: true });
    expect(await texts(socket)).toHaveLength(2);
    await done("link eth1 office");
    const [before, { generation }] = [digest(), lab.snapshot()];
    expect(await socket.request("adopt", {})).toMatchObject({ done: true });
    const said = TEXT.replace(
      "eth0: venet { network = lan }\n",
      "eth0: venet { network = lan, rate = 10Mbps }\n  device eth1: venet { network = lan }\n",
    );
    expect(readFileSync(on.file, "utf8")).toBe(`${said}\nbus tools { }\n`);
    expect(await texts(socket)).toEqual([]);
    expect((await planFile({ file: on.file, env: on.env })).plan?.steps).toEqual([]);
    expect([digest(), lab.snapshot().generation]).toEqual([before, generation]);
    expect(await socket.request("adopt", {})).toMatchObject({
      done: false,
      message: expect.stringMatching(/Nothing was changed/),
    });
  },
);

test(
  "a change that waits goes on waiting beside changes by hand; apply undoes them",
  { timeout: 120_000 },
  async () => {
    const { on, lab, socket } = await begin(TEXT, true, { maxDisruption: "pause" });
    on.save(
      TEXT.replace("guest red {", `guest red { env = { N = "1" },`).replace(
        "venet { network = lan }",
        "venet { network = lan, rate = 9Mbps }",
      ),
    );
    await on.until("it waits", () => lab.snapshot().watch === "held");
    await done("make bus tools");
    expect(lab.snapshot().held).toBe("more than pause: red (restart).");
    expect(await texts(socket)).toEqual(["make bus tools"]);
    expect(await lab.apply({ targets: ["office"] })).toMatchObject({ outcome: "applied" });
    const refused = { done: false, message: expect.stringMatching(/^Only a part of the file runs/) };
    expect(await typed("make bus more")).toMatchObject(refused);
    expect(await lab.apply()).toMatchObject({ outcome: "applied" });
    expect([await texts(socket), lab.snapshot().held]).toEqual([[], undefined]);
    await lab.whenReady(60_000);
    expect(lab.snapshot().buses.map(({ address }) => address)).not.toContain("tools");
    await done("make bus more");
  },
);

test(
  "a guest that died is drift: shown with its end, and booted again when healed",
  { timeout: 120_000 },
  async () => {
    const args = `args = ["--to", 10.0.0.9, "--count", 1, "--timeout", 50ms]`;
    const text = `${TEXT}guest lost { image = ping, ${args} }\n`;
    const { on, socket } = await begin(text);
    await on.until("its end", () =>
      on.events.some(({ address, level }) => address === "lost" && level === "error"),
    );
    const { dead } = await socket.request("status", {});
    expect(dead).toMatchObject([{ guest: "lost", time: expect.stringMatching(/^20/) }]);
    expect(await socket.request("heal", { path: "lost" })).toMatchObject({
      done: true,
      message: expect.stringMatching(/1 booted again/),
    });
    await on.event(/healed: booted again/);
  },
);

/** Changes by hand that fit the lab; each may be refused after others, and is then none. */
const change = fc.oneof(
  fc.constantFrom("1Mbps", "20Mbps", "none").map((rate) => `set office.eth0.rate ${rate}`),
  fc.constantFrom("up", "down").map((link) => `set red.eth0.link ${link}`),
  fc.constantFrom("b1", "b2").map((name) => `make bus ${name}`),
  fc.constantFrom("b1", "b2", "e1", "office.e1").map((name) => `remove ${name}`),
  fc.constantFrom("e1", "e2").map((name) => `make device:venet ${name} network=lan`),
  fc.tuple(fc.constantFrom("e1", "e2"), fc.constantFrom("b1", "office")).map(([a, b]) => `link ${a} ${b}`),
  fc.constantFrom("office.e1", "b1.e2").map((name) => `unlink ${name}`),
);

test("whatever is changed by hand, healing brings back what was", { timeout: 300_000 }, async () => {
  const { on, socket, digest } = await begin(TEXT);
  const before = digest();
  const long = process.env["SLOW"] === "1";
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      for (const one of changes) await typed(one);
      if ((await texts(socket)).length > 0)
        expect(await socket.request("heal", {})).toMatchObject({ done: true });
      expect(digest()).toEqual(before);
      expect(await socket.request("status", {})).toMatchObject({ changes: [], unlinked: [] });
      expect((await planFile({ file: on.file, env: on.env })).plan?.steps).toEqual([]);
    }),
    { numRuns: long ? 60 : 10 },
  );
});
