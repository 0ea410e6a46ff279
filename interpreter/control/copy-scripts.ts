// What a guest's shell is asked to do for a copy. Programs cost time there: what the shell can do, it does.

import { createHash } from "node:crypto";

/** A file that says it has no bytes, as those of /proc do, is read up to here. */
export const UNSIZED_BYTES = 1 << 20;

/** Opens the port of the copy card as descriptor 3; the card comes with the first copy. */
const PORT = `[ -d /sys/class/virtio-ports ] || insmod /lib/modules/virtio_console.ko
c= n=0
while :; do
for e in /sys/class/virtio-ports/*; do
read -r w <$e/name && [ "$w" = vbus-copy ] && c=/dev/\${e##*/}
done 2>/dev/null
[ -z "$c" ] || [ ! -e "$c" ] || break
[ $n != 0 ] || echo 1 >/sys/bus/pci/rescan
[ $((n += 1)) -lt 400 ] || { echo "it has no way for files"; exit 9; }
usleep 50000
done
exec 3<>"$c"
`;

/** Words that a shell takes as they are. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export interface Target {
  readonly path: string;
  /** In a folder that the path is; undefined: it may be none. */
  readonly name: string | undefined;
  /** What the copy is called until it is whole. */
  readonly mark: string;
}

function place({ path, name, mark }: Target): string {
  const inFolder = name === undefined ? `{ echo "$p: is a folder"; exit 9; }` : `p="\${p%/}/"${quoted(name)}`;
  return `p=${quoted(path)}\n[ ! -d "$p" ] || ${inFolder}\nt="$p".${mark}\n`;
}

/** Takes what comes, and prints the SHA-256 of what then lies there. */
export function takeScript(target: Target): string {
  return `${place(target)}: >"$t"\n${PORT}echo >&3\ncat <&3 >"$t" && exec 3>&- && sha256sum <"$t"`;
}

/** What was taken is whole. */
export function keepScript(target: Target, mode: number): string {
  return `${place(target)}chmod ${mode.toString(8)} "$t" && mv -f "$t" "$p"`;
}

/** For one that is given up: its reader has the end of the connection to come. */
export function dropScript(target: Target): string {
  return `${place(target)}rm -f "$t"`;
}

/** Says how long it is and its mode, then sends it, and prints the SHA-256 of what it sent. */
export function sendScript(path: string, mark: string): string {
  return `p=${quoted(path)}
[ -e "$p" ] || { echo "$p: no such file"; exit 9; }
[ -f "$p" ] || { echo "$p: is no file"; exit 9; }
set -- $(stat -L -c '%s %a' "$p")
s=$1
[ $s != 0 ] || s=${UNSIZED_BYTES}
f=/tmp/.${mark}
mkfifo $f || exit 9
${PORT}echo "$1 $2" >&3
sha256sum <$f 3>&- &
head -c $s "$p" 3>&- | sh -c "echo \\$\\$ >$f.pid; exec tee $f" >&3 3>&-
exec 3>&-
wait
rm -f $f $f.pid`;
}

/** Ends a sender that nobody listens to. */
export function hushScript(mark: string): string {
  return `kill $(cat /tmp/.${mark}.pid); rm -f /tmp/.${mark}*`;
}

/** The name of a copy that goes on, other than that of any other. */
export function markOf(id: string): string {
  return `vbus-${createHash("sha256").update(id).digest("hex").slice(0, 8)}`;
}
