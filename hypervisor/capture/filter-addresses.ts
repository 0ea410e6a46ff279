// Addresses as they are written in a filter, as bytes; undefined for what is none.

import { isIPv6 } from "node:net";

export function readIp(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return parts.map(Number);
}

export function readMac(text: string): number[] | undefined {
  if (!/^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i.test(text)) return undefined;
  return text.split(":").map((part) => Number.parseInt(part, 16));
}

export function readIp6(text: string): number[] | undefined {
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const [before = "", behind] = text.split("::");
  const [left, right] = [groups(before), groups(behind ?? "")];
  const zeros = behind === undefined ? 0 : 16 - left.length - right.length;
  return [...left, ...Array.from({ length: zeros }, () => 0), ...right];
}

/** Groups of four digits, the last of which may be an IPv4 address. */
function groups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return readIp(group) ?? [value >> 8, value & 0xff];
  });
}
