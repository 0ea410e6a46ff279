// A running lab in the text format of Prometheus: every number that docs/metrics.md explains. Names of
// things, numbers and states, and no text that a guest or a file could fill with a secret.

import type {
  ChannelFacts,
  CounterFacts,
  Hypervisor,
  LineFacts,
  UplinkFacts,
  VolumeFacts,
} from "../../hypervisor/index.ts";
import type { DeviceRow, GuestRow, NetworkRow, Snapshot } from "../control/protocol.ts";
import { Exposition, type Labels } from "./exposition.ts";
import { FAMILIES, type MetricName } from "./families.ts";

type Text = Exposition<MetricName>;
/** What is asked beside the snapshot: facts that no dashboard draws. */
type Facts = Pick<Hypervisor, "guest" | "channels" | "uplinks" | "volumes" | "histograms">;

/** What Prometheus wants to be told of the format. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

const STATES: Readonly<Record<GuestRow["state"], true>> = {
  waiting: true,
  booting: true,
  running: true,
  paused: true,
  stopping: true,
  completed: true,
  failed: true,
  stopped: true,
  quarantined: true,
};
const MS = 1e-3;
/** Nanoseconds of a second. */
const NS = 1e9;
/** Seconds, from what a good call takes to what hangs. */
const TIMES = {
  bounds: [3e-7, 1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1, 10],
  unit: NS,
} as const;
const FRAMES = { bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024], unit: 1 } as const;

/** Reads what there is now, and stops nobody. */
export function metricsText(snapshot: Snapshot, hypervisor: Facts): string {
  const text: Text = new Exposition(FAMILIES);
  addLab(text, snapshot);
  for (const guest of snapshot.guests) addGuest(text, guest, hypervisor);
  for (const device of snapshot.devices) addDevice(text, device, hypervisor);
  for (const network of snapshot.networks) addNetwork(text, network);
  for (const uplink of hypervisor.uplinks()) addUplink(text, uplink);
  for (const volume of hypervisor.volumes()) addVolume(text, volume);
  for (const channel of hypervisor.channels()) addChannel(text, channel);
  return text.text();
}

function addLab(text: Text, { lab, uptimeMs, generation, ready, failures }: Snapshot): void {
  text.add("vbus_lab_info", { lab }, 1);
  text.add("vbus_lab_uptime_seconds", {}, uptimeMs * MS);
  text.add("vbus_lab_generation", {}, generation);
  text.add("vbus_lab_ready", {}, Number(ready));
  text.add("vbus_lab_failures", {}, failures);
}

function addGuest(text: Text, guest: GuestRow, hypervisor: Facts): void {
  const of: Labels = { guest: guest.address };
  for (const state of Object.keys(STATES))
    text.add("vbus_guest_state", { ...of, state }, Number(state === guest.state));
  text.add("vbus_guest_goal_met", of, Number(guest.goalMet));
  text.add("vbus_guest_uptime_seconds", of, guest.uptimeMs * MS);
  text.add("vbus_guest_memory_bytes", of, guest.memory);
  text.add("vbus_guest_restarts_total", of, guest.restarts);
  text.add("vbus_guest_cpu_seconds_total", of, guest.cpuMs * MS);
  text.add("vbus_guest_queue_seconds_total", of, guest.queueMs * MS);
  text.add("vbus_guest_verbs_total", of, guest.exits);
  text.add("vbus_guest_signals_total", of, guest.signals);
  text.add("vbus_guest_wakes_total", of, guest.interrupts);
  text.add("vbus_guest_late_wakes_total", of, hypervisor.guest(guest.address)?.late ?? 0);
}

