// Messages between two guests over a channel, beside a Unix socket between two processes in C that keeps
// their borders too.
import { createHypervisor, type DeviceSpec, type VchanSpec } from "../hypervisor/index.ts";
import { compileRival, runRival } from "./compile.ts";
import { must, runGuests, said, standardImage } from "./guest-run.ts";
import type { Work } from "./harness.ts";

const BYTES = 64;
/** Messages that wait at most; a Unix socket takes a few hundred. */
const DEPTH = 1024;
const COUNT = { ours: 6e6, socket: 6e5, batched: 1e6 };
/** A tiny run does this share of the work. */
const TINY = 0.005;
/** Messages in a system call of the second rival. */
const BATCH = 64;

/** Compiles rival and guest and makes the work. `close` ends the hypervisor. */
export async function openChanBench(
  tiny: boolean,
): Promise<{ works: readonly Work[]; close: () => Promise<void> }> {
  const unix = await compileRival("unix");
  const hypervisor = createHypervisor({ lab: "bench", warm: 0 });
  const image = await standardImage(hypervisor, "chat");
  const amount = (count: number): number => Math.round(tiny ? count * TINY : count);
  const end = (role: VchanSpec["role"]): DeviceSpec => ({
    class: "vchan",
    name: "end",
    vchan: { channel: "pipe", role, priority: 0 },
  });
  /** Millions of messages a second, by the receiver's clock; void where one is missing. */
  const ours = async (): Promise<number> => {
    const count = amount(COUNT.ours);
    must(
      hypervisor.createChannel("pipe", { kind: "datagram", depth: DEPTH, messageMax: BYTES, full: "wait" }),
    );
    const guests = [
      { id: "receiver", image, args: ["--expect", count], devices: [end("receive")] },
      { id: "sender", image, args: ["--send", count, "--size", `${BYTES}B`], devices: [end("send")] },
    ];
    const logs = await runGuests(hypervisor, guests, () => {
      const messages = hypervisor.channel("pipe")?.messages;
      if (messages?.count !== count || messages.dropped !== 0)
        throw new Error(`of ${count} messages the channel says ${JSON.stringify(messages)}`);
    });
    must(hypervisor.removeChannel("pipe"));
    return count / said(logs["receiver"], /in order in ([\d.]+) ms/) / 1e3;
  };
  const socket = (count: number, batch: number) => async (): Promise<number> => {
    const { frames, seconds } = await runRival(unix, [amount(count), BYTES, batch]);
    return frames / seconds / 1e6;
  };
  const rivals = [
    { name: "Unix socket", measure: socket(COUNT.socket, 1) },
    { name: `Unix socket, ${BATCH} a call`, measure: socket(COUNT.batched, BATCH) },
  ];
  const work: Work = { name: `${BYTES} B`, unit: "Mmessages/s", better: "more", ours, rivals };
  return { works: [work], close: () => hypervisor.close() };
}
