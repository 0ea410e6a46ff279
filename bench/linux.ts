// `npm run bench -- linux`: a venet on the vbus bridge beside a virtio card and v86's own card, in the same
// Linux guest, and beside a veth pair of the host's. The frames of the three go through the same switch, and
// the kernel's processor is what they cost.
import { setTimeout } from "node:timers/promises";
import { giveProgram } from "./guest-program.ts";
import { quantile, type Measure, type Work } from "./harness.ts";
import { beginWork } from "./linux-begin.ts";
import { diskWorks, type DiskAmount } from "./linux-disk.ts";
import { openVeth, pingTimes, rateOf, type Veth } from "./veth.ts";
import { openLinuxLab, PAGE, SIDES, type CardCounts, type LinuxLab, type Side } from "./linux-pc.ts";

/** How much is done in a run. */
interface Amount extends DiskAmount {
  readonly bytes: number;
  readonly frames: number;
  readonly pings: number;
  /** For how long what comes in is counted. */
  readonly floodMs: number;
  /** For how long a card gets datagrams first: until then most of the time goes into compiling the kernel. */
  readonly warmMs: number;
}
const AMOUNT: Readonly<Record<"tiny" | "real", Amount>> = {
  tiny: { bytes: 500_000, frames: 500, pings: 5, floodMs: 300, warmMs: 0, bulkBytes: 4 << 20, reads: 200 },
  real: {
    bytes: 16_000_000,
    frames: 20_000,
    pings: 100,
    floodMs: 1500,
    warmMs: 6000,
    bulkBytes: 32 << 20,
    reads: 4000,
  },
};
const UDP_HEADERS = 42;
const SETTLE_MS = 300;
/** The kernel's own drivers of IDE, what is needed first; some are there. They find the disk at once. */
const OWN_DISK_DRIVERS =
  "while read -r name; do insmod /lib/modules/$name 2> /dev/null; done < /etc/modules-ide; " +
  "n=0; until [ -b /dev/sda ]; do n=$((n + 1)); [ $n -lt 60 ] || exit 1; sleep 1; done";
const PKTGEN = "/proc/net/pktgen";