function addDevice(text: Text, device: DeviceRow, hypervisor: Facts): void {
  const of: Labels = { device: device.id };
  for (const direction of ["rx", "tx"] as const)
    addCounter(text, "device", { ...of, direction }, device[direction]);
  text.add("vbus_device_kicks_total", of, device.kicks);
  text.add("vbus_device_late_wakes_total", of, device.late);
  if (device.ticks !== undefined) text.add("vbus_device_ticks_total", of, device.ticks);
  if (device.randomBytes !== undefined) text.add("vbus_device_random_bytes_total", of, device.randomBytes);
  for (const direction of ["egress", "ingress"] as const) {
    const line = device[direction];
    if (line !== undefined) addLine(text, { ...of, direction }, line);
  }
  for (const ring of device.rings) {
    const labels = { ...of, ring: ring.name };
    text.add("vbus_ring_slots", labels, ring.size);
    text.add("vbus_ring_filled_slots", labels, ring.filled);
    text.add("vbus_ring_signals_total", labels, ring.signals);
    text.add("vbus_ring_suppressed_signals_total", labels, ring.suppressed);
    text.add("vbus_ring_wakes_total", labels, ring.interrupts);
  }
  if (device.requests !== undefined) {
    const { reads, writes, flushes, discards } = device.requests;
    const done = { read: reads, write: writes, flush: flushes, discard: discards };
    for (const [request, count] of Object.entries(done))
      text.add("vbus_device_requests_total", { ...of, request }, count);
  }
  const histograms = hypervisor.histograms(device.id);
  if (histograms === undefined) return;
  const { framesPerKick, kickNs, latencyNs, occupancy, wakeNs } = histograms.rings;
  text.histogram("vbus_device_frames_per_kick", of, framesPerKick, FRAMES);
  text.histogram("vbus_device_kick_seconds", of, kickNs, TIMES);
  text.histogram("vbus_device_latency_seconds", of, latencyNs, TIMES);
  text.histogram("vbus_device_occupancy_frames", of, occupancy, FRAMES);
  text.histogram("vbus_device_wake_seconds", of, wakeNs, TIMES);
  for (const [direction, late] of Object.entries(histograms.late))
    text.histogram("vbus_line_late_seconds", { ...of, direction }, late, TIMES);
}

function addLine(text: Text, labels: Labels, line: LineFacts): void {
  text.add("vbus_line_frames_total", labels, line.count);
  text.add("vbus_line_waiting_frames", labels, line.waiting);
  text.add("vbus_line_duplicated_frames_total", labels, line.duplicated);
  text.add("vbus_line_corrupted_frames_total", labels, line.corrupted);
  text.add("vbus_line_reordered_frames_total", labels, line.reordered);
}

function addNetwork(text: Text, { address, ports, frames }: NetworkRow): void {
  const of: Labels = { network: address };
  text.add("vbus_network_ports", of, ports);
  addCounter(text, "network", of, frames);
}

function addUplink(text: Text, { id, link, rx, tx }: UplinkFacts): void {
  const of: Labels = { uplink: id };
  text.add("vbus_uplink_up", of, Number(link === "up"));
  addCounter(text, "uplink", { ...of, direction: "rx" }, rx);
  addCounter(text, "uplink", { ...of, direction: "tx" }, tx);
}

function addVolume(text: Text, { id, size, used, reads, writes, flushes, discards }: VolumeFacts): void {
  const of: Labels = { volume: id };
  text.add("vbus_volume_size_bytes", of, size);
  if (used !== undefined) text.add("vbus_volume_used_bytes", of, used);
  const done = { read: reads, write: writes, flush: flushes, discard: discards };
  for (const [request, count] of Object.entries(done))
    text.add("vbus_volume_requests_total", { ...of, request }, count);
}

function addChannel(text: Text, { id, messages, waiting, ends }: ChannelFacts): void {
  const of: Labels = { channel: id };
  text.add("vbus_channel_ends", of, ends);
  text.add("vbus_channel_waiting_messages", of, waiting);
  text.add("vbus_channel_messages_total", of, messages.count);
  text.add("vbus_channel_bytes_total", of, messages.bytes);
  for (const [reason, count] of Object.entries(messages.droppedBy))
    text.add("vbus_channel_dropped_messages_total", { ...of, reason }, count);
}

function addCounter(
  text: Text,
  what: "device" | "network" | "uplink",
  labels: Labels,
  facts: CounterFacts,
): void {
  text.add(`vbus_${what}_frames_total`, labels, facts.count);
  text.add(`vbus_${what}_bytes_total`, labels, facts.bytes);
  for (const [reason, frames] of Object.entries(facts.droppedBy))
    text.add(`vbus_${what}_dropped_frames_total`, { ...labels, reason }, frames);
}
