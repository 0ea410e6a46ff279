// Stands between the terminal and the dashboard: while a guest's console is attached, what is typed goes to
// the guest as it is, byte for byte, but for the key that leaves.

/** Keys that scroll back where the guest's program hasn't taken the whole screen. */
const SCROLL_KEYS: Readonly<Record<string, string>> = {
  "\u001b[5~": "pageup",
  "\u001b[6~": "pagedown",
};

export interface GateOptions {
  /** Names of the keys that leave: `ctrl-` and a sign. */
  readonly leaving: readonly string[];
  /** What is typed is for a guest. */
  readonly isAttached: () => boolean;
  /** There are lines above the screen to scroll back to. */
  readonly canScroll: () => boolean;
  readonly typed: (text: string) => void;
  readonly key: (name: string) => void;
}

/** The same stream; what it reads passes the gate. */
export function gatedInput(stdin: NodeJS.ReadStream, options: GateOptions): NodeJS.ReadStream {
  const read = (): unknown => {
    // Bound: what has been typed.
    for (;;) {
      const chunk: unknown = stdin.read();
      if (typeof chunk !== "string") return chunk;
      const rest = pass(chunk, options);
      if (rest !== "") return rest;
    }
  };
  return new Proxy(stdin, {
    get: (target, name) => {
      if (name === "read") return read;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}

/** What is left for the dashboard. */
export function pass(text: string, { leaving, isAttached, canScroll, typed, key }: GateOptions): string {
  if (!isAttached()) return text;
  const scroll = SCROLL_KEYS[text];
  if (scroll !== undefined && canScroll()) {
    key(scroll);
    return "";
  }
  const leaves = [...text].map((character) => leaving.find((name) => byteOf(name) === character));
  const name = leaves.find((one) => one !== undefined);
  const at = name === undefined ? -1 : text.indexOf(byteOf(name));
  const mine = at < 0 ? text : text.slice(0, at);
  if (mine !== "") typed(mine);
  if (name === undefined) return "";
  key(name);
  return text.slice(at + 1);
}

/** What a terminal sends for a key with ctrl. */
function byteOf(name: string): string {
  const [, sign] = /^ctrl-(.)$/u.exec(name) ?? [];
  return sign === undefined ? name : String.fromCharCode(sign.charCodeAt(0) & 31);
}
