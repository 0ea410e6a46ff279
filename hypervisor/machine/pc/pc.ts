// A PC as a guest: the processor's loop, its serial ports, its cards, and its end. On the guest's own thread;
// what of it runs in a verb is counted, paused and killed as every verb is.

import { LOG_WRITE_MAX, PC_CARDS_MAX, PC_DISKS_MAX, PC_TYPED_MAX } from "../../limits.ts";
import type { GuestMemory } from "../../memory/fabric.ts";
import { CHANGE, CLASS_NUMBER } from "../../ring/abi.ts";
import { Streams, type BusVerbs } from "../streams.ts";
import { dropState, keepState, readState } from "./booted.ts";
import { Agent, type Command, type CommandDone } from "./agent.ts";
import { Bridge, sooner } from "./bridge.ts";
import type { BrokenBridge } from "./bridge-rings.ts";
import { CopyCard } from "./copy-card.ts";
import type { CopyNews, CopyOrder } from "./copy-words.ts";
import { DiskCard, readDiskFacts, type DiskFacts } from "./disk-card.ts";
import { DiskStation } from "./disk-station.ts";
import { Emulator, type PcHardware } from "./emulator.ts";
import { NetworkCard, readCardFacts, type CardFacts, type CountOfPc } from "./network-card.ts";
import { OwnCard } from "./own-card.ts";
import { OwnDisk } from "./own-disk.ts";
import { cardPlace, diskPlace, Places } from "./places.ts";
import type { BrokenQueue } from "./split-queue.ts";
import { Station } from "./station.ts";
import { ScreenConsole } from "./screen-console.ts";

export { MachineReset } from "./emulator.ts";

export interface PcParts {
  readonly hardware: PcHardware;
  /** The file of its booted state, where its image keeps such: it is then without devices until it greets. */
  readonly stateFile: string | undefined;
  /** v86's own module. */
  readonly module: WebAssembly.Module;
  /** `PC_DRIVER_BYTES` that only host code has. */
  readonly driver: GuestMemory;
  readonly verbs: BusVerbs;
  /** A moment in host code: a pause, a kill, or a letter is seen. */
  readonly breathe: () => void;
  /** The guest's name, for itself. */
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** Those to be run, in order: taken out as they are given to the agent. */
  readonly commands: Command[];
  readonly answer: (done: CommandDone) => void;
  /** The same of copies: taken out as they are heeded. */
  readonly copyOrders: CopyOrder[];
  readonly tellOfCopy: (news: CopyNews) => void;
  readonly fresh: () => { readonly seconds: number; readonly seed: Uint8Array };
  /** A queue of its has what can't be. */
  readonly broken: BrokenQueue;
  /** The same of the bridge. */
  readonly brokenBridge: BrokenBridge;
  readonly count: CountOfPc;
}

const NS_PER_MS = 1e6;
const NS_PER_US = 1000;

export class Pc {
  readonly #parts: PcParts;
  readonly #emulator: Emulator;
  readonly #streams: Streams;
  readonly #agent: Agent;
  /** In place of the first serial port. */
  readonly #screen: ScreenConsole | undefined;
  readonly #cards = new Map<number, NetworkCard | OwnCard>();
  readonly #disks = new Map<number, DiskCard | OwnDisk>();
  /** Made with the first device that is to be on it. */
  #bridge: Bridge | undefined;
  /** Made with the first copy. */
  #copyCard: CopyCard | undefined;
  /** Where cards of both kinds have their rings; a virtio card keeps its place. */
  readonly #cardPlaces = new Places(PC_CARDS_MAX);
  readonly #diskPlaces = new Places(PC_DISKS_MAX);
  readonly #bridged = new Map<number, number>();
  /** What the guest has shown on its first serial port, and not yet been told on. */
  readonly #shown = new Uint8Array(LOG_WRITE_MAX);
  #shownBytes = 0;
  #asked = false;

  /** What it was told of devices before it greeted: copies of the records. Undefined: it is told at once. */
  #held: Uint8Array[] | undefined;
  /** It is what was kept when it had greeted. */
  readonly #restored: boolean;
  #greeted = false;

