// Plans as people read them, for each kind of change.

import { expect, test } from "vitest";
import { nothing } from "./definition.ts";
import { makePlan } from "./make-plan.ts";
import { definitionOf } from "./model.test-support.ts";
import { planToJson, printPlan } from "./print.ts";

const HEAD = `image echo: wasm { path = "std:guests/echo" }\nimage ping: wasm { path = "std:guests/ping" }\n`;
const LAB = `${HEAD}network lan { subnet = 10.0.0.0/24 }
guest server { image = echo, device eth0: venet { network = lan } }
guest client { image = ping, args = ["--to", server.eth0.ip], goal = completed
  device eth0: venet { network = lan } }
`;
const KEPT = { "server.eth0": "10.0.0.2", "client.eth0": "10.0.0.3" };

/** The plan from one text to another, printed. */
function planned(before: string, after: string): string {
  return printPlan(makePlan(definitionOf(before, KEPT), definitionOf(after, KEPT)));
}

const edit = (from: string, to: string): string => {
  expect(LAB).toContain(from);
  return LAB.replace(from, to);
};

test("a lab from nothing comes up after what it refers to", () => {
  const plan = makePlan(nothing("office"), definitionOf(LAB));
  expect(printPlan(plan)).toMatchInlineSnapshot(`
    "   + create  lab  (lab)
       + create  echo  (image wasm)
       + create  ping  (image wasm)
       + create  lan  (network)
       + create  server.bus  (bus)
       + create  server.eth0  (device venet)
       + create  server  (guest)
       + create  client.bus  (bus)
       + create  client.eth0  (device venet)
       + create  client  (guest)

    office: 10 to create.
    "
  `);
  expect(plan.steps.find((step) => step.address === "client")?.causes).toEqual(["not found"]);
});

test("the same text is nothing to do", () => {
  expect(planned(LAB, LAB)).toMatchInlineSnapshot(`
    "Nothing to do: 10 things of office are as declared.
    "
  `);
});

test("a rate is changed while it runs", () => {
  expect(
    planned(
      LAB,
      edit("venet { network = lan } }\nguest", "venet { network = lan, rate = 100Mbps } }\nguest"),
    ),
  ).toMatchInlineSnapshot(`
    "   ~ change  server.eth0  (device venet)  [live]
                   rate none -> 100Mbps
                   touches server

    office: 1 to change, 9 unchanged.
    "
  `);
});

test("another ring is a pause, or a restart where the guest doesn't know how", () => {
  const after = edit("venet { network = lan } }\nguest", "venet { network = lan, ring = 512 } }\nguest");
  expect(planned(LAB, after)).toMatchInlineSnapshot(`
    "   ~ change  server.eth0  (device venet)  [pause]
                   ring 256 -> 512
                   touches server

    office: 1 to change, 9 unchanged.
    "
  `);
  const rigid = new Set(["server.eth0"]);
  expect(printPlan(makePlan({ ...definitionOf(LAB, KEPT), rigid }, definitionOf(after, KEPT))))
    .toMatchInlineSnapshot(`
      "-/+ replace  server.eth0  (device venet)  [restart]
                     ring 256 -> 512
                     touches server
      -/+ restart  server  (guest)  [restart]
                     server.eth0: ring 256 -> 512

      office: 1 to replace, 1 to restart, 8 unchanged.
      "
    `);
});

test("a link is made bad, and worse, while it runs", () => {
  const bad = (impair: string): string =>
    edit("venet { network = lan } }\nguest", `venet { network = lan, impair { ${impair} } } }\nguest`);
  const [first, second] = [bad("delay = 5ms"), bad("delay = 9ms, at 1s for 1s { down = true }")];
  for (const [from, to] of [
    [LAB, first],
    [first, second],
    [second, LAB],
  ] as const) {
    const { steps } = makePlan(definitionOf(from, KEPT), definitionOf(to, KEPT));
    expect(steps.map(({ address, disruption }) => [address, disruption])).toEqual([["server.eth0", "live"]]);
  }
  // Of a record only what differs.
  const { steps } = makePlan(definitionOf(first, KEPT), definitionOf(bad("delay = 9ms, loss = 2%"), KEPT));
  expect(steps[0]?.causes).toEqual(["impair { delay = 5ms, loss = 0% } -> { delay = 9ms, loss = 2% }"]);
});

