// Addresses stay: adding and taking away guests moves nobody, and nobody gets what is reserved or given.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Allocations } from "./index.ts";
import { codesOf, evaluateText, shownDiagnostics } from "./world.test-support.ts";

const names = fc.uniqueArray(fc.constantFrom(..."abcdefghijklmnop"), { minLength: 1, maxLength: 12 });

function allocate(
  guests: readonly string[],
  kept: Allocations,
  fixed: Readonly<Record<string, string>> = {},
) {
  const lines = guests.map((name) => {
    const ip = fixed[name] === undefined ? "" : `, ip = ${fixed[name]}`;
    return `guest ${name} { image = echo, device eth0: venet { network = lan${ip} } }`;
  });
  const head = 'network lan { subnet = 10.0.0.0/27 }\nimage echo: wasm { path = "std:guests/echo" }\n';
  const evaluation = evaluateText(head + lines.join("\n"), { allocations: kept });
  if (!evaluation.model) throw new Error(shownDiagnostics(evaluation));
  return evaluation.model.allocations;
}

test("whoever is still declared keeps the address, whatever comes, goes or changes place", () => {
  fc.assert(
    fc.property(fc.array(names, { minLength: 2, maxLength: 6 }), (rounds) => {
      let kept: Allocations = {};
      for (const guests of rounds) {
        const given = allocate(guests, kept);
        expect(Object.keys(given).sort()).toEqual(guests.map((name) => `${name}.eth0`).sort());
        expect(new Set(Object.values(given)).size).toBe(guests.length);
        for (const [address, text] of Object.entries(kept)) {
          if (address in given) expect(given[address]).toBe(text);
        }
        for (const text of Object.values(given))
          expect(["10.0.0.0", "10.0.0.1", "10.0.0.31"]).not.toContain(text);
        kept = given;
      }
    }),
    { numRuns: 40, verbose: 1 },
  );
});

test("a written address is set aside first and takes precedence over a kept one", () => {
  const before = allocate(["a", "b"], {});
  expect(before).toEqual({ "a.eth0": "10.0.0.2", "b.eth0": "10.0.0.3" });
  const after = allocate(["a", "b", "c"], before, { c: "10.0.0.3" });
  expect(after).toEqual({ "a.eth0": "10.0.0.2", "b.eth0": "10.0.0.4" });
});

test("a kept address that left the pool is given up", () => {
  expect(allocate(["a"], { "a.eth0": "10.9.9.9" })).toEqual({ "a.eth0": "10.0.0.2" });
  expect(allocate(["a"], { "a.eth0": "10.0.0.1" })).toEqual({ "a.eth0": "10.0.0.2" });
  expect(allocate(["a", "b"], { "a.eth0": "10.0.0.5", "b.eth0": "10.0.0.5" })).toEqual({
    "a.eth0": "10.0.0.5",
    "b.eth0": "10.0.0.2",
  });
});

test("a full subnet is told once, at the first device that has no address", () => {
  const text =
    "network lan { subnet = 10.0.0.0/29 }\nbus b { device eth for i in 1..9: venet { network = lan } }";
  const evaluation = evaluateText(text);
  expect(codesOf(evaluation)).toEqual(["VB4003"]);
  expect(evaluation.diagnostics[0]?.message).toContain("b.eth[6]");
});

test("an address of IPv6 comes from its pool", () => {
  const text = 'network lan { subnet = "fd00::/64" }\nbus b { device eth0: venet { network = lan } }';
  const evaluation = evaluateText(text);
  expect(evaluation.model?.allocations).toEqual({ "b.eth0": "fd00::2" });
});

test("a MAC depends on lab and address alone, is local and unicast", () => {
  const macOf = (labName: string): string => {
    const text = "network lan { subnet = 10.0.0.0/24 }\nbus b { device eth0: venet { network = lan } }";
    const device = evaluateText(text, { labName }).model?.resources.find((one) => one.address === "b.eth0");
    const mac = device?.attributes["mac"]?.value;
    return mac?.is === "mac" ? mac.text : "";
  };
  expect(macOf("one")).toBe(macOf("one"));
  expect(macOf("one")).not.toBe(macOf("two"));
  for (const name of "abcdefghij") expect(Number.parseInt(macOf(name).slice(0, 2), 16) & 3, name).toBe(2);
});

test("a device whose MAC is written elsewhere on its segment moves on to the next six bytes", () => {
  const lab = (ip: string): string =>
    `network lan { subnet = 10.0.0.0/24 }\nbus b { device eth0: venet { network = lan ` +
    `}\ndevice eth1: venet { network = lan${ip} } }`;
  const macs = (text: string): string[] =>
    (evaluateText(text, { labName: "x" }).model?.resources ?? []).flatMap((one) => {
      const mac = one.attributes["mac"]?.value;
      return mac?.is === "mac" ? [mac.text] : [];
    });
  const [first = ""] = macs(lab(""));
  const [moved, written] = macs(lab(`, mac = ${first}`));
  expect(written).toBe(first);
  expect(moved).not.toBe(first);
  expect(moved).toMatch(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
});

test("of a secret pool the place is kept, not the address, and it is found again in another pool", () => {
  const given = (subnet: string, kept: Allocations) => {
    const guests = ["a", "b"].filter((name) => name === "b" || !("b.eth0" in kept));
    const lines = guests.map(
      (name) => `guest ${name} { image = echo, device eth0: venet { network = lan } }`,
    );
    const head = `param hidden: secret cidr\nnetwork lan { subnet = hidden }
image echo: wasm { path = "std:guests/echo" }\n`;
    const params = { flags: { hidden: subnet } };
    const { model } = evaluateText(head + lines.join("\n"), { allocations: kept, params });
    const ip = model?.resources.find(({ address }) => address === "b.eth0")?.attributes["ip"]?.value;
    return { kept: model?.allocations, ip };
  };
  const first = given("10.0.0.0/27", {});
  expect(first).toEqual({
    kept: { "a.eth0": "+2", "b.eth0": "+3" },
    ip: { is: "ip", text: "10.0.0.3", secret: true },
  });
  expect(given("10.7.0.0/27", { "b.eth0": "+3" })).toEqual({
    kept: { "b.eth0": "+3" },
    ip: { is: "ip", text: "10.7.0.3", secret: true },
  });
});
