// Rows: components, modules, guests and buses, networks and addresses.

import type { Rows } from "./rows.test-support.ts";

const PAIR =
  "component pair(image: image, count: int = 1 where count in 1..9) {\n" +
  "  network lan { subnet = 10.5.0.0/24 }\n" +
  "  guest left for i in 1..count { image = image, device e: venet { network = lan } }\n" +
  "  output ips = left.values().map(g => g.e.ip)\n" +
  "}\n";
const NIC = "device e: venet { network = lan }";
const guests = (count: number): string => `guest g for i in 1..${count} { image = echo, ${NIC} }\n`;

export const LABS: Rows = {
  "A component is a shape of your own": [
    [`${PAIR}pair p { image = echo }`, "has p.left[1].e", "p.left[1].e.ip = 10.5.0.2"],
    [
      `${PAIR}pair p for n in ["a", "b"] when n != "a" { image = echo }`,
      'has p["b"].left[1]',
      'lacks p["a"].left[1]',
    ],
  ],
  "From outside, only its outputs": [
    [`${PAIR}pair p { image = echo, count = 2 }\noutput it = p.ips`, "it = [10.5.0.2, 10.5.0.3]"],
    [`${PAIR}pair p { image = echo }\noutput it = p.left`, "VB2004"],
    [`${PAIR}pair p { image = echo }\noutput it = p.count`, "VB2004"],
  ],
  "A component sees its own module": [
    {
      text: 'import "m.vbus" as m\nlet size = 1\nm.c one { }\noutput it = one.o',
      wants: ["it = 5"],
      files: { "m.vbus": "let size = 5\ncomponent c() { output o = size }" },
    },
    {
      text: 'import "m.vbus" as m\nlet size = 1\nm.c one { }',
      wants: ["VB2001"],
      files: { "m.vbus": "component c() { output o = size }" },
    },
  ],
  "A component may hold other components": [
    [
      `${PAIR}component two() { pair a { image = echo }\n output o = a.ips }\ntwo t { }\noutput it = t.o`,
      "it = [10.5.0.2]",
      "has t.a.left[1]",
    ],
  ],
  "Parameters are checked like attributes": [
    [`${PAIR}pair p { image = echo, count = 10 }`, "VB3002"],
    [`${PAIR}pair p { }`, "VB2009"],
    [`${PAIR}pair p { image = echo, cont = 1 }`, "VB2004", "says `count`"],
    [`${PAIR}pair p { image = 3 }`, "VB2008"],
    [`${PAIR}pair p { image = echo, count = 1, count = 2 }`, "VB2005"],
    ['component c(n: int) { assert n > 3, "too few" }\nc one { n = 1 }', "VB4001", "says too few"],
  ],
  "A component takes `labels`": [
    [
      `${PAIR}pair p { image = echo, depends_on = [store], labels = { a = 1 }, protect = false }`,
      "has p.left[1]",
    ],
  ],
  "A component does not contain itself": [
    ["component c() { c inner { } }\nc one { }", "VB2017"],
    ["component a() { b x { } }\ncomponent b() { a x { } }\na one { }", "VB2017"],
  ],
  "A module is a file, or a folder": [
    { text: 'import "m.vbus" as m\noutput it = m.a', wants: ["it = 1"], files: { "m.vbus": "let a = 1" } },
    { text: 'import "no.vbus" as m', wants: ["VB2018"] },
    { text: 'import "m.vbus" as m', wants: ["VB1034"], files: { "m.vbus": "let a = [,]" } },
  ],
  '`import "sites.vbus" as sites` reads it': [
    {
      text: 'import "m.vbus" as m\nlet t: m.T = { n = 2 }\noutput it = m.f(t.n)',
      wants: ["it = 4"],
      files: { "m.vbus": "type T { n: int }\nfn f(x: int): int = x * 2" },
    },
    { text: 'import "m.vbus" as m\noutput it = m.nope', wants: ["VB2001"], files: { "m.vbus": "let a = 1" } },
    {
      text: 'import "m.vbus" as m\nlet t: m.U = 1',
      wants: ["VB2007"],
      files: { "m.vbus": "type T { n: int }" },
    },
    {
      text: 'import "m.vbus" as m\noutput it = m.E.b',
      wants: ["it = b"],
      files: { "m.vbus": "enum E { a, b }" },
    },
    { text: "output it = m.a", wants: ["VB2001"] },
  ],
  "A path is resolved against the file": [
    {
      text: 'import "m.vbus" as m\noutput it = m.t',
      wants: ['it = "x"'],
      files: { "m.vbus": 'let t = file("a.txt")', "a.txt": "x" },
    },
    ['image i: wasm { path = "std:guests/echo" }', 'i.path = "std:guests/echo"'],
    ['image i: wasm { path = "no/such.wasm" }', "VB3009"],
    ['import "std:nothing" as n', "VB2018"],
  ],
  "The parameters of an imported module": [
    {
      text: 'import "m.vbus" as m\noutput it = m.n',
      wants: ["it = 3"],
      files: { "m.vbus": "param n: int = 3" },
      env: { VBUS_PARAM_N: "9" },
    },
  ],
  "Imports make no circle": [
    { text: 'import "m.vbus" as m', wants: ["VB2018"], files: { "m.vbus": 'import "lab.vbus" as l' } },
  ],
  "A guest with `device` blocks": [[`guest g { image = echo, ${NIC} }`, "has g.bus", "g.bus = g.bus"]],
  "A guest that says `bus = office`": [
    [
      "bus office { device tty: vconsole { } }\nguest g { image = echo, bus = office }",
      "g.bus = office",
      "has office.tty",
    ],
    [`bus office { }\nguest g { image = echo, bus = office, ${NIC} }`, "VB4006"],
  ],
  "On a shared bus, `use` says": [
    [
      "bus o { device t for i in 1..2: vconsole { } }\nguest g { image = echo, bus = o, use = [o.t[2]] }",
      "g.use = [o.t[2]]",
    ],
    [
      "bus o { device t for i in 1..2: vconsole { } }\nguest g { image = echo, bus = o }",
      "g.use = [o.t[1], o.t[2]]",
    ],
  ],
  "A guest opens devices of its own bus only": [
    ["bus o { device t: vconsole { } }\nbus p { }\nguest g { image = echo, bus = p, use = [o.t] }", "VB4009"],
  ],
  "Sharing a bus connects nobody": [
    [
      "bus o { device t for i in 1..2: vconsole { } }\nguest a { image = echo, bus = o, use = [o.t[1]] }\nguest b { image = echo, bus = o, use = [o.t[2]] }\noutput it = reachable(a, b)",
      "it = false",
    ],
  ],
  "A guest's `memory` is its image's": [
    ["guest g { image = echo }", "g.memory = 1MiB"],
    ["guest g { image = echo, memory = 2MiB }", "g.memory = 2MiB"],
    ["guest g { image = echo, memory = 1KiB }", "VB3002"],
    ["guest g { image = echo, memory = 5GiB }", "VB3002"],
  ],
  "`args` take what can become text": [
    ["guest g { image = echo, args = [100Mbps, 10.0.0.1] }", "g.args = [100Mbps, 10.0.0.1]"],
    ["guest g { image = echo, args = 3 }", "VB2008"],
  ],
  "What refers to a _thing_": [
    [`guest g { image = echo, ${NIC} }`, "needs g echo", "needs g.e lan"],
    ["bus o { }\nguest g { image = echo, bus = o }", "needs g o"],
    [PAIR + "pair p { image = echo }\nguest g { image = echo, depends_on = [p] }", "has g"],
  ],
  "A circle of these is an error": [
    [
      "guest a { image = echo, depends_on = [b] }\nguest b { image = echo, depends_on = [a] }",
      "VB4004",
      "says a → b → a",
    ],
    ["guest a { image = echo, depends_on = [a] }", "VB4004"],
  ],
  "A _value_ read from another thing": [
    [
      `guest a { image = echo, args = [b.e.ip], ${NIC} }\nguest b { image = echo, args = [a.e.ip], ${NIC} }`,
      "has a",
    ],
  ],
  "At most one device that may write": [
    [
      "guest a { image = echo, device d: vblk { volume = store } }\nguest b { image = echo, device d: vblk { volume = store } }",
      "VB4010",
    ],
    [
      "guest a { image = echo, device d: vblk { volume = store } }\nguest b { image = echo, device d: vblk { volume = store, readonly = true } }",
      "has b.d",
    ],
  ],
  "An _address_ names a thing": [
    ['guest web for n in ["a"] { image = echo, device e for i in 1..2: vconsole { } }', 'has web["a"].e[2]'],
  ],
  "A private bus has the address": [[`guest server { image = echo, ${NIC} }`, "has server.bus"]],
  "The first and the last address of a subnet": [
    [`guest g { image = echo, device e: venet { network = lan, ip = 10.0.0.1 } }`, "VB4002"],
    [`guest g { image = echo, device e: venet { network = lan, ip = 10.0.0.0 } }`, "VB4002"],
    [`guest g { image = echo, device e: venet { network = lan, ip = 10.0.0.255 } }`, "VB4002"],
    ["= lan.gateway", "it = 10.0.0.1"],
  ],
  "Of a pool of more than two addresses": [
    [
      `network n { subnet = 10.0.0.0/16, pool = 10.0.1.0/30 }\nguest g { image = echo, device e: venet { network = n } }`,
      "g.e.ip = 10.0.1.1",
    ],
    [
      `network n { subnet = 10.0.0.0/16, pool = 10.0.1.0/31 }\nguest g { image = echo, device e: venet { network = n } }`,
      "g.e.ip = 10.0.1.0",
    ],
  ],
  "A device gets the lowest free address": [
    [guests(3), "g[1].e.ip = 10.0.0.2", "g[3].e.ip = 10.0.0.4"],
    [
      `guest b { image = echo, ${NIC} }\nguest a { image = echo, ${NIC} }`,
      "b.e.ip = 10.0.0.2",
      "a.e.ip = 10.0.0.3",
    ],
  ],
  "An address that is written (": [
    [
      `${guests(1)}guest h { image = echo, device e: venet { network = lan, ip = 10.0.0.2 } }`,
      "h.e.ip = 10.0.0.2",
      "g[1].e.ip = 10.0.0.3",
    ],
  ],
  "A written address lies in the subnet": [
    [
      "guest g { image = echo, device e: venet { network = lan, ip = 10.0.1.2 } }",
      "VB3002",
      "says outside the network's subnet",
    ],
    [
      "guest g { image = echo, device e: venet { network = lan, ip = 10.0.0.9 }, device f: venet { network = lan, ip = 10.0.0.9 } }",
      "VB4007",
    ],
    [
      "guest g { image = echo, device e: venet { network = lan, mac = 02:00:00:00:00:01 }, device f: venet { network = lan, mac = 02:00:00:00:00:01 } }",
      "VB4007",
    ],
  ],
  "A device keeps its address": [
    {
      text: guests(2),
      wants: ["g[1].e.ip = 10.0.0.9", "g[2].e.ip = 10.0.0.2"],
      kept: { "g[1].e": "10.0.0.9" },
    },
    { text: guests(1), wants: ["g[1].e.ip = 10.0.0.2"], kept: { "g[1].e": "10.9.0.9" } },
  ],
  "A pool that is full": [
    [
      "network n { subnet = 10.0.0.0/29 }\nguest g for i in 1..6 { image = echo, device e: venet { network = n } }",
      "VB4003",
    ],
    [
      "network n { subnet = 10.0.0.0/29 }\nguest g for i in 1..5 { image = echo, device e: venet { network = n } }",
      "g[5].e.ip = 10.0.0.6",
    ],
  ],
  "A MAC is made from": [
    [`guest g { image = echo, ${NIC} }\noutput it = g.e.mac == g.e.mac`, "it = true"],
    [
      "guest g { image = echo, device e: venet { network = lan, mac = 02:00:00:00:00:09 } }",
      "g.e.mac = 02:00:00:00:00:09",
    ],
  ],
  "A device's `mtu` is its network's": [
    [
      "network n { subnet = 10.0.0.0/24, mtu = 9000B }\nguest g { image = echo, device e: venet { network = n } }",
      "g.e.mtu = 9kB",
    ],
    [
      "guest g { image = echo, device e: venet { network = lan, mtu = 9000B } }",
      "VB3002",
      "says larger than the network's",
    ],
    ["guest g { image = echo, device e: venet { network = lan, mtu = 1400B } }", "g.e.mtu = 1400B"],
  ],
  "`links` joins networks": [
    [
      "network a { subnet = 10.0.0.0/16, pool = 10.0.1.0/24 }\nnetwork b { subnet = 10.0.0.0/16, pool = 10.0.2.0/24, links = [a] }\nguest g { image = echo, device e: venet { network = a } }\nguest h { image = echo, device e: venet { network = b } }\noutput it = adjacent(g, h)",
      "it = true",
    ],
  ],
  "Linked networks have the same": [
    [
      "network a { subnet = 10.0.0.0/16, pool = 10.0.1.0/24 }\nnetwork b { subnet = 10.0.0.0/16, pool = 10.0.2.0/24, mtu = 9000B, links = [a] }",
      "VB4005",
    ],
    [
      "network a { subnet = 10.0.0.0/16, pool = 10.0.1.0/24 }\nnetwork b { subnet = 10.1.0.0/16, links = [a] }",
      "VB4005",
    ],
    ["network a { subnet = 10.0.0.0/16 }\nnetwork b { subnet = 10.0.0.0/16, links = [a] }", "VB4005"],
  ],
  "A loop of links": [
    [
      "network a { subnet = 10.0.0.0/16, pool = 10.0.1.0/24, links = [b] }\nnetwork b { subnet = 10.0.0.0/16, pool = 10.0.2.0/24, links = [c] }\nnetwork c { subnet = 10.0.0.0/16, pool = 10.0.3.0/24, links = [a] }",
      "VB4005",
    ],
    ["network a { subnet = 10.0.0.0/16, links = [a] }", "VB4005"],
  ],
  "A `cidr` has `size`": [
    "10.0.0.0/24.size == 256",
    "10.0.0.0/24.bits == 24",
    "10.0.0.0/24.first == 10.0.0.0",
    "10.0.0.0/24.last == 10.0.0.255",
  ],
  "`net.host(5)` is its sixth": [
    "10.0.0.0/24.host(5) == 10.0.0.5",
    "10.0.0.0/24.subnets(26).len() == 4",
    "10.0.0.0/24.subnets(25)[1] == 10.0.0.128/25",
    ["= 10.0.0.0/24.host(256)", "VB3011"],
    ["= 10.0.0.0/24.subnets(23)", "VB3011"],
    ["= 10.0.0.0/8.subnets(30)", "VB3008"],
  ],
};
