// What every class of devices is tested for, and where. A row for each class that has a driver; a cell names
// a test by its file and its title, as it stands there. devices.test.ts holds the table to the files.

export interface Cell {
  readonly file: string;
  readonly test: string;
  /** What the test does with this class, as it stands in a file of the test's. */
  readonly by?: readonly [file: string, text: string];
}

interface DeviceRow {
  /** A class of the prelude; or `folder`, a vblk whose volume is one. */
  readonly name: string;
  /** Calls, structures and moments by chance. */
  readonly fuzz: Cell;
  /** What can't be stops who did it, or is answered, and neighbours go on. */
  readonly containment: Cell;
  /** By attribute: what its change comes to while a guest has the device open. */
  readonly changes: Readonly<Record<string, Cell>>;
  /** Its guest is paused with something under way, and goes on. */
  readonly pause: Cell;
}

const FUZZ = "hypervisor/fuzz.test.ts";
const CALLS = "hypervisor/fuzz-calls.test-support.ts";
const fuzzed = (name: string): Cell => ({
  file: FUZZ,
  test: "${COUNT} sequences end no host and cost a pair nothing",
  by: [CALLS, `{ name: "${name}", devices: `],
});
const at =
  (file: string) =>
  (test: string): Cell => ({ file, test });
const inSwitch = at("hypervisor/switch.test.ts");
const inSmall = at("hypervisor/small-devices.test.ts");
const inChannels = at("hypervisor/channels.test.ts");
const inDisks = at("hypervisor/disks.test.ts");
const inFolders = at("hypervisor/machine/wasi/folders.test.ts");
const resized = at("interpreter/reconfigure.test.ts")(
  "rings and MTUs change in a closed loop, and every frame arrives in order",
);
const limited = inDisks("a limit of %s lets the guest wait, and nothing is lost");

export const DEVICES: readonly DeviceRow[] = [
  {
    name: "venet",
    fuzz: fuzzed("venet"),
    containment: {
      file: "hypervisor/hostile.test.ts",
      test: "%s",
      by: ["hypervisor/hostile-guests.test-support.ts", '"a frame whose last byte is outside its memory"'],
    },
    changes: {
      network: inSwitch("a port that is plugged elsewhere is forgotten where it was"),
      mtu: resized,
      link: inSwitch("each frame that can't be delivered is counted under its reason, and given back"),
      ring: resized,
      rate: inSwitch("over its rate a sender waits, and what a receiver gets is dropped"),
      vlan: at("hypervisor/vlan.test.ts")("a VLAN is changed while it runs"),
      offload: at("hypervisor/offload.test.ts")(
        "who did not ask for it, or may not have it, says a length that is too big",
      ),
      impair: at("hypervisor/lines-live.test.ts")(
        "a closed loop loses nothing by changes of delays and rates",
      ),
    },
    pause: at("hypervisor/pause.test.ts")(
      "frames for a paused guest fill its ring, then they are full; what stood there is taken",
    ),
  },
  {
    name: "vblk",
    fuzz: fuzzed("vblk"),
    containment: inDisks("%s stops the guest, and nobody else"),
    changes: {
      readonly: inDisks("a disk becomes read-only and back while it is open"),
      queues: inDisks("a guest that is paused among its requests stands still after one, and goes on"),
      rate: limited,
      iops: limited,
    },
    pause: inDisks("a guest that is paused among its requests stands still after one, and goes on"),
  },
  {
    name: "folder",
    fuzz: at("hypervisor/machine/wasi/fuzz.test.ts")("anything is answered, and nothing outside changes"),
    containment: inFolders(
      "what points outside its memory is answered, and a neighbour's files are written on",
    ),
    changes: { readonly: inFolders("a folder becomes read-only and back under a program that has it open") },
    pause: inFolders("a program that is paused among its writes stands still after one, and goes on"),
  },
  {
    name: "vconsole",
    fuzz: fuzzed("vconsole"),
    containment: inSmall("%s stops a terminal's guest, and nobody else"),
    changes: {
      columns: inSmall("the size of a terminal is another one while it is open, and its guest is told"),
      rows: inSmall("the size of a terminal is another one while it is open, and its guest is told"),
    },
    pause: inSmall("what a paused guest shows and is typed waits, and is there when it goes on"),
  },
  {
    name: "vchan",
    fuzz: fuzzed("vchan"),
    containment: inChannels("%s stops the guest, and nobody else"),
    changes: {
      channel: inChannels("a device that is taken away answers ENODEV, and another channel is another one"),
      role: inChannels("who may not send or receive is told so, and a role can change while it is open"),
      priority: inChannels("the more urgent goes first, and equals take turns"),
    },
    pause: inChannels("a paused receiver loses nothing, and its sender waits"),
  },
  {
    name: "vclock",
    fuzz: fuzzed("vclock"),
    containment: inSmall(
      "timers of all times, and a signal number asked for again and again, cost the guest alone",
    ),
    changes: {
      offset: at("hypervisor/clocks.test.ts")(
        "a clock tells the time, and what its guest is to believe of it",
      ),
      drift: inSmall("a clock runs fast or slow from when that is said, for who has it open"),
    },
    pause: inSmall("timers that are due in a pause are told after it, once, and the rest is missed"),
  },
  {
    name: "vrng",
    fuzz: fuzzed("vrng"),
    containment: inSmall("a %s that is asked for what can't be writes nowhere, and disturbs nobody"),
    changes: {},
    pause: inSmall("randomness goes on after a pause where it was, and nothing of it comes meanwhile"),
  },
];

