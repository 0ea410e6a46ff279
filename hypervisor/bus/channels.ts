// Channels on the control thread: making, changing, unmaking, and who is on one. What goes through them is
// moved by the guests' own threads (device/vchan).

import type { ChannelEnd } from "../device/connection.ts";
import { roleBits } from "../device/vchan/facts.ts";
import type { ChannelFacts, ChannelSpec, Id, Outcome, VchanSpec } from "../hypervisor.ts";
import { CHANNEL_DEPTH_MAX, CHANNEL_MESSAGE_MAX, CHANNEL_ROOM_MAX } from "../limits.ts";
import { VCHAN_ROLE } from "../ring/abi.ts";
import { Lanes, REFUSED, createLanes, type LaneShape } from "../ring/lanes.ts";
import { refuse, success } from "./outcome.ts";

interface Channel {
  spec: ChannelSpec;
  readonly lanes: Lanes;
  /** Ports that are on it. */
  readonly ports: Set<number>;
}

/** Whether the guest that had a port open may still be busy there. */
export type IsInUse = (port: number) => boolean;

export class Channels {
  readonly all = new Map<Id, Channel>();
  readonly #isInUse: IsInUse;

  constructor(isInUse: IsInUse) {
    this.#isInUse = isInUse;
  }

  create(id: Id, spec: ChannelSpec): Outcome {
    if (this.all.has(id)) return refuse("exists", `there is a channel \`${id}\` already`);
    const wrong = wrongSpec(spec);
    if (wrong) return wrong;
    const lanes = new Lanes(createLanes(shapeOf(spec)));
    lanes.setRefuses(spec.full === "refuse");
    this.all.set(id, { spec, lanes, ports: new Set() });
    return success();
  }

  set(id: Id, spec: ChannelSpec): Outcome {
    const channel = this.all.get(id);
    if (!channel) return missing(id);
    const fixed = ["kind", "depth", "messageMax"] as const;
    const differs = fixed.find((name) => channel.spec[name] !== spec[name]);
    if (differs) return refuse("invalid", `\`${differs}\` can't change while the channel is there`);
    channel.spec = spec;
    channel.lanes.setRefuses(spec.full === "refuse");
    return success();
  }

  remove(id: Id): Outcome {
    const channel = this.all.get(id);
    if (!channel) return missing(id);
    if (channel.ports.size > 0) return refuse("busy", `channel \`${id}\` has devices`);
    this.all.delete(id);
    return success();
  }

  /** Why there can't be a device like this; undefined where there can. */
  wrong({ channel, priority }: VchanSpec): Outcome | undefined {
    if (!this.all.has(channel)) return missing(channel);
    if (Number.isInteger(priority) && priority >= 0 && priority <= 7) return undefined;
    return refuse("invalid", "a priority is from 0 to 7");
  }

  /** Puts a port on its channel, or says why not; then nothing has changed. */
  plug(port: number, spec: VchanSpec): Outcome<ChannelEnd> {
    const channel = this.all.get(spec.channel);
    if (!channel) return missing(spec.channel);
    const { lanes } = channel;
    const bits = roleBits(spec.role);
    const receives = (bits & VCHAN_ROLE.receive) !== 0;
    const sends = (bits & VCHAN_ROLE.send) !== 0;
    if (receives && !lanes.addReceiver(port))
      return refuse("limit", `channel \`${spec.channel}\` has no room for one more that receives`);
    const lane = sends ? lanes.addSender(port, (sender) => this.#isFree(channel, sender)) : -1;
    if (sends && lane < 0) {
      lanes.removeReceiver(port);
      return refuse("limit", `channel \`${spec.channel}\` has no room for one more that sends`);
    }
    channel.ports.add(port);
    return { ok: true, value: { lanes: lanes.shape, lane, receives, priority: spec.priority } };
  }

  /** What it has sent, and nobody has received yet, waits on. */
  unplug(port: number, id: Id): void {
    const channel = this.all.get(id);
    channel?.lanes.removeReceiver(port);
    channel?.ports.delete(port);
  }

  /** Ports on a channel. */
  portsOn(id: Id): readonly number[] {
    return [...(this.all.get(id)?.ports ?? [])];
  }

  facts(id: Id): ChannelFacts | undefined {
    const channel = this.all.get(id);
    if (!channel) return undefined;
    const { lanes, spec } = channel;
    let [count, bytes, waiting, full, tooBig, malformed] = [0, 0, 0, 0, 0, 0];
    const refused = (lane: number, reason: number): number =>
      lanes.f64[lanes.refusedCell(lane, reason)] as number;
    for (let lane = 0; lane < lanes.lanesUsed; lane++) {
      count += lanes.received(lane);
      bytes += lanes.bytesReceived(lane);
      waiting += Math.max(0, lanes.waiting(lane));
      full += refused(lane, REFUSED.full);
      tooBig += refused(lane, REFUSED.tooBig);
      malformed += refused(lane, REFUSED.malformed);
    }
    const reasons = Object.entries({ full, too_big: tooBig, malformed }).filter(([, number]) => number > 0);
    const messages = {
      count,
      bytes,
      dropped: full + tooBig + malformed,
      droppedBy: Object.fromEntries(reasons),
    };
    return { id, kind: spec.kind, messages, waiting, ends: channel.ports.size };
  }

  allFacts(): readonly ChannelFacts[] {
    return [...this.all.keys()].map((id) => this.facts(id) as ChannelFacts);
  }

  /** A lane whose sender is not on the channel any more, and not busy there either. */
  #isFree({ ports }: Channel, sender: number): boolean {
    return !ports.has(sender) && !this.#isInUse(sender);
  }
}

function shapeOf({ kind, depth, messageMax }: ChannelSpec): LaneShape {
  return { stream: kind === "stream", depth, messageMax };
}

function wrongSpec({ depth, messageMax }: ChannelSpec): Outcome | undefined {
  const whole = (value: number, most: number): boolean =>
    Number.isInteger(value) && value >= 1 && value <= most;
  if (!whole(depth, CHANNEL_DEPTH_MAX))
    return refuse("invalid", `a channel's depth is from 1 to ${CHANNEL_DEPTH_MAX}`);
  if (!whole(messageMax, CHANNEL_MESSAGE_MAX))
    return refuse("invalid", `a message has at most ${CHANNEL_MESSAGE_MAX} bytes`);
  if (depth * messageMax > CHANNEL_ROOM_MAX)
    return refuse("invalid", `depth times message_max is at most ${CHANNEL_ROOM_MAX} bytes`);
  return undefined;
}

function missing(id: Id): Outcome<never> {
  return refuse("missing", `there is no channel \`${id}\``);
}
