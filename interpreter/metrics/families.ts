// What `vbus metrics` tells, by name: docs/metrics.md has the same list. Base units are seconds and bytes.

import type { Family } from "./exposition.ts";

const counter = (help: string): Family => ({ type: "counter", help });
const gauge = (help: string): Family => ({ type: "gauge", help });
const histogram = (help: string): Family => ({ type: "histogram", help });

export const FAMILIES = {
  vbus_lab_info: gauge("The lab's name; always 1."),
  vbus_lab_uptime_seconds: gauge("Time since the lab was started."),
  vbus_lab_generation: gauge("Number of the apply that runs."),
  vbus_lab_ready: gauge("1 when every guest has met its goal."),
  vbus_lab_failures: gauge("Guests that can't meet their goals any more."),
  vbus_guest_state: gauge("1 for the state that the guest is in, 0 for the others."),
  vbus_guest_goal_met: gauge("1 when the guest is as far as it should come."),
  vbus_guest_uptime_seconds: gauge("Time since the guest was booted."),
  vbus_guest_memory_bytes: gauge("RAM of the guest."),
  vbus_guest_restarts_total: counter("Starts of the guest after its first one."),
  vbus_guest_cpu_seconds_total: counter("CPU time of the guest's thread since it was booted."),
  vbus_guest_queue_seconds_total: counter("Time that the guest's thread was ready and had no core."),
  vbus_guest_verbs_total: counter("Calls of the host by the guest."),
  vbus_guest_signals_total: counter("Signals that were set pending for the guest."),
  vbus_guest_wakes_total: counter("Those of the signals that found the guest asleep."),
  vbus_guest_late_wakes_total: counter("Wake-ups of the guest that came after its deadline."),
  vbus_device_frames_total: counter(
    "Frames, or messages of a channel, that the guest sent (tx), or that were put before it (rx).",
  ),
  vbus_device_bytes_total: counter("Bytes of those frames."),
  vbus_device_dropped_frames_total: counter("Frames that ended here, by reason."),
  vbus_device_kicks_total: counter("Signals of the guest for its sending ring."),
  vbus_device_frames_per_kick: histogram("Frames that one such signal worked off."),
  vbus_device_kick_seconds: histogram("Time of host code in such a signal; a sample of them."),
  vbus_device_latency_seconds: histogram("Time that frames lay in the receiving ring; a sample of them."),
  vbus_device_occupancy_frames: histogram("Frames that lay in the receiving ring; a sample."),
  vbus_device_wake_seconds: histogram("Time from a signal to its sleeping guest running again."),
  vbus_device_late_wakes_total: counter("Wake-ups by the device that came after the guest's deadline."),
  vbus_device_ticks_total: counter("Timers of a vclock that fired."),
  vbus_device_random_bytes_total: counter("Bytes that a vrng gave."),
  vbus_device_requests_total: counter("Requests of a vblk that are done, by what was asked."),
  vbus_line_frames_total: counter("Frames that came into an impaired direction of a device."),
  vbus_line_waiting_frames: gauge("Those that wait there now."),
  vbus_line_duplicated_frames_total: counter("Those that were doubled."),
  vbus_line_corrupted_frames_total: counter("Those of which a bit was flipped."),
  vbus_line_reordered_frames_total: counter("Those that overtook others."),
  vbus_ring_slots: gauge("Size of a ring of an open device."),
  vbus_ring_filled_slots: gauge("Slots with a frame that its receiver has not taken."),
  vbus_ring_signals_total: counter("Signals that told of the ring."),
  vbus_ring_suppressed_signals_total: counter("Signals left out, because the guest was looking anyway."),
  vbus_ring_wakes_total: counter("Those of the signals that found the guest asleep."),
  vbus_network_ports: gauge("Devices on the network."),
  vbus_network_frames_total: counter("Frames that its devices sent."),
  vbus_network_bytes_total: counter("Bytes of those frames."),
  vbus_network_dropped_frames_total: counter("Frames that ended on the network, by reason."),
  vbus_uplink_up: gauge("1 when the uplink's link is up."),
  vbus_uplink_frames_total: counter("Frames from outside (rx) and to outside (tx)."),
  vbus_uplink_bytes_total: counter("Bytes of those frames."),
  vbus_uplink_dropped_frames_total: counter("Frames that ended at the uplink, by reason."),
  vbus_volume_size_bytes: gauge("Size of the volume."),
  vbus_volume_used_bytes: gauge("Bytes of it that are really stored, where that is known."),
  vbus_volume_requests_total: counter("Requests of all devices that are done, by what was asked."),
  vbus_channel_ends: gauge("Devices on the channel."),
  vbus_channel_waiting_messages: gauge("Messages that wait for a receiver."),
  vbus_channel_messages_total: counter("Messages that were received."),
  vbus_channel_bytes_total: counter("Bytes of those messages."),
  vbus_channel_dropped_messages_total: counter("Messages that were not taken, by reason."),
} as const satisfies Readonly<Record<string, Family>>;

export type MetricName = keyof typeof FAMILIES;