/** Ways out of the process: who is at the other end is no guest, and is not paused. */
interface UplinkRow {
  readonly name: string;
  /**
   * What comes from outside, by chance. Of a tap each frame is the kernel's, whole, and judged as any other.
   */
  readonly fuzz?: Cell;
  readonly containment: Cell;
  /** By attribute of the class: what its change comes to while frames may pass. */
  readonly changes: Readonly<Record<string, Cell>>;
}

const inUplinks = at("hypervisor/uplinks.test.ts");
const inGateway = at("hypervisor/backend/nat/hostile.test.ts");
const inPcap = at("hypervisor/pcap.test.ts");
const inTap = at("interpreter/tap.test.ts");
const declaredAs = (attribute: string): Cell => ({
  file: "interpreter/classes.test.ts",
  test: "${attribute} (${says.join()}) disturbs as it is declared",
  by: ["interpreter/classes-rows.test-support.ts", `attribute: "${attribute}"`],
});
const listensElsewhere = at("interpreter/uplinks.test.ts")(
  "an uplink that changes where it listens is made anew, and its other end finds it",
);

/** What every class of them has. */
export const EVERY_UPLINK: UplinkRow["changes"] = {
  network: inUplinks("what comes over the rate is dropped as `rate`; another network is taken at once"),
  link: inUplinks("without an other end frames are dropped as `down`; a cut link drops both ways"),
  rate: inUplinks("what comes over the rate is dropped as `rate`; another network is taken at once"),
};
export const UPLINKS: readonly UplinkRow[] = [
  {
    name: "nat",
    fuzz: inGateway("rubbish of every kind ends nothing"),
    containment: inGateway("packets from elsewhere, from the gateway, from another's address: dropped"),
    changes: {
      dns: declaredAs("nat.dns"),
      outward: declaredAs("nat.outward"),
      ipv6: declaredAs("nat.ipv6"),
      subnet6: declaredAs("nat.subnet6"),
      host_access: at("hypervisor/backend/nat/reach.test.ts")(
        "what was allowed and is not any more: new connections are refused",
      ),
      publish: at("interpreter/nat.test.ts")(
        "a guest's port is reached from the host, and by another port after a save",
      ),
    },
  },
  {
    name: "tap",
    containment: inTap("an interface that somebody else has open is refused with its name"),
    changes: { interface: inTap("the host's own stack pings a guest over a TAP interface") },
  },
  {
    name: "socket",
    fuzz: at("hypervisor/backend/uplink/frame-stream.test.ts")("any bytes are frames, or are refused"),
    containment: inUplinks(
      "frames of a wrong length are dropped; a length that can't be ends the connection",
    ),
    changes: { listen: listensElsewhere, connect: declaredAs("socket.connect") },
  },
  {
    name: "pcap",
    fuzz: inPcap("no bytes break the reader: it reads frames, or says what is wrong"),
    containment: inPcap(
      "what is no capture is refused with its name, and so is a file that can't be written",
    ),
    changes: {
      record: declaredAs("pcap.record"),
      replay: declaredAs("pcap.replay"),
      speed: inPcap("at a speed frames come at their times; the speed can change while it plays"),
    },
  },
];
