// Ports of the host that lead to a guest, in the short forms of compose and Kathará.

import { addressText, readAddress } from "./addresses.ts";

export interface Port {
  /** On the host; 0 where any will do. */
  readonly listen: number;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** Left out where the file says none. */
  readonly address?: string;
}

/** Of one range such as `3000-3010`. */
const RANGE_MAX = 256;

/** `8080:80`, `127.0.0.1:53:53/udp`, `3000-3001:3000-3001`, `80`; undefined where it is none of them. */
export function readPorts(text: string): readonly Port[] | undefined {
  const match = /^(?:(?:\[?([\da-fA-F.:]+?)\]?:)?([\d-]*):)?([\d-]+)(?:\/(\w+))?$/.exec(text.trim());
  if (!match) return undefined;
  const [, host, published = "", target = "", protocol = "tcp"] = match;
  const to = rangeOf(target);
  const from = published === "" ? to?.map(() => 0) : rangeOf(published);
  if (!to || from?.length !== to.length || (protocol !== "tcp" && protocol !== "udp")) return undefined;
  const address = readAddress(host ?? "");
  if (host !== undefined && address === undefined) return undefined;
  return to.map((port, index) => ({
    listen: from[index] ?? 0,
    port,
    protocol,
    ...(address && { address: addressText(address.ip) }),
  }));
}

function rangeOf(text: string): readonly number[] | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = match?.[2] === undefined ? first : Number(match[2]);
  if (!match || first < 1 || last > 65_535 || last < first || last - first >= RANGE_MAX) return undefined;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The record of an uplink's `publish`. */
export function publishText({ listen, port, protocol, address }: Port, to: string): string {
  const parts = [
    `listen = ${listen}`,
    `to = ${to}`,
    ...(port === listen ? [] : [`port = ${port}`]),
    ...(protocol === "tcp" ? [] : ["protocol = udp"]),
    ...(address === undefined ? [] : [`address = ${address}`]),
  ];
  return `{ ${parts.join(", ")} }`;
}
