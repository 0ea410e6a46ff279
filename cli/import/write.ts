// A draft as text of the language, laid out by its formatter.

import { format } from "../../lang/index.ts";
import type { Draft, DraftAttribute, DraftDevice, DraftGuest, DraftNetwork } from "./draft.ts";

/** The file's text. `file` is what it will be called. */
export function write(file: string, draft: Draft): string {
  const { networks, images, uplinks, guests, volumes } = draft;
  const blocks = [
    comments(draft.notes),
    draft.lab === undefined ? "" : `lab ${draft.lab} { }`,
    draft.params.map(({ text, notes }) => comments(notes) + text).join("\n"),
    ...networks.map(networkText),
    volumes.join("\n"),
    ...images.map((image) => {
      const head = `image ${image.name}: ${image.class}`;
      return `${comments(image.notes)}${head} ${body([attribute(image.attribute)], true)}`;
    }),
    ...uplinks.map((uplink) => {
      const lines = [`network = ${uplink.network}`, ...uplink.attributes.map(attribute)];
      const isShort = uplink.attributes.length === 0;
      return `${comments(uplink.notes)}uplink ${uplink.name}: ${uplink.class} ${body(lines, isShort)}`;
    }),
    ...guests.map(guestText),
  ];
  const text = `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
  const laidOut = format(file, text);
  if ("text" in laidOut) return laidOut.text;
  throw new Error(
    `what was imported is no text of the language: ${laidOut.diagnostics[0]?.message}\n${text}`,
  );
}

const attribute = ([name, value]: DraftAttribute): string => `${name} = ${value}`;

/** In one line where that is wanted. */
const body = (lines: readonly string[], isShort: boolean): string =>
  isShort ? `{ ${lines.join(", ")} }` : `{\n${lines.join("\n")}\n}`;

/** Each a line of its own, whatever signs are in it. */
function comments(notes: readonly string[]): string {
  return notes.map((note) => `// ${note.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")}\n`).join("");
}

function networkText({ name, subnet, pool, gateway, mtu, notes }: DraftNetwork): string {
  const lines = [
    `subnet = ${subnet}`,
    ...(pool === undefined ? [] : [`pool = ${pool}`]),
    ...(gateway === undefined ? [] : [`gateway = ${gateway}`]),
    ...(mtu === undefined ? [] : [`mtu = ${mtu}B`]),
  ];
  return `${comments(notes)}network ${name} ${body(lines, true)}`;
}

function deviceText({ name, network, ip, mac, notes }: DraftDevice): string {
  const lines = [
    `network = ${network}`,
    ...(ip === undefined ? [] : [`ip = ${ip}`]),
    ...(mac === undefined ? [] : [`mac = ${mac}`]),
  ];
  return `${comments(notes)}device ${name}: venet ${body(lines, true)}`;
}

function guestText(guest: DraftGuest): string {
  const loop = guest.count === undefined ? "" : ` for i in 1..${guest.count}`;
  const condition = guest.condition === undefined ? "" : ` when ${guest.condition}`;
  const lines = [
    `image = ${guest.image}`,
    ...guest.attributes.map(attribute),
    ...guest.devices.map(deviceText),
    ...guest.others,
  ];
  return `${comments(guest.notes)}guest ${guest.name}${loop}${condition} ${body(lines, false)}`;
}