test("other arguments restart that guest", () => {
  expect(planned(LAB, edit("server.eth0.ip]", 'server.eth0.ip, "--count", 9]'))).toMatchInlineSnapshot(`
    "-/+ restart  client  (guest)  [restart]
                   args ["--to", 10.0.0.2] -> ["--to", 10.0.0.2, "--count", 9]

    office: 1 to restart, 9 unchanged.
    "
  `);
});

test("a new guest touches nobody else", () => {
  expect(planned(LAB, `${LAB}guest third { image = echo, device eth0: venet { network = lan } }`))
    .toMatchInlineSnapshot(`
    "   + create  third.bus  (bus)
       + create  third.eth0  (device venet)
       + create  third  (guest)

    office: 3 to create, 10 unchanged.
    "
  `);
});

test("what is no longer declared goes down, users first", () => {
  expect(planned(LAB, HEAD)).toMatchInlineSnapshot(`
    "  - destroy  client  (guest)
      - destroy  client.eth0  (device venet)
      - destroy  client.bus  (bus)
      - destroy  server  (guest)
      - destroy  server.eth0  (device venet)
      - destroy  server.bus  (bus)
      - destroy  lan  (network)

    office: 7 to destroy, 3 unchanged.
    warning: It destroys 2 of 2 running guests.
    "
  `);
});

test("a device is plugged into a running guest", () => {
  expect(
    planned(
      LAB,
      edit("guest server { image = echo,", "guest server { image = echo, device tty: vconsole { },"),
    ),
  ).toMatchInlineSnapshot(`
    "   + create  server.tty  (device vconsole)

    office: 1 to create, 10 unchanged.
    "
  `);
});

test("another image restarts who boots it, and only those", () => {
  expect(
    planned(
      LAB,
      edit('image echo: wasm { path = "std:guests/echo"', 'image echo: wasm { path = "std:guests/ping"'),
    ),
  ).toMatchInlineSnapshot(`
    "-/+ replace  echo  (image wasm)  [restart]
                   path "std:guests/echo" -> "std:guests/ping"
                   content changed
    -/+ restart  server  (guest)  [restart]
                   image echo: path "std:guests/echo" -> "std:guests/ping", content changed

    office: 1 to replace, 1 to restart, 8 unchanged.
    "
  `);
});

test("a moved address replaces the device and restarts its guest", () => {
  const moved = edit("venet { network = lan } }\nguest", "venet { network = lan, ip = 10.0.0.9 } }\nguest");
  expect(planned(LAB, moved)).toMatchInlineSnapshot(`
    "-/+ replace  server.eth0  (device venet)  [restart]
                   ip 10.0.0.2 -> 10.0.0.9
                   touches server
    -/+ restart  server  (guest)  [restart]
                   server.eth0: ip 10.0.0.2 -> 10.0.0.9
    -/+ restart  client  (guest)  [restart]
                   args ["--to", 10.0.0.2] -> ["--to", 10.0.0.9]

    office: 1 to replace, 2 to restart, 7 unchanged.
    "
  `);
});

test("a larger MTU makes the segment anew, and all that is plugged into it", () => {
  expect(planned(LAB, edit("10.0.0.0/24 }", "10.0.0.0/24, mtu = 9000B }"))).toMatchInlineSnapshot(`
    "-/+ replace  lan  (network)  [recreate]
                   mtu 1500B -> 9kB
    -/+ replace  server.eth0  (device venet)  [recreate]
                   mtu 1500B -> 9kB
                   network lan is made anew
                   touches server
    -/+ restart  server  (guest)  [recreate]
                   server.eth0: mtu 1500B -> 9kB, network lan is made anew
    -/+ replace  client.eth0  (device venet)  [recreate]
                   mtu 1500B -> 9kB
                   network lan is made anew
                   touches client
    -/+ restart  client  (guest)  [recreate]
                   client.eth0: mtu 1500B -> 9kB, network lan is made anew

    office: 3 to replace, 2 to restart, 5 unchanged.
    "
  `);
});

