// Rows: constraints, reachability, bad links, tests, secrets, limits, diagnostics.

import type { Rows } from "./rows.test-support.ts";

const TWO =
  "network a { subnet = 10.1.0.0/24 }\nnetwork b { subnet = 10.2.0.0/24 }\n" +
  "guest x { image = echo, device e: venet { network = a } }\nguest y { image = echo, device e: venet { network = b } }\n";
const impaired = (text: string): string =>
  `guest g { image = echo, device e: venet { network = lan, impair ${text} } }`;
const test = (steps: string): string =>
  `guest g { image = echo, device e: venet { network = lan } }\ntest "t" { ${steps} }`;
const SECRET = 'param key: secret string = "t0p"\n';
const NET = "param net: secret cidr = 10.0.0.0/24\n";

export const RULES: Rows = {
  "`where` stands behind a parameter": [
    ["param n: int = 3 where n in 1..2", "VB3002"],
    ['param n: int = 3 where n in 1..2, "one or two"', "VB3002", "says one or two"],
    ["type T { n: int where n > 0 }\nlet t: T = { n = 0 }\noutput it = t", "VB3002"],
    ["component c(n: int where n > 0) { }\nc one { n = 0 }", "VB3002"],
    ["param n: int = 3 where n", "VB2008"],
  ],
  "The constraint of an optional": [
    ["param n: int? = none where n > 3\noutput it = n", "it = none"],
    ["param n: int? = 2 where n > 3\noutput it = n", "VB3002"],
    ["guest g { image = echo, device e: venet { network = lan, vlan = 5000 } }", "VB3002"],
  ],
  "`assert EXPR": [
    ['assert 1 == 2, "no"', "VB4001", "says no"],
    ['assert 1 == 1, "yes"', "no errors"],
    ['assert 1 == 2,\n  "on the next line"', "VB4001", "says on the next line"],
    ["network n { subnet = 10.0.0.0/24, assert 1 == 2 }", "VB4001"],
    ["component c() { assert 1 == 2 }\nc one { }", "VB4001"],
    ["assert 1", "VB2008"],
  ],
  "All constraints and assertions are asked": [
    ["assert 1 == 2\nassert 3 == 4\nparam n: int = 1 where n > 1", "VB4001 VB4001 VB3002"],
  ],
  "A failed one shows the values": [
    ["let a = 3\nassert a * 2 == 7", "VB4001", "says 3"],
    ["network n { subnet = 10.0.0.0/24, mtu = 100B }", "VB3002", "says 100B"],
  ],
  "`reachable(a, b)` says": [
    [`${TWO}output it = reachable(x, y)`, "it = false"],
    [
      `${TWO}guest r { image = echo, device p: venet { network = a }, device q: venet { network = b } }\noutput it = reachable(x, y)`,
      "it = true",
    ],
    [
      `${TWO}uplink u: nat { network = a }\nuplink v: nat { network = b }\noutput it = reachable(x, y)`,
      "it = true",
    ],
    [
      `${TWO}uplink u: nat { network = a, outward = false }\nuplink v: nat { network = b, outward = false }\noutput it = reachable(x, y)`,
      "it = false",
    ],
    [
      `${TWO}uplink u: pcap { network = a, record = "x" }\nuplink v: pcap { network = b, record = "y" }\noutput it = reachable(x, y)`,
      "it = false",
    ],
    [
      "guest x { image = echo, device c: vchan { channel = pipe } }\nguest y { image = echo, device c: vchan { channel = pipe } }\noutput it = reachable(x, y)",
      "it = true",
    ],
    [
      "guest x { image = echo, device d: vblk { volume = store } }\nguest y { image = echo, device d: vblk { volume = store, readonly = true } }\noutput it = reachable(x, y)",
      "it = true",
    ],
    [
      "guest x { image = echo, device d: vblk { volume = store, readonly = true } }\nguest y { image = echo, device d: vblk { volume = store, readonly = true } }\noutput it = reachable(x, y)",
      "it = false",
    ],
    [`${TWO}output it = reachable(x, x)`, "it = true"],
    [`${TWO}output it = reachable(x, a)`, "VB2008"],
  ],
  "`adjacent(a, b)` is the same": [
    [
      `${TWO}guest r { image = echo, device p: venet { network = a }, device q: venet { network = b } }\noutput it = adjacent(x, y)`,
      "it = false",
    ],
    [
      `${TWO}guest r { image = echo, device p: venet { network = a } }\noutput it = adjacent(x, r)`,
      "it = true",
    ],
    [
      `${TWO}uplink u: nat { network = a }\nuplink v: nat { network = b }\noutput it = adjacent(x, y)`,
      "it = false",
    ],
  ],
  "A failed assertion about `reachable`": [
    [
      "guest x { image = echo, device e: venet { network = lan } }\nguest y { image = echo, device e: venet { network = lan } }\nassert !reachable(x, y)",
      "VB4001",
      "says x → x.e → lan → y.e → y",
    ],
  ],
  "`impair { }` of a `venet` device": [
    [impaired("{ delay = 30ms, loss = 0.5% }"), "has g.e"],
    [impaired("{ delay = 30ms, jitter = 40ms }"), "VB3002"],
    [impaired("{ loss = 101% }"), "VB3002"],
    [impaired("{ lose = 1% }"), "VB2004"],
    [impaired("{ delay = 30 }"), "VB2008"],
    [impaired("{ ingress { loss = 200% } }"), "VB3002"],
  ],
  "`egress { }` says the same": [
    [impaired("{ egress { loss = 1% } }"), "has g.e"],
    [impaired("{ loss = 1%, egress { loss = 1% } }"), "VB3002"],
  ],
  "With `precise = true`": [
    [impaired("{ delay = 30ms, precise = true, ingress { delay = 1ms, precise = true } }"), "has g.e"],
    [impaired("{ precise = true }") + "\noutput it = g.e.impair?.precise", "it = true"],
    [impaired("{ delay = 30ms }") + "\noutput it = g.e.impair?.precise", "it = false"],
    [impaired("{ delay = 30ms, at 1s for 2s { precise = true } }"), "has g.e"],
    [impaired("{ delay = 30ms, precise = 1ms }"), "VB2008"],
    [impaired("{ precise = true, egress { delay = 30ms } }"), "VB3002"],
  ],
  "`at E for E { }` inside it": [
    [impaired("{ at 1s for 2s { down = true } }"), "has g.e"],
    [impaired("{ at 1 for 2s { down = true } }"), "VB2008"],
    [impaired("{ at 1s for 2s { dwn = true } }"), "VB2004"],
  ],
  "`std:faults` has bad links": [
    [
      'import "std:faults" as f\n' +
        impaired("{ }").replace("impair { }", "impair = { ...f.lte, seed = 7 }") +
        "\noutput it = g.e.impair?.seed",
      "it = 7",
    ],
    [
      'import "std:faults" as f\n' + impaired("{ }").replace("impair { }", "impair = f.lt"),
      "VB2001",
      "says lte",
    ],
  ],
  "`at` stands only in records": [
    ["guest g { image = echo, stop { at 1s for 1s { grace = 1s } } }", "VB2010"],
    ["guest g { image = echo, at 1s for 1s { } }", "VB2010"],
  ],
  "`expect` asks once": [
    [test("expect g.exit == 0"), "has g"],
    [test('expect g.exit == 0 within 5s, "ends"'), "has g"],
    [test("expect g.exit"), "VB2008"],
    [test("expect g.exit == 0 within 5"), "VB2008"],
  ],
  "`always E for D` asks": [
    [test("always lan.frames.dropped == 0 for 200ms"), "has g"],
    [test("always true"), "VB1030"],
    [test("always true for 3"), "VB2008"],
  ],
  "`do { }` sets attributes": [
    [test("do { set g.e.link = down }"), "has g"],
    [test("do { g.restart() }"), "has g"],
    [test("do { set g.e.lnk = down }"), "VB2004"],
    [test("do { set g.e.link = 3 }"), "VB2008"],
    [test("do { g.reboot() }"), "VB2004"],
    [test("do { g.type() }"), "VB2014"],
  ],
  "`param` gives a parameter for this test": [
    [`param n: int = 1\n${test("param n = 2, expect true")}`, "has g"],
    [`param n: int = 1\n${test('param n = "x", expect true')}`, "VB2008"],
    [test("let up = g.uptime, expect up > 1s within 2s"), "has g"],
  ],
  "Live facts, such as": [
    ["guest g { image = echo }\noutput it = g.state", "VB2020"],
    ["guest g { image = echo }\nassert g.ready", "VB2020"],
    ["guest a { image = echo }\nguest b { image = echo, args = [a.exits] }", "VB2020"],
    [test('expect g.log.matches("x") && g.e.rx.count > 3'), "has g"],
    [test('expect g.lgo.matches("x")'), "VB2004"],
  ],
  "A parameter that a test gives": [[test("param m = 2, expect true"), "VB2001"]],
  "A live fact that is not there": [[test("expect g.exit > 3 || g.exit == none"), "has g"]],
  "Of its own, a test sets": [
    [test("timeout = 5s, seed = 3, expect true"), "has g"],
    [test("timeout = 5, expect true"), "VB2008"],
    [test("retries = 5, expect true"), "VB2004"],
  ],
  "The closest name is offered": [
    ["network n { subent = 10.0.0.0/24 }", "VB2004", "says Did you mean `subnet`"],
    ["network n { subnet = 10.0.0.0/24, mtu = 1500 }", "VB2008", "says 1500B"],
    ["= [1].push(2)", "VB2015", "says [...xs, x]"],
    ["= null", "VB2001", "says none"],
    ["param n: integer = 1", "VB2007", "says int"],
    ["guest g { image = echo, args = 3 }", "VB2008", "says list"],
  ],
  "A class that no driver": [
    { text: "guest g { image = echo, device r: vrng { } }", wants: ["VB2011"], driverless: ["device vrng"] },
    { text: "guest g { image = echo, device r: vrng { } }", wants: ["has g.r"] },
  ],
  "Kinds and classes are declared in this language": [
    ["kind k { a: int }", "VB2010"],
    ["class guest fast { }", "VB2010"],
  ],
  "In a default and in a constraint": [
    ["network n { subnet = 10.0.0.0/24 }", "n.pool = 10.0.0.0/24", "n.gateway = 10.0.0.1"],
    ["guest g { image = echo, device e: venet { network = lan, mtu = 1600B } }", "VB3002"],
  ],
  "A class may declare a member": [
    ["volume v: memory { }", "VB2009", "says size"],
    ['volume v: file { path = "x.img" }', "has v"],
  ],
  "A class adds its members": [
    ["volume v: memory { size = 1MiB, readonly = true }", "v.readonly = true"],
    ['volume v: memory { size = 1MiB, path = "x" }', "VB2004"],
  ],
  "The standard library has `std:net`": [
    ['import "std:net" as net\nnet.star s { image = echo }\noutput it = s.guests.len()', "it = 2"],
    ['import "std:guests" as guests\nguest g { image = guests.echo }', "has g"],
    ['import "std:faults" as faults\noutput it = faults.dead.down', "it = true"],
  ],
  "What is computed from a `secret`": [
    [`${SECRET}output it = key`, "VB3012"],
    [`${SECRET}output it = "a \${key}"`, "VB3012"],
    [`${SECRET}output it = key.len()`, "VB3012"],
    [`${SECRET}output it = key.upper().split("0")`, "VB3012"],
    [`${SECRET}output it = [1, 2].map(x => key)`, "VB3012"],
    [`${SECRET}output it = key == "x"`, "VB3012"],
    [`${SECRET}output it = key == "x" ? 1 : 2`, "VB3012"],
    [`${SECRET}output it = !(key == "x")`, "VB3012"],
    [`${SECRET}output it = key != "x" && true`, "VB3012"],
    [`${SECRET}output it = key == "x" || true`, "VB3012"],
    [`${SECRET}output it = [1, 2][key.len() % 2]`, "VB3012"],
    [`${SECRET}output it = [1, 2].filter(x => key.len() > x)`, "VB3012"],
    [`${SECRET}output it = [1, 2].find(x => key.len() > x)`, "VB3012"],
    [`${SECRET}output it = [1, 2].sort(x => key == "x" ? x : -x)`, "VB3012"],
    [`${SECRET}output it = [1, 2].flat_map(x => key == "x" ? [1] : [])`, "VB3012"],
    [`${SECRET}output it = [for part in key.split("x"): 1]`, "VB3012"],
    [`${SECRET}output it = [...[1, 2].filter(x => key == "x"), 1]`, "VB3012"],
  ],
  "A secret may go into": [
    [
      `${SECRET}guest g { image = echo, args = ["--key", key], env = { KEY = key } }`,
      'g.args = ["--key", <secret>]',
      "g.env = { KEY = <secret> }",
    ],
    [
      `${NET}network n { subnet = net }\nguest g { image = echo, device e: venet { network = n } }`,
      "g.e.ip = <secret>",
    ],
    [`${NET}network n { subnet = net }\noutput it = n.gateway`, "VB3012"],
  ],
  "A secret in another attribute": [
    [`${SECRET}guest g { image = echo, memory = key.len() * 1MiB }`, "VB3012"],
    [`${SECRET}image i: wasm { path = key }`, "VB3012"],
    [
      `${SECRET}network a { subnet = 10.0.0.0/24 }\nnetwork b { subnet = 10.0.1.0/24 }
guest g { image = echo, device e: venet { network = key == "x" ? a : b } }`,
      "VB3012",
    ],
  ],
  "A secret in a label": [
    [`${SECRET}guest g when key == "x" { image = echo }`, "VB3012"],
    [`${SECRET}guest g for i in key == "x" ? [1] : [2] { image = echo }`, "VB3012"],
    [`${SECRET}guest g for i in [1] when key == "x" { image = echo }`, "VB3012"],
    [`${SECRET}guest g { image = echo, labels = { k = key } }`, "VB3012"],
    [`${SECRET}guest g for k in [key] { image = echo }`, "VB2008"],
    [`${SECRET}assert 1 == 2, "the key is \${key}"`, "VB4001 VB3012"],
    [`${SECRET}output it = {for x in [key]: x => 1}`, "VB2008"],
  ],
  "A secret shows as `<secret>`": [
    [`${SECRET}assert key == "x"`, "VB4001", "says <secret>"],
    [`${SECRET}guest g { image = echo, env = { A = "b\${key}" } }`, "g.env = { A = <secret> }"],
  ],
  "An evaluation takes at most": [
    ["= (1..4000000).map(x => x).len()", "VB3008"],
    ["= [for a in 1..1000, b in 1..1000, c in 1..100: 1].len()", "VB3008"],
  ],
  "A list or map has at most": [
    ["= (1..1000001).map(x => 1).len()", "VB3008"],
    ['= "abcdefgh".pad(1100000).len()', "VB3008"],
    [`= ${"(".repeat(129)}1${")".repeat(129)}`, "VB1023"],
  ],
  "Patterns are regular expressions": [
    ['= "aaaa".matches("(a*)*b")', "it = false"],
    ['= "a".matches("(?=a)")', "VB3011"],
    ['= "aa".matches("(a)\\\\1")', "VB3011"],
    ['= "a".matches("(")', "VB3011"],
    '"aXb".capture("[A-Z]") == "X"',
    '"abc".matches("^a.c$")',
    '"b12".capture("([0-9]+)") == "12"',
  ],
  "One mistake gives one error": [
    ["let a = nope\nlet b = nope\noutput it = nope", "VB2001", "says and here"],
    ["network n { subnet => 10.0.0.0/24 }", "VB1043"],
    ["guest g {\n  image = echo\n\nnetwork n { subnet = 10.0.0.0/24 }", "VB1020"],
    ["let a = nope\nlet b = a + 1\noutput it = b", "VB2001"],
    ["guest g { image = nope }\noutput it = g.image.digest", "VB2001"],
    [
      "netwrk n { subnet = 10.0.0.0/24 }\nguest g { image = echo, device e: venet { network = n } }",
      "VB2002",
    ],
  ],
  "Codes begin with the stage": [
    ["= (", "VB1022"],
    ["= nope", "VB2001"],
    ["= [1][3]", "VB3004"],
    ["assert 1 == 2", "VB4001"],
  ],
  "A broken item still declares its name": [
    ["let a = \noutput it = a", "VB1033"],
    ["fn f(x: nope): int = 1\noutput it = f(1)", "VB2007"],
    ["image i: wsam { path = 3 }\nguest g { image = i }", "VB2003"],
  ],
};
