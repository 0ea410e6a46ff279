// Listens on the lab's control socket. A connection that sends nonsense, or too much, is ended; no other
// notices.

import { chmodSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createMessageConnection, ErrorCodes, ResponseError } from "vscode-jsonrpc/node";
import type { CommandResult } from "../../hypervisor/index.ts";
import { errorText, OperationError } from "../operation-error.ts";
import type { AdminTree } from "../drift/admin.ts";
import { answerAdmin } from "./admin-answers.ts";
import { CaptureDesk, type OpenCapture } from "./capture-desk.ts";
import { CommitDesk, type Commit } from "./commit-desk.ts";
import { CopyDesk, isOfCopy } from "./copy-desk.ts";
import type { CopyHost } from "./file-copy.ts";
import { FrameReader, FrameWriter, SERVER_LIMITS } from "./framing.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";
import type {
  ApplyAnswer,
  ApplyRequest,
  LabEvent,
  LogLine,
  Methods,
  PlanAnswer,
  PlanRequest,
  Snapshot,
} from "./protocol.ts";
import type { StopOptions } from "../lab-contract.ts";
import type { StoredVolume } from "../stored.ts";
import type { SnapshotDesk as LabSnapshots } from "../snapshots/desk.ts";
import { readRequest } from "./requests.ts";
import type { Request } from "./requests.ts";
import { isOfSnapshots, SnapshotDesk } from "./snapshot-desk.ts";
import { Subscriber } from "./subscriber.ts";

/** What the server asks of the lab. */
export interface ControlTarget {
  readonly name: string;
  readonly file: string;
  /** Looks into the rings of these devices, or of all. */
  snapshot(measured?: ReadonlySet<string>): Snapshot;
  metrics(): string;
  logs(params: Methods["logs"]["params"]): readonly LogLine[];
  events(since: number): readonly LabEvent[];
  /** Both reject with `OperationError`, which reaches the client as it is. */
  plan(request: PlanRequest): Promise<PlanAnswer>;
  apply(request: ApplyRequest): Promise<ApplyAnswer>;
  whenReady(timeoutMs?: number): Promise<Methods["wait"]["result"]>;
  stop(options: StopOptions & { readonly actor: string }): Promise<void>;
  storedVolumes(): readonly StoredVolume[];
  readonly commit: Commit;
  /** Throws where it is refused. */
  rollback(generation: number, options: { readonly actor: string }): Promise<Methods["rollback"]["result"]>;
  /** Why not, where it is refused. */
  pause(guest: string): Promise<string | undefined>;
  resume(guest: string): string | undefined;
  typeConsole(guest: string, text: string): number | string;
  /** What a guest has printed so far, as far as it is kept. */
  consoleText(guest: string): string;
  exec(guest: string, command: string, timeoutMs?: number): Promise<CommandResult | string>;
  readonly capture: OpenCapture;
  /** Where files are copied. */
  readonly copyHost: CopyHost;
  /** Absent where nothing is kept. */
  readonly snapshots?: LabSnapshots | undefined;
  /** Absent where nothing can be changed by hand. */
  readonly admin?: AdminTree;
}

/** One client. */
interface Visitor {
  readonly subscriber: Subscriber;
  readonly desk: CaptureDesk;
  readonly commits: CommitDesk;
  readonly snapshots: SnapshotDesk;
  readonly copies: CopyDesk;
}

const CONNECTIONS_MAX = 256;
/** Requests of one connection that are not yet answered. */
const REQUESTS_MAX = 64;
const TICK_MS = 250;
const QUIET_MS = 1000;

export class ControlServer {
  readonly #target: ControlTarget;
  readonly #now: () => number;
  readonly #server: Server;
  readonly #open = new Map<Socket, Visitor>();
  readonly #timer: NodeJS.Timeout;
  #lastKey = "";
  #lastSent = Number.NEGATIVE_INFINITY;
  #closed = false;

