// The diagnostics about the graph of things: what each means, with a text that has it and one that has not.

import type { CodePage } from "./page.ts";

export const GRAPH_CODES: readonly CodePage[] = [
  {
    code: "VB4001",
    title: "an assertion does not hold",
    explanation: "Assertions are checked before anything boots, and at every later change.",
    bad: `network lan { subnet = 10.0.0.0/24 }
assert lan.mtu > 9000B, "jumbo frames"`,
    good: `network lan { subnet = 10.0.0.0/24 }
assert lan.mtu <= 9000B, "no jumbo frames"`,
  },
  {
    code: "VB4002",
    title: "an address is not free to give",
    explanation:
      "The first and last address of a subnet and its gateway are reserved; the pool of " +
      "another network is not to be taken from.",
    bad: `network lan { subnet = 10.0.0.0/24 }
bus office { device eth0: venet { network = lan, ip = 10.0.0.1 } }`,
    good: `network lan { subnet = 10.0.0.0/24 }
bus office { device eth0: venet { network = lan, ip = 10.0.0.2 } }`,
  },
  {
    code: "VB4003",
    title: "a pool is full",
    explanation: "Each device takes an address of its network's pool; there are no more.",
    bad: `network lan { subnet = 10.0.0.0/30 }
bus office { device eth for i in 1..3: venet { network = lan } }`,
    good: `network lan { subnet = 10.0.0.0/24 }
bus office { device eth for i in 1..3: venet { network = lan } }`,
  },
  {
    code: "VB4004",
    title: "things wait for each other",
    explanation: "What refers to a thing comes up after it, so references make no circle.",
    bad: `network a { subnet = 10.0.0.0/24, depends_on = [b] }
network b { subnet = 10.1.0.0/24, depends_on = [a] }`,
    good: `network a { subnet = 10.0.0.0/24, depends_on = [b] }
network b { subnet = 10.1.0.0/24 }`,
  },
  {
    code: "VB4005",
    title: "links don't fit",
    explanation:
      "Linked networks are one broadcast domain: one subnet, one mtu, disjoint pools, and no loop.",
    bad: `network a { subnet = 10.0.0.0/24, pool = 10.0.0.0/25, links = [b] }
network b { subnet = 10.0.0.0/24 }`,
    good: `network a { subnet = 10.0.0.0/24, pool = 10.0.0.0/25, links = [b] }
network b { subnet = 10.0.0.0/24, pool = 10.0.0.128/25 }`,
  },
  {
    code: "VB4006",
    title: "a bus and devices of its own",
    explanation: "A guest has a private bus, made by its `device` blocks, or joins a declared one.",
    bad: `image echo: wasm { path = "std:guests/echo" }
bus office { device tty: vconsole { } }
guest a { image = echo, bus = office, device out: vconsole { } }`,
    good: `image echo: wasm { path = "std:guests/echo" }
bus office { device tty: vconsole { } }
guest a { image = echo, bus = office }`,
  },
  {
    code: "VB4007",
    title: "an address given twice",
    explanation: "On a segment each device has an address and a MAC of its own.",
    bad: `network lan { subnet = 10.0.0.0/24 }
bus office { device eth for i in 1..2: venet { network = lan, ip = 10.0.0.9 } }`,
    good: `network lan { subnet = 10.0.0.0/24 }
bus office { device eth for i in 1..2: venet { network = lan, ip = 10.0.0.8.next(i) } }`,
  },
  {
    code: "VB4008",
    title: "two labs",
    explanation: "There is one `lab` at most, in the root module.",
    bad: `lab one { }
lab two { }`,
    good: `lab one { }`,
  },
  {
    code: "VB4009",
    title: "a device of another bus",
    explanation: "A guest opens devices of its own bus and sees no others.",
    bad: `image echo: wasm { path = "std:guests/echo" }
bus a { device tty: vconsole { } }
bus b { device tty: vconsole { } }
guest g { image = echo, bus = a, use = [b.tty] }`,
    good: `image echo: wasm { path = "std:guests/echo" }
bus a { device tty: vconsole { } }
bus b { device tty: vconsole { } }
guest g { image = echo, bus = a, use = [a.tty] }`,
  },
  {
    code: "VB4010",
    title: "two writers",
    explanation:
      "A volume is open for writing by one device at most; nobody writes to the base of an overlay.",
    bad: `image echo: wasm { path = "std:guests/echo" }
volume disk: memory { size = 1MiB }
guest a { image = echo, device d: vblk { volume = disk } }
guest b { image = echo, device d: vblk { volume = disk } }`,
    good: `image echo: wasm { path = "std:guests/echo" }
volume disk: memory { size = 1MiB }
guest a { image = echo, device d: vblk { volume = disk } }
guest b { image = echo, device d: vblk { volume = disk, readonly = true } }`,
  },
];
