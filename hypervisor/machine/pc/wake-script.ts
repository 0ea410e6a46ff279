// What a guest that goes on from a snapshot is told, as a script for its agent: the time, new chance, and
// where it is not the guest that it was, who it is now. A program costs a twentieth of a second there.

import { macText } from "../../datapath/mac-text.ts";
import type { Fresh } from "./agent.ts";
import type { CardFacts } from "./network-card.ts";

export interface Waking {
  /** The guest's, for itself. */
  readonly name: string;
  readonly cards: readonly CardFacts[];
  /** It was another guest. */
  readonly fork: boolean;
  readonly fresh: Fresh;
}

const NO_ADDRESS = "0.0.0.0";
const ID_BYTES = 16;

/**
 * A program that has the kernel make its random generator anew from what it was given, which writing does
 * not: `ioctl(0, RNDRESEEDCRNG)`, and its answer as status. No program of the image does that.
 */
const RESEED = reseedProgram();

function reseedProgram(): string {
  const code = Buffer.from("b83600000031dbb907520000cd8089c3b801000000cd80", "hex");
  const [headers, base] = [52 + 2 * 32, 0x0804_8000];
  const file = Buffer.alloc(headers + code.length);
  // Spec: System V ABI, the ELF header of a program for the i386, its one segment, and that its
  // stack is not to be run.
  file.write("\x7fELF\x01\x01\x01", "latin1");
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(3, 18);
  file.writeUInt32LE(1, 20);
  file.writeUInt32LE(base + headers, 24);
  file.writeUInt32LE(52, 28);
  file.writeUInt16LE(52, 40);
  file.writeUInt16LE(32, 42);
  file.writeUInt16LE(2, 44);
  file.writeUInt32LE(1, 52);
  file.writeUInt32LE(base, 60);
  file.writeUInt32LE(base, 64);
  file.writeUInt32LE(file.length, 68);
  file.writeUInt32LE(file.length, 72);
  file.writeUInt32LE(5, 76);
  file.writeUInt32LE(0x1000, 80);
  file.writeUInt32LE(0x6474_e551, 84);
  file.writeUInt32LE(6, 108);
  code.copy(file, headers);
  return file.toString("base64");
}

/** A card that has its MAC and its address is left as it is; all tell their network where they are. */
const CARD = `c() {
read -r m <"/sys/class/net/$1/address" || return
case "$m $(ip -o -4 addr show dev "$1")" in
"$2 "*" \${3:-$1} "*) ;;
*)
ip link set "$1" down
ip addr flush dev "$1"
ip link set "$1" address "$2" up
[ -z "$3" ] || ip addr add "$3" dev "$1"
[ -z "$4" ] || ip route add default via "$4"
;;
esac
[ -z "$3" ] || arping -q -U -c 1 -I "$1" "\${3%/*}" &
}
`;

export function wakeScript({ name, cards, fork, fresh }: Waking): string {
  const { seconds, seed } = fresh;
  const t = "/tmp/.vbus-wake";
  return `date -s @${Math.round(seconds)}
echo ${Buffer.from(seed).toString("base64")} | base64 -d >/dev/urandom
echo ${RESEED} | base64 -d >${t}
chmod 700 ${t}
${t} </dev/urandom
rm -f ${t}
${fork ? identity(name) : ""}${CARD}${cards.map(cardLine).join("")}`;
}

function identity(name: string): string {
  return `echo ${name} >/proc/sys/kernel/hostname
echo 127.0.0.1 localhost ${name} >/etc/hosts
head -c ${ID_BYTES} /dev/urandom | hexdump -v -e '1/1 "%02x"' >/etc/machine-id
echo >>/etc/machine-id
`;
}

function cardLine({ mac, name, address, prefix, gateway }: CardFacts): string {
  const own = address === NO_ADDRESS ? "" : `${address}/${prefix}`;
  const via = own === "" || gateway === NO_ADDRESS || gateway === address ? "" : gateway;
  return `c ${quoted(name)} ${macText(mac)} '${own}' '${via}'\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