  private constructor(target: ControlTarget, now: () => number) {
    this.#target = target;
    this.#now = now;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /**
   * Listens at `socketPath` (0600), in place of what a killed owner left there. The caller owns the lab's
   * lock.
   */
  static async listen(target: ControlTarget, socketPath: string, now: () => number): Promise<ControlServer> {
    const control = new ControlServer(target, now);
    rmSync(socketPath, { force: true });
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error): void => {
        clearInterval(control.#timer);
        reject(new OperationError("denied", `The control socket can't be made: ${errorText(error)}.`));
      };
      control.#server.once("error", refuse);
      control.#server.listen(socketPath, () => {
        control.#server.off("error", refuse);
        resolve();
      });
    });
    chmodSync(socketPath, 0o600);
    return control;
  }

  event(event: LabEvent): void {
    for (const { subscriber } of this.#open.values()) subscriber.event(event);
  }

  log(lines: readonly LogLine[]): void {
    for (const { subscriber } of this.#open.values()) subscriber.log(lines);
  }

  console(guest: string, text: string): void {
    for (const { subscriber } of this.#open.values()) subscriber.console(guest, text);
  }

  /** Says goodbye to all and ends; node removes the socket's file. */
  async close(reason: string): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await Promise.all([...this.#open.values()].map(({ desk }) => desk.finish()));
    // Answers that were just given go out first.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(
      [...this.#open].map(([socket, { subscriber }]) => sayGoodbye(socket, subscriber, reason)),
    );
    await stopped;
  }

  #accept(socket: Socket): void {
    const rpc = createMessageConnection(
      new FrameReader(socket, SERVER_LIMITS),
      new FrameWriter(socket, SERVER_LIMITS),
    );
    const visitor: Visitor = {
      subscriber: new Subscriber(rpc),
      desk: new CaptureDesk(),
      commits: new CommitDesk(rpc, this.#now),
      snapshots: new SnapshotDesk(rpc, this.#now),
      copies: new CopyDesk(this.#target.copyHost),
    };
    let waiting = 0;
    this.#open.set(socket, visitor);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#open.delete(socket);
      visitor.desk.close();
      visitor.commits.callOff();
      visitor.snapshots.callOff();
      visitor.copies.close();
    });
    rpc.onError(() => socket.destroy());
    rpc.onUnhandledNotification(() => undefined);
    rpc.onRequest(async (method: string, params: unknown) => {
      if (++waiting > REQUESTS_MAX) socket.destroy();
      try {
        return await this.#answer(method, params, visitor);
      } finally {
        waiting--;
      }
    });
    rpc.listen();
  }

  async #answer(method: string, params: unknown, visitor: Visitor): Promise<unknown> {
    const request = readRequest(method, params);
    if (typeof request === "string") return new ResponseError(ErrorCodes.InvalidParams, request);
    try {
      return await this.#serve(request, visitor);
    } catch (error) {
      if (error instanceof OperationError) {
        const { trouble, message, hint } = error;
        return new ResponseError(ErrorCodes.InternalError, message, { trouble, hint });
      }
      return new ResponseError(ErrorCodes.InternalError, errorText(error));
    }
  }

  async #serve(request: Request, { subscriber, desk, commits, ...more }: Visitor): Promise<unknown> {
    const target = this.#target;
    if (isOfCopy(request)) return more.copies.answer(request);
    if (isOfSnapshots(request)) return more.snapshots.answer(request, target.snapshots);
    switch (request.method) {
      case "hello":
        return { version: PROTOCOL_VERSION, lab: target.name, pid: process.pid, file: target.file };
      case "snapshot":
        return target.snapshot();
      case "metrics":
        return { text: target.metrics() };
      case "subscribe":
        this.#subscribe(request.params, subscriber);
        return {};
      case "logs":
        return { lines: target.logs(request.params) };
      case "events":
        return { events: target.events(request.params.since ?? 0) };
      case "down":
        await target.stop({ ...request.params, actor: "control" });
        return {};
      case "volumes":
        return { volumes: target.storedVolumes() };
      case "commit":
        return orWhyNot(await commits.run(target, request.params.volume));
      case "commitStop":
        return commits.callOff();
      case "rollback":
        return target.rollback(request.params.generation, { actor: "control" });
      case "plan":
        return target.plan(request.params);
      case "apply":
        return target.apply(request.params);
      case "wait":
        return target.whenReady(request.params.timeoutMs);
      case "capture": {
        const capture = target.capture(request.params);
        if (typeof capture === "string") return new ResponseError(ErrorCodes.InvalidParams, capture);
        return { capture: desk.add(capture) };
      }
      case "captureRead":
        return desk.read(request.params.capture);
      case "captureStop":
        return desk.stop(request.params.capture);
      case "pause":
      case "resume":
        return orWhyNot((await target[request.method](request.params.guest)) ?? {});
      case "status":
      case "tree":
      case "get":
      case "change":
      case "adopt":
      case "heal":
        return answerAdmin(request, target.admin);
      case "exec":
        return this.#exec(request.params);
      case "typeConsole":
        return this.#typeConsole(request.params);
    }
  }

  async #exec({ guest, command, timeoutMs }: Methods["exec"]["params"]): Promise<unknown> {
    return orWhyNot(await this.#target.exec(guest, command, timeoutMs));
  }

  #typeConsole({ guest, text }: Methods["typeConsole"]["params"]): unknown {
    const taken = this.#target.typeConsole(guest, text);
    return typeof taken === "string" ? new ResponseError(ErrorCodes.InvalidParams, taken) : { taken };
  }

  #subscribe(wants: Methods["subscribe"]["params"], subscriber: Subscriber): void {
    const target = this.#target;
    subscriber.subscribe(wants);
    if (wants.console !== undefined) subscriber.beginConsole(target.consoleText(wants.console));
    if (subscriber.wantsSnapshots) subscriber.snapshot(target.snapshot(ringsOf([subscriber])));
  }

  /** Four times a second while something changes, once a second while nothing does. */
  #tick(): void {
    const listeners = [...this.#open.values()]
      .map(({ subscriber }) => subscriber)
      .filter(({ wantsSnapshots }) => wantsSnapshots);
    if (listeners.length === 0) return;
    const snapshot = this.#target.snapshot(ringsOf(listeners));
    const key = changeKey(snapshot);
    const now = this.#now();
    // Timers are late rather than early: half a tick of slack keeps it to once a second.
    if (key === this.#lastKey && now - this.#lastSent < QUIET_MS - TICK_MS / 2) return;
    this.#lastKey = key;
    this.#lastSent = now;
    for (const subscriber of listeners) subscriber.snapshot(snapshot);
  }
}