test("another gateway restarts the guests that were told the old one", () => {
  expect(planned(LAB, edit("10.0.0.0/24 }", "10.0.0.0/24, gateway = 10.0.0.254 }"))).toMatchInlineSnapshot(`
    "   ~ change  lan  (network)  [restart]
                   gateway 10.0.0.1 -> 10.0.0.254
    -/+ replace  server.eth0  (device venet)  [restart]
                   network.gateway 10.0.0.1 -> 10.0.0.254
                   touches server
    -/+ restart  server  (guest)  [restart]
                   server.eth0: network.gateway 10.0.0.1 -> 10.0.0.254
    -/+ replace  client.eth0  (device venet)  [restart]
                   network.gateway 10.0.0.1 -> 10.0.0.254
                   touches client
    -/+ restart  client  (guest)  [restart]
                   client.eth0: network.gateway 10.0.0.1 -> 10.0.0.254

    office: 1 to change, 2 to replace, 2 to restart, 5 unchanged.
    "
  `);
});

test("a device moves to another network while it runs, and the old network goes after it", () => {
  const one = `${HEAD}network a { subnet = 10.0.0.0/24 }
guest g { image = echo, device eth0: venet { network = a, ip = 10.0.0.9 } }`;
  const two = one.replaceAll("network a", "network b").replace("network = a", "network = b");
  expect(planned(one, two)).toMatchInlineSnapshot(`
    "   + create  b  (network)
       ~ change  g.eth0  (device venet)  [live]
                   network a -> b
                   touches g
      - destroy  a  (network)

    office: 1 to create, 1 to change, 1 to destroy, 5 unchanged.
    "
  `);
});

test("labels, goals and policies change without touching what runs", () => {
  const after = edit(
    "goal = completed",
    'goal = running, restart = always(max = 3), labels = { site = "oslo" }',
  );
  expect(planned(LAB, after)).toMatchInlineSnapshot(`
    "   ~ change  client  (guest)  [live]
                   labels {} -> { site = "oslo" }
                   goal completed -> running
                   restart never -> always(max = 3, backoff = 100ms..10s)

    office: 1 to change, 9 unchanged.
    "
  `);
});

test("a guest boots after the one has gone whose device it takes over", () => {
  const bus = `${HEAD}bus office { device tty: vconsole { } }\n`;
  const plan = makePlan(
    definitionOf(`${bus}guest z { image = echo, bus = office }`),
    definitionOf(`${bus}guest a { image = echo, bus = office }`),
  );
  expect(plan.steps.map((step) => `${step.kind} ${step.address} after ${step.after.join()}`)).toEqual([
    "destroy z after ",
    "create a after 0",
  ]);
});

test("the JSON form is the plan, its schema first", () => {
  const plan = makePlan(
    definitionOf(LAB, KEPT),
    definitionOf(edit("goal = completed", "goal = ready"), KEPT),
  );
  expect(planToJson(plan)).toMatchInlineSnapshot(`
    "{
      "schema": 1,
      "lab": "office",
      "steps": [
        {
          "kind": "update",
          "address": "client",
          "resourceKind": "guest",
          "changes": [
            {
              "name": "goal",
              "before": "completed",
              "after": "ready",
              "disruption": "live"
            }
          ],
          "disruption": "live",
          "touches": [],
          "causes": [
            "goal completed -> ready"
          ],
          "after": []
        }
      ],
      "unchanged": 9,
      "disruption": "live"
    }"
  `);
});

test("a secret is compared and never shown", () => {
  const text = (word: string): string => `param key: secret string = "${word}"
${HEAD}guest g { image = echo, env = { KEY = key } }`;
  const plan = makePlan(definitionOf(text("first")), definitionOf(text("second")));
  expect(plan.steps.map((step) => step.kind)).toEqual(["restart"]);
  expect(planToJson(plan)).not.toMatch(/first|second/);
});