  /** A PC that is about to start. Rejects where the emulator refuses what it is given. */
  static async make(parts: PcParts): Promise<Pc> {
    const { hardware, module, stateFile } = parts;
    const state = stateFile === undefined ? undefined : readState(stateFile);
    if (stateFile === undefined || !state)
      return new Pc(parts, await Emulator.start(hardware, module), false);
    try {
      const restored = await Emulator.start({ ...hardware, kernel: undefined, initrd: undefined }, module);
      restored.restore(state);
      return new Pc(parts, restored, true);
    } catch {
      dropState(stateFile);
      return new Pc(parts, await Emulator.start(hardware, module), false);
    }
  }

  private constructor(parts: PcParts, emulator: Emulator, restored: boolean) {
    this.#parts = parts;
    this.#emulator = emulator;
    this.#restored = restored;
    this.#held = parts.stateFile === undefined ? undefined : [];
    this.#streams = new Streams(parts.verbs, parts.driver, (at) => this.#takeChange(at));
    this.#agent = new Agent({
      send: (text) => emulator.sendSerial(1, Buffer.from(text)),
      name: parts.name,
      env: parts.env,
      cards: () => [...this.#cards.values(), ...(this.#bridge?.cards ?? [])].map(({ facts }) => facts),
      fresh: parts.fresh,
      greeted: () => (this.#greeted = true),
      answer: parts.answer,
    });
    const onScreen = parts.hardware.media?.console === "screen";
    this.#screen = onScreen ? new ScreenConsole(emulator) : undefined;
    emulator.onSerial(0, (byte) => this.#show(byte));
    emulator.onSerial(1, (byte) => this.#agent.hear(byte));
  }

  /** Runs until the machine halts; answers whether it was asked to. Throws what the machine broke with. */
  run(started: () => void): "halted" | "stopped" {
    this.#streams.begin();
    this.#streams.lookAtDevices();
    started();
    if (this.#restored) this.#introduce();
    // Event loop: ends when the machine halts.
    for (;;) {
      this.#attend();
      const waitUs = this.#moveData();
      const waitMs = this.#emulator.run();
      const collectedUs = this.#bridge?.collect() ?? 0;
      this.#flush();
      if (this.#emulator.halted) return this.#asked ? "stopped" : "halted";
      if (this.#greeted) this.#introduce();
      else if (collectedUs < 0) this.#parts.breathe();
      else {
        const retryUs = sooner(sooner(waitUs, collectedUs), this.#screen?.waitUs() ?? 0);
        this.#rest(waitMs * NS_PER_MS, retryUs * NS_PER_US);
      }
    }
  }

  /** It has greeted: what it is now is kept, its devices are put in, and it is told who it is. */
  #introduce(): void {
    this.#greeted = false;
    const { stateFile } = this.#parts;
    const held = this.#held ?? [];
    if (this.#held && stateFile !== undefined && !this.#restored) keepState(stateFile, this.#emulator.save());
    this.#held = undefined;
    for (const record of held) this.#change(new DataView(record.buffer), 0);
    this.#agent.configure();
  }

  /** Sleeps until the machine's next timer is due, or it is told something. */
  #rest(timerNs: number, retryNs: number): void {
    if (timerNs <= 0) return this.#parts.breathe();
    this.#streams.doze(retryNs > 0 ? Math.min(timerNs, retryNs) : timerNs);
  }

  #attend(): void {
    this.#streams.takeSignals();
    if (this.#streams.asked && !this.#asked) {
      this.#asked = true;
      this.#agent.stop();
    }
    this.#streams.lookAtDevices();
    for (const command of this.#parts.commands.splice(0)) this.#agent.run(command);
    // Before it has greeted it has no device.
    if (!this.#held) for (const order of this.#parts.copyOrders.splice(0)) this.#heedCopy(order);
    if (this.#screen) return this.#screen.type((room) => this.#streams.typed(room));
    const room = PC_TYPED_MAX - this.#emulator.unreadSerial(0);
    if (room <= 0) return;
    const typed = this.#streams.typed(room);
    if (typed.length > 0) this.#emulator.sendSerial(0, typed);
  }

  #heedCopy(order: CopyOrder): void {
    const { broken, tellOfCopy: tell } = this.#parts;
    this.#copyCard ??= new CopyCard({ emulator: this.#emulator, broken, tell });
    this.#copyCard.heed(order);
  }

  /** Microseconds after which a device wants to go on; 0: none does. */
  #moveData(): number {
    let waitUs = this.#bridge?.move() ?? 0;
    for (const card of this.#cards.values()) waitUs = sooner(waitUs, card.move());
    for (const disk of this.#disks.values()) waitUs = sooner(waitUs, disk.move());
    if (this.#copyCard) waitUs = sooner(waitUs, this.#copyCard.move());
    return waitUs;
  }

  #show(byte: number): void {
    if (this.#screen) return;
    this.#shown[this.#shownBytes++] = byte;
    if (this.#shownBytes === LOG_WRITE_MAX) this.#flush();
  }

  #flush(): void {
    this.#screen?.say((bytes) => this.#streams.show([bytes]));
    if (this.#shownBytes === 0) return;
    const bytes = this.#shown.slice(0, this.#shownBytes);
    this.#shownBytes = 0;
    this.#streams.show([bytes]);
  }

  /** A record of a change of the bus lies at `at` of the driver's memory. */
  #takeChange(at: number): void {
    const { u8, view } = this.#parts.driver;
    if (this.#held) this.#held.push(u8.slice(at, at + CHANGE.size));
    else this.#change(view, at);
  }

  #change(view: DataView, at: number): void {
    const [type, id, class_] = [0, 4, 8].map((offset) => view.getUint32(at + offset, true)) as [
      number,
      number,
      number,
    ];
    const { driver: memory, verbs, broken, count } = this.#parts;
    const parts = { emulator: this.#emulator, verbs, memory, broken, count };
    if (class_ !== CLASS_NUMBER.venet && class_ !== CLASS_NUMBER.vblk) return;
    const isCard = class_ === CLASS_NUMBER.venet;
    const facts = isCard ? readCardFacts(view, at) : readDiskFacts(view, at);
    const isBridged = type === CHANGE.added ? facts.bridged : (this.#bridge?.has(id) ?? false);
    const record = new Uint8Array(view.buffer, view.byteOffset + at, CHANGE.size).slice();
    if (isBridged) this.#changeBridged(type, facts, record);
    else if ("mac" in facts)
      follow(this.#cards, this.#cardPlaces, type, facts, (index) =>
        (facts.own ? OwnCard : NetworkCard).plug({ ...parts, at: cardPlace(index) }, facts),
      );
    else
      follow(this.#disks, this.#diskPlaces, type, facts, (index) =>
        (facts.own ? OwnDisk : DiskCard).plug({ ...parts, at: diskPlace(index) }, facts),
      );
  }

  /** The same of a device of the bridge. */
  #changeBridged(type: number, facts: CardFacts | DiskFacts, record: Uint8Array): void {
    const { id } = facts;
    const places = "mac" in facts ? this.#cardPlaces : this.#diskPlaces;
    if (type === CHANGE.changed) this.#bridge?.change(id, record);
    else if (type === CHANGE.removed) {
      this.#bridge?.remove(id);
      places.give(this.#bridged.get(id) as number);
      this.#bridged.delete(id);
    }
    if (type !== CHANGE.added) return;
    const index = places.take();
    if (index === undefined) return;
    if (this.#plugBridged(facts, index, record)) this.#bridged.set(id, index);
    else places.give(index);
  }

  /** False where the device can't be opened. */
  #plugBridged(facts: CardFacts | DiskFacts, index: number, record: Uint8Array): boolean {
    const { driver: memory, verbs, brokenBridge: broken, count } = this.#parts;
    const bridge = (): Bridge => (this.#bridge ??= new Bridge({ emulator: this.#emulator, broken, count }));
    if ("mac" in facts) {
      const station = Station.open(verbs, memory, cardPlace(index), facts);
      if (station) bridge().addCard(facts.id, station, record);
      return station !== undefined;
    }
    const station = DiskStation.open(verbs, memory, diskPlace(index), facts.id);
    if (station) bridge().addDisk(facts.id, station, record);
    return station !== undefined;
  }
}

interface Plugged<Facts> {
  changed(facts: Facts): void;
  remove(): void;
}

/** Does with a PC's devices of one class what a record of the bus says of one of them. */
function follow<Facts extends { readonly id: number }, Device extends Plugged<Facts>>(
  devices: Map<number, Device>,
  places: Places,
  type: number,
  facts: Facts,
  plug: (index: number) => Device | undefined,
): void {
  const device = devices.get(facts.id);
  if (type === CHANGE.removed) device?.remove();
  else if (type === CHANGE.changed) device?.changed(facts);
  if (type !== CHANGE.added) return;
  const index = places.take();
  if (index === undefined) return;
  const added = plug(index);
  if (added) devices.set(facts.id, added);
  else places.give(index);
}
