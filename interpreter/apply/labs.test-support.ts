// For tests: labs made at random, as texts of the language, and what two of them have in common by chance.
// Every text checks. Guests are real images that run until they are stopped.

import fc from "fast-check";

interface RandomDevice {
  readonly name: string;
  readonly network: number;
  readonly rateMbps: number | undefined;
  readonly down: boolean;
  readonly ring: number;
}
interface RandomGuest {
  readonly name: string;
  readonly args: readonly string[];
  readonly labels: number;
  readonly memoryMiB: number;
  readonly console: boolean;
  readonly shared: boolean;
  readonly devices: readonly RandomDevice[];
}
interface RandomLab {
  readonly networks: readonly { readonly name: string; readonly mtu: number }[];
  readonly guests: readonly RandomGuest[];
  readonly office: boolean;
}

const device: fc.Arbitrary<RandomDevice> = fc.record({
  name: fc.constantFrom("eth0", "eth1"),
  network: fc.nat(3),
  rateMbps: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  down: fc.boolean(),
  ring: fc.constantFrom(64, 128, 256),
});
const guestNamed = (name: string): fc.Arbitrary<RandomGuest> =>
  fc.record({
    name: fc.constant(name),
    args: fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }),
    labels: fc.nat(2),
    memoryMiB: fc.constantFrom(2, 3),
    console: fc.boolean(),
    shared: fc.boolean(),
    devices: fc.uniqueArray(device, { maxLength: 2, selector: (one) => one.name }),
  });

/** At most `guestsMax` guests; names come from a small set, so that two labs share some. */
export const randomLab = (guestsMax: number): fc.Arbitrary<RandomLab> =>
  fc.record({
    networks: fc.uniqueArray(
      fc.record({ name: fc.constantFrom("n1", "n2", "n3"), mtu: fc.constantFrom(1500, 9000) }),
      {
        minLength: 1,
        maxLength: 3,
        selector: (one) => one.name,
      },
    ),
    guests: fc
      .subarray(["g1", "g2", "g3", "g4", "g5"], { maxLength: guestsMax })
      .chain((names) => fc.tuple(...names.map(guestNamed))),
    office: fc.boolean(),
  });

/** A lab with each of two edits, which touch different guests, and with both. */
interface MixedLabs {
  readonly start: RandomLab;
  readonly one: RandomLab;
  readonly other: RandomLab;
  readonly both: RandomLab;
}

export const mixedLabs: fc.Arbitrary<MixedLabs> = fc
  .tuple(randomLab(4), randomLab(4), randomLab(4))
  .map(([start, first, second]) => {
    const left = new Set(["g1", "g2", "g3"]);
    const edit = (lab: RandomLab, by: RandomLab, isLeft: boolean): RandomLab => {
      const stays = lab.guests.filter(({ name }) => left.has(name) !== isLeft);
      const comes = by.guests.filter(({ name }) => left.has(name) === isLeft);
      return { ...lab, guests: [...stays, ...comes].sort((a, b) => (a.name < b.name ? -1 : 1)) };
    };
    const one = edit(start, first, true);
    return { start, one, other: edit(start, second, false), both: edit(one, second, false) };
  });

/** The lab as a file. */
export function textOfLab({ networks, guests, office }: RandomLab): string {
  const lines = [`image echo: wasm { path = "std:guests/echo" }`];
  for (const { name, mtu } of networks) {
    lines.push(`network ${name} { subnet = 10.${name.slice(1)}.0.0/24, mtu = ${mtu}B }`);
  }
  if (office) lines.push("bus office { device tty: vconsole { columns = 100 } }");
  for (const guest of guests) lines.push(guestText(guest, networks, office));
  return `${lines.join("\n")}\n`;
}

function guestText(guest: RandomGuest, networks: RandomLab["networks"], office: boolean): string {
  const head = [
    "image = echo",
    `env = { ARGS = "${guest.args.join(" ")}" }`,
    `labels = { team = ${guest.labels} }`,
    `memory = ${guest.memoryMiB}MiB`,
  ];
  if (guest.shared && office)
    return `guest ${guest.name} { ${[...head, "bus = office", "use = []"].join(", ")} }`;
  const devices = guest.devices.map((one) => {
    const network = networks[one.network % networks.length]?.name ?? "";
    const settings = [`network = ${network}`, `ring = ${one.ring}`, `link = ${one.down ? "down" : "up"}`];
    if (one.rateMbps !== undefined) settings.push(`rate = ${one.rateMbps}Mbps`);
    return `device ${one.name}: venet { ${settings.join(", ")} }`;
  });
  if (guest.console) devices.push("device tty: vconsole { }");
  return `guest ${guest.name} { ${[...head, ...devices].join(", ")} }`;
}
