// Rows: the shape of files, things and families.

import type { Rows } from "./rows.test-support.ts";

const G = "guest g { image = echo }";

export const SHAPE: Rows = {
  "The same files with the same parameters": [
    ["guest g { image = echo, device e: venet { network = lan } }", "g.e.ip = 10.0.0.2"],
  ],
  "A body holds attributes": [["guest g { image = echo, device e: venet { network = lan } }", "has g.e"]],
  "`NAME { ... }` without a kind in front": [
    ["guest g { image = echo, stop { grace = 1s } }", "g.stop = { grace = 1s }"],
    ["guest g { image = echo, stop = { grace = 1s } }", "g.stop = { grace = 1s }"],
    ["network n { subnet = 10.0.0.0/24, mtu { } }", "VB2010", "says is no record"],
    ["guest g { image = echo, stop { grace = 1s }, stop = {} }", "VB2005"],
  ],
  "Items are separated by a newline or a comma": [
    ["= [1, 2\n3]", "it = [1, 2, 3]"],
    ["= { a = 1\nb = 2, c = 3 }.keys()", 'it = ["a", "b", "c"]'],
    ["guest g { image = echo, args = [1]\nenv = {} }", "g.args = [1]"],
    ["= [1 2]", "VB1031"],
  ],
  "A trailing comma is fine": [
    ["= [1, 2,]", "it = [1, 2]"],
    ["= max([1,\n],)", "it = 1"],
    ["guest g { image = echo, }", "has g"],
    ["= [,]", "VB1034"],
    ["= [1,,2]", "VB1034"],
  ],
  "There is no `;`": [["let a = 1; let b = 2", "VB1012"]],
  "The `{` of a block stands on the line of its head": [["guest g\n{ image = echo }", "VB1047"]],
  "A line goes on where it cannot end": [
    ["= 1 +\n2", "it = 3"],
    ["= true &&\nfalse", "it = false"],
    ["= max(\n[1, 2]\n)", "it = 2"],
    ["let a: int? = none\noutput it = a ??\n4", "it = 4"],
  ],
  "A line also goes on where the next one begins": [
    ["= 1\n+ 2", "it = 3"],
    ["= [3, 1]\n.sort()", "it = [1, 3]"],
    ["= true\n? 1\n: 2", "it = 1"],
    ["= false\n|| true", "it = true"],
  ],
  "A line that begins with `-`": [
    ["= [\n1\n-1\n]", "it = [1, -1]"],
    ["= [\n[1]\n[2]\n]", "it = [[1], [2]]"],
    ["= [\n1\n(2)\n]", "it = [1, 2]"],
  ],
  "`//` begins a comment": [
    ["= 1 // two", "it = 1"],
    ["= 1 /* + 1 */ + 2", "it = 3"],
    ["/* one\ntwo */ output it = 3", "it = 3"],
    ['= "// no comment"', 'it = "// no comment"'],
    ["/* one", "VB1004"],
  ],
  "`///` documents the item": [["/// What it gives.\noutput it = 1", "it = 1"]],
  "The order of items never matters": [
    ["output it = a\nlet a = b + 1\nlet b = 1", "it = 2"],
    ["output it = f(1)\nfn f(x: int): int = x", "it = 1"],
    ["let s: S = { a = 1 }\ntype S { a: int }\noutput it = s.a", "it = 1"],
    ['guest g { image = late }\nimage late: wasm { path = "std:guests/echo" }', "has g"],
  ],
  "A name is a letter or `_`": [
    ["let a_1 = 1\noutput it = a_1", "it = 1"],
    ["let _a = 1\noutput it = _a", "it = 1"],
    ["let 1a = 1", "VB1005"],
    ["let größe = 1", "VB1013"],
  ],
  "Words of the language are ordinary names": [
    ["guest g { image = echo, device test: vconsole { } }", "has g.test"],
    ["network guest { subnet = 10.0.0.0/24 }", "has guest"],
    ["let output = 1\noutput it = output", "it = 1"],
    ["let live = 1\noutput it = live", "it = 1"],
    ["let secret = 1\noutput it = secret", "it = 1"],
  ],
  "Only `in`, `for`": [
    ["= in", "VB1036"],
    ["= where", "VB1036"],
    ["let for = 1", "VB1036"],
    ["let none = 1", "VB1036"],
    ["= within", "VB1036"],
  ],
  "After a dot any word can stand": [
    ["guest g { image = echo, device in: vconsole { } }\noutput it = g.in.rows", "it = 24"],
    ["let r = { for = 1 }\noutput it = r.for", "it = 1"],
  ],
  "A name that begins with `_`": [
    { text: 'import "m.vbus" as m\noutput it = m._a', wants: ["VB2021"], files: { "m.vbus": "let _a = 1" } },
    {
      text: 'import "m.vbus" as m\noutput it = m.b',
      wants: ["it = 1"],
      files: { "m.vbus": "let _a = 1\nlet b = _a" },
    },
  ],
  "A name is declared once": [
    ["let a = 1\nlet a = 2", "VB2005"],
    [`${G}\nnetwork g { subnet = 10.0.0.0/24 }`, "VB2005"],
    ["param a = 1\nfn a(x: int): int = x", "VB2005"],
    ["type T { a: int }\nenum T { x }", "VB2005"],
    ["enum E { a, a }", "VB2005"],
    ["output a = 1\noutput a = 2", "VB2005"],
    ["fn f(a: int, a: int): int = a", "VB2005"],
  ],
  "A child block does not bear the name": [
    ["guest g { image = echo, device args: vconsole { } }", "VB2005"],
    ["guest g { image = echo, device log: vconsole { } }", "VB2005"],
  ],
  "At the top of a file stand": [
    ["kind k { a: int }", "VB2010"],
    ["class device d { }", "VB2010"],
    ["external fn f(x: int): int", "VB2010"],
    ["mtu = 1", "VB2010"],
    ["device d: vconsole { }", "VB2010"],
    ["at 1s for 1s { }", "VB2010"],
    ["assert true", "no errors"],
  ],
  "The body of a thing takes": [
    ["network n { subnet = 10.0.0.0/24, let m = 9000B, mtu = m, assert mtu > 1kB }", "VB2001"],
    ["network n { let m = 9000B, subnet = 10.0.0.0/24, mtu = m }", "n.mtu = 9kB"],
    ["guest g { image = echo, param x = 1 }", "VB2010"],
    ["guest g { image = echo, output x = 1 }", "VB2010"],
    ["guest g { image = echo, guest h { image = echo } }", "VB2010"],
    ["guest g { image = echo, assert 1 == 2 }", "VB4001"],
  ],
  "The body of a component takes": [
    ["component c() { param x = 1 }", "VB2010"],
    ['component c() { import "m.vbus" as m }', "VB2010"],
    ['component c() { test "t" { expect true } }', "VB2010"],
    [
      "component c() { let a = 1, fn f(x: int): int = x + a, output o = f(1) }\nc one { }\noutput it = one.o",
      "it = 2",
    ],
  ],
  "An attribute without a default must be given": [
    ["guest g { }", "VB2009", "says image"],
    ["network n { }", "VB2009", "says subnet"],
    ['uplink u: socket { network = lan, listen = "tcp:a:1" }', "u.connect = none"],
    [G, "g.health = none"],
  ],
  "An attribute is given once": [["guest g { image = echo, image = echo }", "VB2005"]],
  "An unknown attribute, kind or class": [
    ["guest g { image = echo, arg = [1] }", "VB2004", "says `args`"],
    ["gest g { image = echo }", "VB2002", "says `guest`"],
    ['image i: wsm { path = "std:guests/echo" }', "VB2003", "says `wasm`"],
    ['guest g { image = ecko }\nimage echo: wasm { path = "std:guests/echo" }', "VB2001", "says `echo`"],
    ["= lan.subnt", "VB2004", "says `subnet`"],
    ["= [1].mapp(x => x)", "VB2015", "says `map`"],
  ],
  "A kind that has classes needs one": [
    ['image i { path = "std:guests/echo" }', "VB2012"],
    ["guest g: fast { image = echo }", "VB2012"],
    ["uplink u { network = lan }", "VB2012"],
  ],
  "The attributes of the block that is being written": [
    ["component c(image: image) { guest g { image = image } }\nc one { image = echo }", "one.g.image = echo"],
    ["network n { subnet = 10.0.0.0/24, pool = subnet }", "VB2001"],
    ["let mtu = 9000B\nnetwork n { subnet = 10.0.0.0/24, mtu = mtu }", "n.mtu = 9kB"],
  ],
  "A thing is read by its name": [
    ["guest g { image = echo, device e: venet { network = lan } }\noutput it = g.e.ip", "it = 10.0.0.2"],
    ["output it = lan.gateway", "it = 10.0.0.1"],
    [`${G}\noutput it = g.image`, "it = echo"],
  ],
  "Two guests may read each other's addresses": [
    [
      "guest a { image = echo, args = [b.e.ip], device e: venet { network = lan } }\n" +
        "guest b { image = echo, args = [a.e.ip], device e: venet { network = lan } }",
      "a.args = [10.0.0.3]",
      "b.args = [10.0.0.2]",
    ],
  ],
  "A value that needs itself": [
    ["let a = b\nlet b = a", "VB2017"],
    [
      "network a { subnet = 10.0.0.0/24, mtu = b.mtu }\nnetwork b { subnet = 10.1.0.0/24, mtu = a.mtu }",
      "VB3001",
    ],
    ["guest a { image = echo, args = a.args }", "VB3001"],
  ],
  "`for` makes one thing for each element": [
    ["guest g for i in 1..3 { image = echo }", "has g[1]", "has g[3]", "lacks g[0]"],
    ["guest g for i in [] { image = echo }\noutput it = g.len()", "it = 0"],
    ["guest g for i in [1, 2] { image = echo, args = [i] }", "g[2].args = [2]"],
  ],
  "The element is the key of its thing": [
    ['guest g for n in ["a", "b"] { image = echo }', 'has g["a"]'],
    ["guest g for b in [true, false] { image = echo }", "has g[true]"],
    ["enum E { x, y }\nguest g for e in [E.x, E.y] { image = echo }", "has g[x]"],
    ["guest g for a in [10.0.0.1] { image = echo }", "has g[10.0.0.1]"],
    ["guest g for i in 1..2 { image = echo }\noutput it = g[3]", "VB3004"],
    ['guest g for i in 1..2 { image = echo }\noutput it = g["1"]', "VB2008"],
  ],
  "Taking one element away": [['guest g for n in ["b"] { image = echo }', 'has g["b"]', 'lacks g["a"]']],
  "Keys are ints, strings": [
    ["guest g for x in [1, 1] { image = echo }", "VB3005"],
    ["guest g for x in [1.5] { image = echo }", "VB2008"],
    ["guest g for x in [[1]] { image = echo }", "VB2008"],
    ["guest g for x in [lan] { image = echo }", "VB2008"],
  ],
  "Over a map, `for key, value in m`": [
    ["guest g for k, v in { a = 1, b = 2 } { image = echo, args = [v] }", 'g["b"].args = [2]'],
  ],
  "Two variables over a list are an error": [["guest g for i, x in [1, 2] { image = echo }", "VB2008"]],
  "A family is also read with": [
    ["guest g for i in [3, 1] { image = echo }\noutput it = g.keys()", "it = [3, 1]"],
    ["guest g for i in [3, 1] { image = echo }\noutput it = g.values()", "it = [g[3], g[1]]"],
    ["guest g for i in [3, 1] { image = echo }\noutput it = g.get(4) == none", "it = true"],
    ["guest g for i in [3, 1] { image = echo }\noutput it = 3 in g", "it = true"],
  ],
  "`when` makes a declaration conditional": [
    ["guest g when 1 > 2 { image = echo }", "lacks g"],
    ["guest g when true { image = echo }", "has g"],
    ["guest g when 1 { image = echo }", "VB2008"],
  ],
  "One conditional thing has the type": [
    ["guest g when false { image = echo }\noutput it = g == none", "it = true"],
    ["guest g when true { image = echo }\noutput it = g.args", "VB2016"],
    ["guest g when true { image = echo, args = [7] }\noutput it = g?.args ?? []", "it = [7]"],
    ["guest g for i in 1..3 when i != 2 { image = echo }\noutput it = g.keys()", "it = [1, 3]"],
  ],
  "A `for` or a `when` may read anything except": [
    ["guest g for i in g.keys() { image = echo }", "VB2017"],
    ["guest g when h.args.len() > 0 { image = echo }\nguest h { image = echo, args = [1] }", "has g"],
    [
      "guest g for a in h.args.map(x => x.string()) { image = echo }\nguest h { image = echo, args = [1] }",
      'has g["1"]',
    ],
  ],
  "`labels` are for selecting": [
    [
      'guest g { image = echo, labels = { site = "oslo", rack = 3 } }',
      'g.labels = { site = "oslo", rack = 3 }',
    ],
  ],
  "`depends_on` names things": [
    ["guest a { image = echo }\nguest b { image = echo, depends_on = [a] }", "needs b a"],
    ["guest b { image = echo, depends_on = [lan] }", "needs b lan"],
    ['guest b { image = echo, depends_on = ["a"] }', "VB2008"],
    [
      "guest a for i in 1..2 { image = echo }\nguest b { image = echo, depends_on = [...a.values()] }",
      "needs b a[1] a[2]",
    ],
    [
      "guest a for i in 1..2 { image = echo }\nguest b { image = echo, depends_on = [a] }",
      "VB2008",
      "says It is a family",
    ],
  ],
  "`protect = true` refuses": [["volume v: memory { size = 1MiB, protect = true }", "v.protect = true"]],
  "`moved_from` is an address": [
    ["guest g { image = echo, moved_from = \"old['a']\" }", "has g"],
    ['guest g { image = echo, moved_from = "not an address" }', "VB3006"],
  ],
  "A volume takes `retain`": [
    ["volume v: memory { size = 1MiB, retain = true }", "v.retain = true"],
    ["guest g { image = echo, retain = true }", "VB2004"],
  ],
};
