// The examples run as written, and say what they are meant to say.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { showValue, type Evaluation, type Resource } from "./index.ts";
import { codesOf, evaluateText, shownDiagnostics, type TestWorld } from "./world.test-support.ts";

const read = (name: string): string =>
  readFileSync(new URL(`../examples/${name}/lab.vbus`, import.meta.url), "utf8");

const example = (name: string, flags: Record<string, string> = {}, options: TestWorld = {}): Evaluation =>
  evaluateText(read(name), { labName: name, params: { flags } }, options);

function resource(evaluation: Evaluation, address: string): Resource {
  const found = evaluation.model?.resources.find((one) => one.address === address);
  if (!found) throw new Error(`There is no ${address}: ${shownDiagnostics(evaluation)}`);
  return found;
}

const shown = (one: Resource, name: string): string | undefined => {
  const attribute = one.attributes[name];
  return attribute && showValue(attribute.value);
};

const LABS = "01-hello 02-tenants 03-racks 04-storage 05-links 06-ipc 07-linux 10-qemu 11-web".split(" ");
for (const name of LABS) {
  test(`${name} has a model where every class has its driver`, () => {
    const evaluation = example(name);
    expect(shownDiagnostics(evaluation)).toBe("");
    expect(evaluation.model?.resources[0]?.kind).toBe("lab");
  });
}

test("01: the client pings the server's planned address", () => {
  const evaluation = example("01-hello");
  const client = resource(evaluation, "client");
  expect(shown(client, "args")).toBe('["--to", 10.0.0.2, "--count", 5]');
  expect(shown(client, "goal")).toBe("completed");
  expect(client.needs).toEqual(["ping", "client.bus", "client.eth0"]);
  expect(client.reads).toContain("server.eth0");
  expect(resource(evaluation, "server.eth0").bus).toBe("server.bus");
  expect(evaluation.model?.allocations).toEqual({ "server.eth0": "10.0.0.2", "client.eth0": "10.0.0.3" });
  expect(evaluation.model?.paths).toEqual(["std:guests/ping", "std:guests/echo"]);
});

test("04: what is made or written is not followed as what is read", () => {
  const evaluation = example("04-storage");
  const files = (evaluation.model?.resources ?? []).filter(
    (one) => one.attributes["path"]?.value.is === "path",
  );
  expect(files.some(({ kind }) => kind === "volume")).toBe(true);
  const images = files
    .filter(({ kind }) => kind === "image")
    .map(({ attributes }) => attributes["path"]?.value);
  expect(evaluation.model?.paths).toEqual(images.map((path) => path?.is === "path" && path.path));
});

test("01: marks and defaults come from the standard library's texts", () => {
  const device = resource(example("01-hello"), "server.eth0");
  expect(device.attributes["mtu"]).toMatchObject({ disruption: "pause", origin: "default" });
  expect(device.attributes["rate"]).toMatchObject({ value: { is: "none" }, disruption: "live" });
  expect(device.attributes["mac"]).toMatchObject({ disruption: "restart", origin: "auto" });
  expect(device.attributes["mtu"]?.span.file).toBe("std:prelude/device.vbus");
});

test("02: tenants come from the parameter, and keep to themselves", () => {
  const evaluation = example("02-tenants", { tenants: '["a","b","c"]' });
  const guests = evaluation.model?.resources.filter((one) => one.kind === "guest").map((one) => one.address);
  const wanted = ["a", "b", "c"].flatMap((name) => [1, 2].map((i) => `t["${name}"].vm[${i}]`));
  expect(guests).toEqual(wanted);
  const second = resource(evaluation, 't["c"].vm[2]');
  expect(shown(second, "args")).toBe('["--to", 10.64.2.2, "--count", 3]');
  expect(shown(second, "use")).toBe('[t["c"].office.eth[2], t["c"].office.tty[2]]');
  expect(second.needs).not.toContain('t["c"].office.eth[1]');
});

test("02: one tenant's network in another's hands is refused, and the way between them named", () => {
  const text = read("02-tenants")
    .replace("component tenant(name: string, ", "component tenant(shared: network, name: string, ")
    .replaceAll("network = lan }", "network = shared }")
    .replace("tenant t for", "network one { subnet = 10.0.0.0/24 }\ntenant t for")
    .replace("  name   = name", "  shared = one\n  name   = name");
  const evaluation = evaluateText(text);
  expect(codesOf(evaluation)).toEqual(["VB4001"]);
  expect(evaluation.diagnostics[0]?.message).toBe(
    'tenants share nothing: t["red"].vm[1] → t["red"].office.eth[1] → one → ' +
      't["blue"].office.eth[1] → t["blue"].vm[1].',
  );
});

test("05: an impairment is a record with the marks of its members", () => {
  const impair = resource(example("05-links"), "far.wan").attributes["impair"];
  expect(impair && showValue(impair.value)).toContain("delay = 30ms, jitter = 2ms");
  expect(impair?.memberDisruptions?.["ingress.loss"]).toBe("live");
});

test("07: a class without a driver is refused, and the message says so", () => {
  const evaluation = example("07-linux", {}, { driverless: ["image linux"] });
  expect(codesOf(evaluation)).toEqual(["VB2011"]);
  expect(evaluation.diagnostics[0]?.message).toBe(
    "No driver serves `image` of class `linux` in this version.",
  );
});
