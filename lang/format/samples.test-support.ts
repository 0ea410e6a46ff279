// Texts that together use the whole grammar, for the properties. What they mean does not matter.

export const SAMPLES: readonly string[] = [
  `let a = xs.filter(x => x > 1).map((x, y) => x * 2).sort().first() ?? other ?? [1, 2, 3].len()
let long = first_condition_of_all && second_condition_of_all || third_condition_of_all && !fourth_condition
let minus = some_rather_long_name_of_a_number - another_rather_long_name + -1 - (2 - 3) * 4 / 5 % 6
let t = a == 1 ? "one" : b in 1..3 ? { a = 1, "b c" = 2, 3 = x, short, ...rest } : {}
let e = [[], [[1]], {}, [...xs, ...[1, 2]], [for x in xs, y, z in ys when x != y && z > 100: [x, y, z]]]
let m = {for key, value in m when key != "x": "k-\${ key }-\${value.name}" => { key, value }}
let n = x?.y?.z[1][2].w(1, named = 2, other = x => { a = x })(3)
`,
  `type Site { name: string, weight: int = 1 where weight in 1..9, "1 to 9" }
type Many {
  as?: string
  f: (int, string) => [T]?
  g: ((T) => scalar)? = none
  u: "a" | "b" | int?   @live @deprecated("use x")
  s: secret string?
  r: { in: int, when?: { a: range duration } }
  let half = weight / 2
  assert half > 0, "positive"
  ...Site
  timed
}
`.replace("  as?: string\n", ""),
  `enum Role { source, sink, relay(via: [ip], hops: int = 3 where hops > 0, "some hops") }
guest web for name in ["a", "b"] when name != "c": some.thing { in = 1, when = 2 }
net.star hub for k, v in { a = 1 } { leaves = 4, at 10s for 500ms { down = true }, egress { loss = 1% } }
component pair(image: image, network: network = lan, count: int = 1 where count in 1..9, "a message") {
  guest left for i in 1..count { image = image, device eth0: venet { network = network } }
  output ips: [ip] = [left[1].eth0.ip]
}
import "std:net" as net
param key: secret string
param n: int = 3 where n in 1..10, "between 1 and \${ten}"
output x = "a \${ y ? "b \${ z }" : "c" } d"
`,
  `test "steps" {
  timeout = 5s
  param count = 50
  let seen = client.log.lines
  expect client.state == running within 2s, "runs"
  always lan.frames.dropped == 0 for 200ms
  do { set server.eth0.link = down, server.restart(), set a["b"].c = [1, 2] }
}
`,
  `let script = """
    line one \${ x + 1 } end
      indented

    last
    """
guest a {
  args = ["--to", other.eth0.ip, "--count", 5, "--interval", 20ms, "--verbose", "--label", "a label"]
  env = { TEXT = """
    in an object
    """, B = 2 }
  health = shell("""
  x
  """)
}
`,
  `kind thing { holds device, out id: int, live rx: Counter, live sh(c: string): Log, action go(n: int) }
class device x { mtu: size = network.mtu where mtu <= network.mtu, "larger than the network's"   @pause }
external fn f(xs: [T], by: ((T) => scalar)? = none): {[K]: [T]}
fn g(a: int, b: { x: int }): (T) => U = v => v
`,
];
