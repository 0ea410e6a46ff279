// `npm run bench -- linux`: a venet on the vbus bridge beside a virtio card, in the same Linux guest. The
// frames of both go through the same switch, and the kernel's processor is what they cost.
import { quantile, type Measure, type Rival, type Work } from "./harness.ts";
import { openLinuxLab, PAGE, SIDES, type CardCounts, type LinuxLab, type Side } from "./linux-pc.ts";

/** How much is done in a run. */
interface Amount {
  readonly bytes: number;
  readonly frames: number;
  readonly pings: number;
}
const AMOUNT: Readonly<Record<"tiny" | "real", Amount>> = {
  tiny: { bytes: 500_000, frames: 500, pings: 5 },
  real: { bytes: 4_000_000, frames: 20_000, pings: 100 },
};
const UDP_HEADERS = 42;
const PKTGEN = "/proc/net/pktgen";

export async function openLinuxBench(
  tiny: boolean,
): Promise<{ readonly works: readonly Work[]; readonly close: () => Promise<void> }> {
  const lab = await openLinuxLab();
  try {
    const amount = tiny ? AMOUNT.tiny : AMOUNT.real;
    await prepare(lab, amount);
    return { works: worksOf(lab, amount), close: () => lab.close() };
  } catch (error) {
    await lab.close();
    throw error;
  }
}

async function prepare(lab: LinuxLab, { bytes }: Amount): Promise<void> {
  await lab.run("insmod /lib/modules/pktgen.ko; mkdir -p /tmp/www; httpd -p 80 -h /tmp/www");
  await lab.run(`head -c ${bytes} /dev/zero > /tmp/www${PAGE}`);
}

type Run = (lab: LinuxLab, side: Side, amount: Amount) => Promise<number>;

function worksOf(lab: LinuxLab, amount: Amount): readonly Work[] {
  const both = (measureOf: (side: Side) => Measure): { ours: Measure; rivals: readonly Rival[] } => ({
    ours: measureOf(SIDES.vbus),
    rivals: [{ name: "virtio-net, same guest", measure: measureOf(SIDES.virtio) }],
  });
  const work = (name: string, unit: string, better: Work["better"], run: Run): Work => ({
    name,
    unit,
    better,
    ...both((side) => () => run(lab, side, amount)),
  });
  /** The same work once more, for what a frame of it costs. */
  const per = (name: string, what: Exclude<keyof CardCounts, "frames">, run: Run): Work => ({
    name: `${name}, ${what}`,
    unit: what === "cpu" ? "us a frame" : "a frame",
    better: "less",
    ...both((side) => () => perFrame(lab, side, what, () => run(lab, side, amount))),
  });
  const small: Run = (...run) => pktgen(...run, 64);
  const large: Run = (...run) => pktgen(...run, 1400);
  return [
    work("TCP to the guest", "MB/s", "more", tcpIn),
    per("TCP to the guest", "cpu", tcpIn),
    per("TCP to the guest", "kicks", tcpIn),
    per("TCP to the guest", "interrupts", tcpIn),
    work("TCP from the guest", "MB/s", "more", tcpOut),
    per("TCP from the guest", "cpu", tcpOut),
    per("TCP from the guest", "kicks", tcpOut),
    per("TCP from the guest", "interrupts", tcpOut),
    work("UDP 64 B from the guest", "kframes/s", "more", small),
    per("UDP 64 B from the guest", "cpu", small),
    per("UDP 64 B from the guest", "kicks", small),
    work("UDP 1400 B from the guest", "kframes/s", "more", large),
    per("UDP 1400 B from the guest", "cpu", large),
    work("ping, p50", "us", "less", (...run) => ping(...run, 0.5)),
    work("ping, p99", "us", "less", (...run) => ping(...run, 0.99)),
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

/** Microseconds. */
async function ping(lab: LinuxLab, { neighbour }: Side, { pings }: Amount, share: number): Promise<number> {
  const output = await lab.run(`ping -c ${pings} -i 0.02 ${neighbour}`);
  const times = [...output.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms) * 1000);
  if (times.length < pings) throw new Error(`of ${pings} pings ${times.length} came back`);
  return quantile(times, share);
}
