// An address at which Prometheus finds a lab's numbers: `GET /metrics`, and nothing else. Opt-in; whoever can
// connect to it can read them.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { errorCode, errorText, OperationError } from "../operation-error.ts";
import { addressText, type MetricsAddress } from "./address.ts";
import { CONTENT_TYPE } from "./metrics.ts";

const PATH = "/metrics";
/** A scrape comes every few seconds; more than a handful at a time is none. */
const CONNECTIONS_MAX = 16;
const PATIENCE_MS = 5000;

export class MetricsEndpoint {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** Listens; `text` is asked at each scrape. Throws `OperationError` `denied` where that can't be. */
  static async listen(address: MetricsAddress, text: () => string): Promise<MetricsEndpoint> {
    const server = createServer((request, response) => answer(request, response, text));
    server.maxConnections = CONNECTIONS_MAX;
    server.headersTimeout = server.requestTimeout = PATIENCE_MS;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(refusal(address, error)));
      server.listen({ ...address, exclusive: true }, resolve);
    });
    const bound = server.address() as AddressInfo;
    const shown = addressText({ host: bound.address, port: bound.port });
    return new MetricsEndpoint(server, `http://${shown}${PATH}`);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

function answer(request: IncomingMessage, response: ServerResponse, text: () => string): void {
  const { method, url = "" } = request;
  const path = url.split("?", 1)[0];
  if (path !== PATH) return tell(response, 404, `The numbers are at ${PATH}.\n`);
  if (method !== "GET" && method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return tell(response, 405, "Only GET and HEAD.\n");
  }
  response.setHeader("Content-Type", CONTENT_TYPE);
  tell(response, 200, text());
}

function tell(response: ServerResponse, status: number, text: string): void {
  if (!response.hasHeader("Content-Type")) response.setHeader("Content-Type", "text/plain; charset=utf-8");
  // Node leaves the body of an answer to HEAD out, and keeps its length.
  response.writeHead(status, { "Content-Length": Buffer.byteLength(text) }).end(text);
}

function refusal(address: MetricsAddress, error: Error): OperationError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: "the port is taken",
    EACCES: "that port is not allowed to this user",
    EADDRNOTAVAIL: "this machine has no such address",
    ENOTFOUND: "there is no machine of that name",
  };
  const why = reasons[errorCode(error)] ?? errorText(error);
  return new OperationError(
    "denied",
    `Metrics can't be served at ${addressText(address)}: ${why}.`,
    "Name another address with --metrics, such as --metrics 9465.",
  );
}
