// What changes by hand do to a text: the least, and only what was meant.

import { expect, test } from "vitest";
import { editByHand, type HandChange } from "./by-hand.ts";

const LAB = `/// Of the office.
network lan { subnet = 10.0.0.0/24 }

bus office {
  // The first.
  device eth0: venet { network = lan } // the cable
}

guest a { image = echo, bus = office }
guest b {
  image = echo
  device eth0: venet {
    network = lan // as all
    impair { delay = 1ms }
  }
}
guest web for n in 1..2 { image = echo, device eth0: venet { network = lan } }
`;

function edited(text: string, ...changes: readonly HandChange[]): string {
  let now = text;
  for (const change of changes) {
    const answer = editByHand("/lab.vbus", now, change);
    if ("problem" in answer) return answer.problem;
    now = answer.text;
  }
  return now;
}

const set = (path: string, value: string): HandChange => ({ do: "set", path, value });
const make = (kind: string, path: string, ...attributes: string[]): HandChange => ({
  do: "make",
  kind,
  path,
  attributes,
});

test.each<[string, HandChange, string, string]>([
  ["an attribute that is not there", set("lan.mtu", "9000B"), "10.0.0.0/24 }", "10.0.0.0/24, mtu = 9000B }"],
  ["one that is", set("a.image", "other"), "image = echo, bus", "image = other, bus"],
  ["behind a comment", set("b.eth0.link", "down"), "{ delay = 1ms }\n", "{ delay = 1ms }\n    link = down\n"],
  ["in a record", set("b.eth0.impair.loss", "1%"), "{ delay = 1ms }", "{ delay = 1ms, loss = 1% }"],
  [
    "of a record that is not there",
    set("office.eth0.impair.loss", "1%"),
    "network = lan } //",
    "network = lan, impair { loss = 1% } } //",
  ],
  [
    "before blocks",
    set("b.args", '["x"]'),
    "image = echo\n  device",
    'image = echo\n  args = ["x"]\n  device',
  ],
  ["a bus", make("bus", "tools"), /$/.source, ""],
  [
    "a device on a bus",
    make("device:venet", "office.eth1", "network=lan"),
    "// the cable\n",
    "// the cable\n  device eth1: venet { network = lan }\n",
  ],
  [
    "a removed device",
    { do: "remove", path: "office.eth0" },
    "\n  device eth0: venet { network = lan } // the cable",
    "",
  ],
  [
    "a removed network, with what documents it",
    { do: "remove", path: "lan" },
    "/// Of the office.\nnetwork lan { subnet = 10.0.0.0/24 }\n\n",
    "",
  ],
])("%s", (name, change, from, to) => {
  if (name === "a bus") expect(edited(LAB, change)).toBe(`${LAB}\nbus tools { }\n`);
  else expect(edited(LAB, change)).toBe(LAB.replace(from, to));
});

test("a device is made, set, linked, unlinked and removed, and nothing is left of it", () => {
  const made = edited(LAB, make("device:venet", "eth1", "network=lan"), set("eth1.rate", "10Mbps"));
  expect(made).toContain("bus _unlinked {\n  device eth1: venet { network = lan, rate = 10Mbps }\n}\n");
  const linked = edited(made, { do: "link", path: "eth1", to: "office" });
  expect(linked).not.toContain("_unlinked");
  expect(linked).toContain("// the cable\n  device eth1: venet { network = lan, rate = 10Mbps }\n}");
  const unlinked = edited(linked, { do: "unlink", path: "office.eth1" });
  expect(unlinked).toBe(made);
  expect(edited(unlinked, { do: "remove", path: "eth1" }).trimEnd()).toBe(LAB.trimEnd());
  const own = edited(made, { do: "link", path: "eth1", to: "b.bus" });
  expect(own).toMatch(/^ {2}\}\n {2}device eth1: venet \{ network = lan, rate = 10Mbps \}\n\}$/m);
});

test.each<[HandChange, RegExp]>([
  [set("web[1].eth0.link", "down"), /one of a family/],
  [set("nobody.link", "down"), /no block of lab.vbus declares `nobody.link` alone/],
  [set("lan", "1"), /is a network: say which attribute/],
  [set("lan.mtu", "9000B } guest x { "), /is no value/],
  [set("lan.mtu", ""), /is no value/],
  [make("device:venet", "office.eth0"), /already/],
  [make("bus", "two words"), /a name of letters/],
  [make("bus", "x", "labels"), /NAME=VALUE/],
  [{ do: "link", path: "office.eth0", to: "b" }, /unlink it first/],
  [{ do: "unlink", path: "lan" }, /is no device/],
  [{ do: "remove", path: "lan.mtu" }, /no block declares/],
])("%j is refused", (change, why) => {
  expect(edited(LAB, change)).toMatch(why);
});
