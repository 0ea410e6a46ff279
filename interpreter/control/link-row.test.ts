import { expect, test } from "vitest";
import { modelOf } from "../plan/model.test-support.ts";
import { linkRow } from "./link-row.ts";

function rowOf(body: string): ReturnType<typeof linkRow> {
  const { resources } = modelOf(`image echo: wasm { path = "std:guests/echo" }
network lan { subnet = 10.0.0.0/24 }
guest g { image = echo, device eth0: venet { network = lan, ${body} } }
`);
  const device = resources.find(({ kind }) => kind === "device");
  return device && linkRow(device);
}

test.each([
  ["", { state: "up", impair: {} }],
  ["link = down, rate = 10Mbps, vlan = 7", { state: "down", rate: "10Mbps", vlan: "7", impair: {} }],
  ["impair { }", { state: "up", impair: {} }],
  [
    "impair { delay = 30ms, jitter = 2ms, loss = 0%, rate = 20Mbps, precise = true, seed = 7 }",
    { state: "up", impair: { delay: "30ms", jitter: "2ms", rate: "20Mbps", precise: "true" } },
  ],
  [
    "impair { ingress { delay = 5ms }, egress { loss = 1%, distribution = normal, burst = 2.0 } }",
    {
      state: "up",
      impair: {
        "ingress.delay": "5ms",
        "egress.loss": "1%",
        "egress.distribution": "normal",
        "egress.burst": "2.0",
      },
    },
  ],
  ["impair { at 10s for 500ms { down = true } }", { state: "up", impair: { at: "1 timed" } }],
])("the link of `%s` is %j", (body, expected) => {
  expect(rowOf(body)).toEqual(expected);
});
