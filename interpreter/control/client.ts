// The typed client of a lab's control socket, for the command line, the dashboard and programs of others.
// Knows nothing of what the lab is made of; holds no state but the connection.

import { lstatSync } from "node:fs";
import { createConnection } from "node:net";
import type { Socket } from "node:net";
import { createMessageConnection, ResponseError } from "vscode-jsonrpc/node";
import { errorCode, errorText, isTrouble, OperationError } from "../operation-error.ts";
import { CLIENT_LIMITS, FrameReader, FrameWriter } from "./framing.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";
import type { Methods, Notifications } from "./protocol.ts";

export interface LabClient {
  /** What the lab said about itself. */
  readonly hello: Methods["hello"]["result"];
  /**
   * Rejects with `OperationError`: `failed` with the lab's own words, `not-running` where the connection ends
   * first.
   */
  request<M extends keyof Methods>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]>;
  /** Listeners are called in the order of arrival. The answer ends it. */
  on<N extends keyof Notifications>(name: N, listener: (payload: Notifications[N]) => void): () => void;
  /** Resolves once, when the connection is over, with the reason; never rejects. */
  readonly closed: Promise<string>;
  close(): void;
}

type Listener = (payload: never) => void;

/**
 * Connects to a lab and greets it. Throws `OperationError`: `not-running` where nobody listens, `denied`
 * where it is somebody else's, `protocol` where the lab speaks another version.
 */
export async function connect(socketPath: string): Promise<LabClient> {
  refuseStrangers(socketPath);
  const socket = await openSocket(socketPath);
  const rpc = createMessageConnection(
    new FrameReader(socket, CLIENT_LIMITS),
    new FrameWriter(socket, CLIENT_LIMITS),
  );
  const listeners = new Map<string, Set<Listener>>();
  let reason = "the connection has ended";
  rpc.onError(() => undefined);
  rpc.onUnhandledNotification(() => undefined);
  rpc.onNotification((method: string, params: unknown) => {
    if (method === "ended") reason = (params as Notifications["ended"]).reason;
    for (const listener of listeners.get(method) ?? []) listener(params as never);
  });
  const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(reason)));
  rpc.listen();

  const request: LabClient["request"] = async (method, params) => {
    const ended = closed.then((why) => {
      throw new OperationError("not-running", `The lab has gone: ${why}.`);
    });
    ended.catch(() => undefined);
    try {
      return await Promise.race([rpc.sendRequest<Methods[typeof method]["result"]>(method, params), ended]);
    } catch (error) {
      if (error instanceof OperationError) throw error;
      if (error instanceof ResponseError) throw refusalOf(error);
      throw new OperationError("not-running", `The lab has gone: ${errorText(error)}.`);
    }
  };
  const hello = await request("hello", { version: PROTOCOL_VERSION }).catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
  if (hello.version !== PROTOCOL_VERSION) {
    socket.destroy();
    throw new OperationError(
      "protocol",
      `The lab speaks version ${hello.version}, this program ${PROTOCOL_VERSION}.`,
      "Use the vbus that started it, or stop it with that one and start it again.",
    );
  }
  return {
    hello,
    request,
    closed,
    on(name, listener) {
      const set = listeners.get(name) ?? new Set<Listener>();
      listeners.set(name, set.add(listener as Listener));
      return () => void set.delete(listener as Listener);
    },
    close() {
      reason = "closed";
      socket.destroy();
    },
  };
}

/** What the lab itself refused keeps its sort and its way out. */
function refusalOf({ message, data }: ResponseError<unknown>): OperationError {
  const { trouble, hint } = (data ?? {}) as { readonly trouble?: unknown; readonly hint?: unknown };
  return new OperationError(
    isTrouble(trouble) ? trouble : "failed",
    message,
    typeof hint === "string" ? hint : undefined,
  );
}

/** A socket that somebody else put there could answer as if it were the lab. */
function refuseStrangers(socketPath: string): void {
  const owner = lstatSync(socketPath, { throwIfNoEntry: false })?.uid;
  const me = process.getuid?.();
  if (owner !== undefined && me !== undefined && owner !== me)
    throw new OperationError("denied", "The lab's control socket belongs to another user.");
}

function openSocket(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    const refuse = (error: unknown): void => reject(connectError(error));
    socket.once("error", refuse);
    socket.once("connect", () => {
      socket.off("error", refuse);
      resolve(socket);
    });
  });
}

function connectError(error: unknown): OperationError {
  const code = errorCode(error);
  if (code === "ENOENT" || code === "ECONNREFUSED") {
    return new OperationError("not-running", "This lab is not running.", "Start it with `vbus up`.");
  }
  if (code === "EACCES" || code === "EPERM") {
    return new OperationError("denied", "The lab's control socket belongs to another user.");
  }
  return new OperationError("failed", `The lab's control socket can't be reached: ${errorText(error)}.`);
}