export async function openLinuxBench(
  tiny: boolean,
): Promise<{ readonly works: readonly Work[]; readonly close: () => Promise<void> }> {
  const lab = await openLinuxLab();
  const veth = await openVeth();
  if (typeof veth === "string") console.error(veth);
  const pair = typeof veth === "string" ? undefined : veth;
  const close = async (): Promise<void> => {
    await pair?.close();
    await lab.close();
  };
  try {
    const amount = tiny ? AMOUNT.tiny : AMOUNT.real;
    await prepare(lab, amount);
    return { works: [beginWork, ...worksOf(lab, amount, pair)], close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepare(lab: LinuxLab, { bytes }: Amount): Promise<void> {
  await lab.run("insmod /lib/modules/pktgen.ko; mkdir -p /tmp/www; httpd -p 80 -h /tmp/www");
  await lab.run(OWN_DISK_DRIVERS);
  await lab.run(`head -c ${bytes} /dev/zero > /tmp/www${PAGE}`);
}

const ALL_COUNTS = ["cpu", "kicks", "interrupts"] as const;
const RATE = ["kframes/s", "more"] as const;

type Run = (lab: LinuxLab, side: Side, amount: Amount) => Promise<number>;

function worksOf(lab: LinuxLab, amount: Amount, veth: Veth | undefined): readonly Work[] {
  const sides = (measureOf: (side: Side) => Measure, bare?: Measure): Pick<Work, "ours" | "rivals"> => ({
    ours: measureOf(SIDES.vbus),
    rivals: [
      { name: "virtio-net, same guest", measure: measureOf(SIDES.virtio) },
      { name: "v86's own, same guest", measure: measureOf(SIDES.own) },
      ...(bare ? [{ name: "veth, host", measure: bare }] : []),
    ],
  });
  const work = (
    name: string,
    [unit, better]: readonly [string, Work["better"]],
    run: Run,
    bare?: (pair: Veth) => Promise<number>,
  ): Work => ({
    name,
    unit,
    better,
    ...sides((side) => () => run(lab, side, amount), veth && bare && (() => bare(veth))),
  });
  /** The same work once more, for what a frame of it costs. */
  const per = (name: string, run: Run, counts: readonly (keyof CardCounts)[]): readonly Work[] =>
    counts.map((what) => ({
      name: `${name}, ${what}`,
      unit: what === "cpu" ? "us a frame" : "a frame",
      better: "less",
      ...sides((side) => () => perFrame(lab, side, what, () => run(lab, side, amount))),
    }));
  const warm = warmFirst();
  const udp = [64, 1400].flatMap((payload) => {
    const [out, into] = [`UDP ${payload} B from the guest`, `UDP ${payload} B to the guest`];
    const send: Run = (...run) => pktgen(...run, payload);
    const receive: Run = (...run) => warm(...run, payload);
    const bare = (pair: Veth): Promise<number> => pair.udp(payload, amount.floodMs);
    return [
      work(out, RATE, send, bare),
      ...per(out, send, ["cpu", "kicks"]),
      work(into, RATE, receive, bare),
      ...per(into, receive, ["cpu", "interrupts"]),
      work(`UDP ${payload} B to a program of the guest`, RATE, (...run) => taken(...run, payload)),
    ];
  });
  const trip = (share: number): Work =>
    work(
      `ping, p${share * 100}`,
      ["us", "less"],
      (...run) => ping(...run, share),
      async (pair) => quantile(await pair.pings(amount.pings), share),
    );
  return [
    work("TCP to the guest", ["MB/s", "more"], tcpIn, (pair) => pair.tcp()),
    ...per("TCP to the guest", tcpIn, ALL_COUNTS),
    work("TCP from the guest", ["MB/s", "more"], tcpOut, (pair) => pair.tcp()),
    ...per("TCP from the guest", tcpOut, ALL_COUNTS),
    ...udp,
    trip(0.5),
    trip(0.99),
    ...diskWorks(lab, amount),
  ];
}

async function perFrame(
  lab: LinuxLab,
  side: Side,
  what: keyof CardCounts,
  run: () => Promise<number>,
): Promise<number> {
  const before = lab.counts(side);
  await run();
  const after = lab.counts(side);
  const grown = (of: keyof CardCounts): number => after[of] - before[of];
  // None at all would be no ratio.
  return Math.max(grown(what), 0.5) / grown("frames");
}

/** MB/s, by the guest's clock. */
async function tcpIn(lab: LinuxLab, { neighbour }: Side, { bytes }: Amount): Promise<number> {
  const url = `http://${neighbour}/bytes/${bytes}`;
  const output = await lab.run(
    `cut -d' ' -f1 /proc/uptime; wget -q -O /dev/null ${url} || exit 1; cut -d' ' -f1 /proc/uptime`,
  );
  const [from = 0, to = 0] = output.trim().split("\n").map(Number);
  return bytes / 1e6 / (to - from);
}

/** MB/s, by the neighbour's clock. */
async function tcpOut(lab: LinuxLab, side: Side, { bytes }: Amount): Promise<number> {
  const said = await lab.fetchFromPc(side);
  const [, got = "", ms = ""] = /200: ([\d,]+) bytes in ([\d.,]+) ms/.exec(said) ?? [];
  if (Number(got.replaceAll(",", "")) !== bytes) throw new Error(`the neighbour says: ${said}`);
  return bytes / 1e3 / Number(ms.replaceAll(",", ""));
}

/** Thousands of frames a second that the kernel's own generator sends. */
async function pktgen(lab: LinuxLab, side: Side, { frames }: Amount, payload: number): Promise<number> {
  const device = `${PKTGEN}/${side.card}`;
  const lines = [
    `echo rem_device_all > ${PKTGEN}/kpktgend_0`,
    `echo add_device ${side.card} > ${PKTGEN}/kpktgend_0`,
    ...[
      `count ${frames}`,
      `pkt_size ${payload + UDP_HEADERS}`,
      "delay 0",
      `dst ${side.neighbour}`,
      `dst_mac ${side.neighbourMac}`,
    ].map((setting) => `echo ${setting} > ${device}`),
    `echo start > ${PKTGEN}/pgctrl`,
    `cat ${device}`,
  ];
  const said = await lab.run(lines.join("; "));
  const rate = /(\d+)pps/.exec(said)?.[1];
  if (rate === undefined) throw new Error(`pktgen says: ${said}`);
  return Number(rate) / 1000;
}

/** Thousands of frames a second that the guest takes in, of as many as there can be. */
function flooded(lab: LinuxLab, side: Side, { floodMs }: Amount, payload: number): Promise<number> {
  return lab.flood(side, payload, async () => {
    await setTimeout(SETTLE_MS);
    return rateOf(() => lab.received(side), floodMs);
  });
}

/** The same, once a card has had enough of them. */
function warmFirst(): typeof flooded {
  const warmed = new Set<Side>();
  return async (lab, side, amount, payload) => {
    if (!warmed.has(side)) await lab.flood(side, payload, () => setTimeout(amount.warmMs));
    warmed.add(side);
    return flooded(lab, side, amount, payload);
  };
}

/** Thousands of them a second that a program takes, of as many as there can be. */
async function taken(lab: LinuxLab, side: Side, { floodMs }: Amount, payload: number): Promise<number> {
  const output = lab.run(`${await giveProgram(lab, "take-datagrams")} ${payload}`);
  await lab.flood(side, payload, () => setTimeout(floodMs));
  const count = Number(await output);
  // A negative number is one of datagrams that had another length.
  if (!(count > 0)) throw new Error(`the guest's program took ${count} datagrams`);
  return count / floodMs;
}

/** Microseconds. */
async function ping(lab: LinuxLab, { neighbour }: Side, { pings }: Amount, share: number): Promise<number> {
  const output = await lab.run(`ping -c ${pings} -i 0.02 ${neighbour}`);
  const times = pingTimes(output);
  if (times.length < pings) throw new Error(`of ${pings} pings ${times.length} came back`);
  return quantile(times, share);
}