/** The devices whose rings anybody looks into; undefined: all. */
function ringsOf(listeners: readonly Subscriber[]): ReadonlySet<string> | undefined {
  const named = new Set<string>();
  for (const { rings } of listeners) {
    if (rings === undefined) return undefined;
    for (const id of rings) named.add(id);
  }
  return named;
}

/** What a dashboard would draw otherwise: all but clocks. */
function changeKey(snapshot: Snapshot): string {
  const guests = snapshot.guests.map((guest) => [
    guest.address,
    guest.state,
    guest.exits,
    guest.signals,
    guest.restarts,
  ]);
  const devices = snapshot.devices.map((device) => [
    device.id,
    device.kicks,
    device.rx,
    device.tx,
    device.openBy,
    device.link,
  ]);
  const rest = [
    snapshot.generation,
    snapshot.ready,
    snapshot.failures,
    snapshot.watch,
    snapshot.rolledBack,
    snapshot.held,
    snapshot.diagnosticsText,
  ];
  return JSON.stringify([rest, guests, devices]);
}

/** A client that doesn't read gets a moment, then its connection ends. */
const GOODBYE_MS = 500;

async function sayGoodbye(socket: Socket, subscriber: Subscriber, reason: string): Promise<void> {
  const over = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const timer = setTimeout(() => socket.destroy(), GOODBYE_MS);
  await Promise.race([subscriber.end(reason), over]);
  socket.end();
  await over;
  clearTimeout(timer);
}

/** An answer, or the sentence that refuses it. */
function orWhyNot(answer: object | string): object {
  return typeof answer === "string" ? new ResponseError(ErrorCodes.InvalidParams, answer) : answer;
}
