// `impair` as a user writes it → what the hypervisor is given.

import { expect, test } from "vitest";
import type { ImpairmentSpec } from "../../hypervisor/index.ts";
import { modelOf } from "../plan/model.test-support.ts";
import { deviceSpec } from "./device-spec.ts";
import { refusals } from "./unsupported.ts";

/** The impairment of a device that says this. */
function impairmentOf(text: string): ImpairmentSpec | undefined {
  const lab = `network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
guest far { image = echo, device wan: venet { network = lan ${text} } }`;
  const model = modelOf(lab);
  expect(refusals(model)).toEqual([]);
  const find = (address: string) => model.resources.find((resource) => resource.address === address);
  const device = find("far.wan");
  const spec = device && deviceSpec(device, find);
  return spec?.class === "venet" ? spec.venet.impair : undefined;
}

const HARMLESS = {
  rate: 0,
  delayNs: 0,
  jitterNs: 0,
  distribution: "uniform",
  loss: 0,
  burst: 1,
  reorder: 0,
  duplicate: 0,
  corrupt: 0,
  queue: 1000,
  precise: false,
  down: false,
};
const ALL = `rate = 20Mbps, delay = 30ms, jitter = 5ms, distribution = normal, loss = 0.5%, burst = 2.5,
  reorder = 1%, duplicate = 2%, corrupt = 3%, queue = 9, precise = true, seed = 7, down = true`;
const ALL_SPEC = {
  rate: 20e6,
  delayNs: 30e6,
  jitterNs: 5e6,
  distribution: "normal",
  loss: 0.005,
  burst: 2.5,
  reorder: 0.01,
  duplicate: 0.02,
  corrupt: 0.03,
  queue: 9,
  precise: true,
  seed: 7,
  down: true,
};

test("a good link is none", () => {
  expect(impairmentOf("")).toBeUndefined();
});

test.each([
  ["flat", `, impair { ${ALL} }`],
  ["by name", `, impair { egress { ${ALL} } }`],
])("every field, %s, is what the device sends", (_, text) => {
  const spec = impairmentOf(text);
  expect(spec?.egress).toEqual({ base: ALL_SPEC, timed: [] });
  expect(spec?.ingress).toMatchObject({ base: HARMLESS, timed: [] });
});

test("ingress is what it receives", () => {
  const spec = impairmentOf(`, impair { ingress { ${ALL} } }`);
  expect(spec?.ingress).toEqual({ base: ALL_SPEC, timed: [] });
  expect(spec?.egress).toMatchObject({ base: HARMLESS, timed: [] });
});

test("a seed that is left out is the device's own, another one for each direction", () => {
  const spec = impairmentOf(`, impair { loss = 1%, ingress { loss = 1% } }`);
  const [egress, ingress] = [spec?.egress?.base.seed, spec?.ingress?.base.seed];
  expect([egress, ingress]).toEqual([expect.any(Number), expect.any(Number)]);
  expect(egress).not.toBe(ingress);
  expect(impairmentOf(`, impair { loss = 2% }`)?.egress?.base.seed).toBe(egress);
});

test("timed statements go to the directions that they name, in their order", () => {
  const spec = impairmentOf(`, impair { rate = 1Mbps
    at 10s for 500ms { down = true, ingress { loss = 3% } }
    at 1s for 2s { rate = none }
    at 3s for 4s { ingress { distribution = normal } }
    at 5s for 6s { precise = true }
  }`);
  expect(spec?.egress?.timed).toEqual([
    { atNs: 10e9, forNs: 0.5e9, set: { down: true } },
    { atNs: 1e9, forNs: 2e9, set: { rate: 0 } },
    { atNs: 5e9, forNs: 6e9, set: { precise: true } },
  ]);
  expect(spec?.ingress?.timed).toEqual([
    { atNs: 10e9, forNs: 0.5e9, set: { loss: 0.03 } },
    { atNs: 3e9, forNs: 4e9, set: { distribution: "normal" } },
  ]);
});
