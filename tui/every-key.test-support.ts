// What each command of the key table is to do, as it is seen: on the screen, or in the lab and its file.

import type { Command } from "./keys.ts";
import type { KeyStage } from "./key-stage.test-support.ts";
import {
  ALTERNATE,
  COPY,
  sends,
  still,
  changes,
  becomes,
  unsay,
  move,
  typed,
  untilStopped,
  erase,
  linkOf,
  edgeOf,
  untilLink,
  worse,
  better,
  settle,
  held,
  apply,
} from "./key-effects.test-support.ts";
import type { Press } from "./key-effects.test-support.ts";
import type { Mode, View } from "./model.ts";
import { MOUSE_OFF, MOUSE_ON } from "./mouse.ts";

type Exercise = (stage: KeyStage, press: Press) => Promise<void>;

/** Where `enter` leads. */
const OPENS: Partial<Readonly<Record<Mode, View>>> = {
  guests: "logs",
  buses: "rings",
  rings: "logs",
  topology: "rings",
  logs: "rings",
  events: "logs",
  packets: "rings",
};

export const EXERCISES: Readonly<Record<Command["do"], Exercise>> = {
  view: async (stage, { mode, key, entry }) => {
    const view = entry.command.do === "view" ? entry.command.view : "guests";
    stage.type(key);
    stage.at(view);
    await stage.whole(`\`${key}\``);
    if (view === mode) return;
    // Each step can be gone back.
    stage.type(view === "console" ? "ctrl-]" : "esc");
    stage.at(mode);
    await stage.whole("it went back");
  },
  // All of a view together, above.
  move: (stage, press) => move(stage, press.mode, [press]),
  open: async (stage, { mode, key }) => {
    if (mode === "plan") {
      await held(stage);
      return apply(stage, key);
    }
    if (mode === "events") {
      stage.type("/", "guest.*server", "enter");
      await stage.until("events of a guest", () => stage.body.includes("server"));
    }
    if (mode === "packets") await stage.until("a frame", () => stage.body.includes("ICMP"));
    const view = OPENS[mode] ?? "guests";
    stage.type(key);
    stage.at(view);
    await stage.whole("it is opened");
    stage.type("esc");
    stage.at(mode);
    await stage.whole("it went back");
    if (mode !== "events") return;
    const filtered = stage.body;
    stage.type("esc");
    await stage.until("all events", () => stage.body !== filtered);
  },
  back: async (stage, { mode, key }) => {
    const before = mode === "logs" ? "guests" : "logs";
    await stage.go(before);
    await stage.go(mode);
    stage.type(key);
    stage.at(before);
    await stage.whole("it went back");
  },
  leave: asked,
  interrupt: asked,
  suspend: async (stage, { key }) => {
    const { terminal } = stage;
    stage.type(key);
    await stage.until("the main screen", () => !terminal.isAlternate);
    await untilStopped(terminal.pid);
    terminal.signal("SIGCONT");
    await stage.until("the dashboard", () => terminal.isAlternate);
  },
  redraw: async (stage, { mode, key }) => {
    if (["typing", "commanding", "confirming", "asking"].includes(mode)) return sends(stage, key, ALTERNATE);
    // What stands there drawn piece by piece is what is drawn as a whole.
    await still(stage, mode, async () => {
      const before = stage.body;
      await sends(stage, key, ALTERNATE);
      await stage.until(`the same as before:\n${before}\n---`, () => stage.body === before);
    });
  },
  freeze: async (stage, { key }) => {
    stage.type(key);
    await stage.shows("FROZEN");
    stage.type(key);
    await stage.hides("FROZEN");
  },
  filter: async (stage, { mode, key }) => {
    stage.type(key);
    await typed(stage, "/", "nosuch");
    stage.type("enter");
    await stage.until("nothing that matches", () => /^ (no|nothing) .*match/u.test(stage.body));
    stage.type("esc");
    await stage.until("all again", () => !/^ (no|nothing) .*match/u.test(stage.body));
    stage.at(mode);
  },
  copy: (stage, { key }) => sends(stage, key, COPY).then(() => unsay(stage)),
  "copy-view": (stage, { key }) => sends(stage, key, COPY).then(() => unsay(stage)),
  mouse: async (stage, { key }) => {
    await sends(stage, key, MOUSE_ON);
    await sends(stage, key, MOUSE_OFF);
  },
  theme: async (stage, { key }) => {
    const title = (): string => JSON.stringify(stage.terminal.cell(0, 1));
    const first = title();
    for (const _ of ["light", "contrast", "mono", "default"]) {
      const before = title();
      stage.type(key);
      await stage.until("other colours", () => title() !== before);
    }
    if (title() !== first) throw new Error("the themes don't go round");
  },
  time: async (stage, { key, entry }) => {
    const isBack = entry.command.do === "time" && entry.command.seconds < 0;
    if (!isBack) {
      stage.type("{");
      await stage.shows("PAST");
    }
    const before = stage.body;
    stage.type(key);
    if (isBack) await stage.shows("PAST");
    else await stage.until("a later picture", (screen) => stage.body !== before || !screen.includes("PAST"));
    if (stage.terminal.screen.includes("PAST")) stage.type("space");
    await stage.hides("PAST");
  },
  "next-guest": (stage, { mode, key }) =>
    still(stage, mode, async () => {
      // All, the first guest, which is nearly all, the second one, the third one, and all again.
      const before = stage.body;
      stage.type(key);
      await changes(stage, key);
      stage.type(key);
      await becomes(stage, key, before);
    }),
  times: (stage, { mode, key }) => twice(stage, { mode, key }, stage.columns >= 60),
  wraps: (stage, { mode, key }) => twice(stage, { mode, key }, stage.columns < 40),
  record: async (stage, { key }) => {
    for (const isOn of [true, false]) {
      stage.type(key);
      if (stage.columns >= 80)
        await stage.until("it is said", (screen) => screen.includes("RECORDING") === isOn);
    }
  },
  undo: async (stage, { key }) => {
    await held(stage);
    await apply(stage, "enter");
    const generation = String(stage.lab.generation - 1);
    const asked = (): string | undefined => /vbus rollback (\d+)/u.exec(stage.terminal.screen)?.[1];
    // The dashboard hears of a generation a moment later. Bound: the test's time limit.
    while (asked() !== generation) {
      if (asked() !== undefined) stage.type("esc");
      await stage.hides("vbus rollback");
      stage.type(key);
      await stage.shows("vbus rollback");
    }
    stage.type(generation);
    await stage.until("the name", () => stage.footer.includes(` ${generation}  `));
    stage.type("enter");
    await stage.untilLab("as before", ({ rolledBack }) => rolledBack === Number(generation));
    await stage.until("what the file asks for more", () => stage.body.startsWith(" 1 step"));
    // Another save ends it: of what runs now, so that the plan is seen to be another.
    await stage.revert();
    await stage.untilLab(
      "as declared",
      ({ rolledBack, watch }) => rolledBack === undefined && watch === "watching",
    );
    await stage.until("nothing to do", () => stage.body.includes("nothing to do"));
    await unsay(stage);
  },
  again: async (stage, { key }) => {
    stage.type(key);
    await stage.until("a plan", () => stage.body.includes("nothing to do"));
  },
  step: async (stage, { key, entry }) => {
    const isMore = entry.command.do === "step" && entry.command.by === 1;
    await worse(stage, isMore ? key : "+");
    await better(stage, isMore ? "-" : key);
  },
  knob: async (stage, { key }) => {
    // Delay is chosen; jitter is nothing without it.
    const [keys, member, back] =
      key === "right" ? ([[key, key], "loss", "left"] as const) : ([[key], "corrupt", "right"] as const);
    stage.type("g", ...keys, "+");
    await untilLink(stage, member, "0.1%");
    stage.type("-");
    await untilLink(stage, member, undefined);
    stage.type(...keys.map(() => back));
    await unsay(stage);
  },
  way: async (stage, { key }) => {
    stage.type("g", key, "+");
    await untilLink(stage, "ingress.delay", "1ms");
    stage.type("-");
    await untilLink(stage, "ingress.delay", undefined);
    stage.type(key);
    await unsay(stage);
  },
  cut: async (stage, { key }) => {
    stage.type("g");
    for (const state of ["down", "up"]) {
      stage.type(key);
      await stage.untilLab(state, (snapshot) => linkOf(snapshot)?.state === state);
      await stage.until(state, () => edgeOf(stage).includes("down") === (state === "down"));
    }
    await unsay(stage);
  },
  adopt: async (stage, { key }) => {
    await worse(stage);
    await settle(stage, key);
    // Bound: the test's time limit.
    while (!(await stage.readFile()).includes("delay = 1ms"));
    await stage.restore();
    await untilLink(stage, "delay", undefined);
    await unsay(stage);
  },
  heal: async (stage, { key }) => {
    await worse(stage);
    await settle(stage, key);
    await untilLink(stage, "delay", undefined);
    await unsay(stage);
  },
  confirm: async (stage, { key }) => {
    stage.type("no", key);
    stage.at("guests");
    await stage.shows("that is not its");
    await unsay(stage);
  },
  refrain: ends,
  command: async (stage, { mode, key }) => {
    stage.type(key);
    await typed(stage, ":", "ps");
    stage.type("esc");
    stage.at(mode);
    await stage.whole("the line is closed");
  },
  run: async (stage, { key }) => {
    await typed(stage, ":", "explain VB2009");
    stage.type(key);
    stage.at("output");
    await stage.shows("VB2009");
    await stage.whole("a command was run");
  },
  close: ends,
  complete: async (stage, { key }) => {
    await typed(stage, ":", "expl");
    await stage.until("what fits", () => stage.body.includes("explain"));
    stage.type(key);
    await stage.until("the whole word", () => stage.footer.startsWith(" :explain"));
    stage.type("ctrl-u");
  },
  older: async (stage, { key }) => {
    await recall(stage, key);
    stage.type("ctrl-u");
  },
  newer: async (stage, { key }) => {
    await recall(stage, "up");
    stage.type(key);
    await stage.until("nothing typed", () => !stage.footer.includes("version"));
  },
  "end-command": async (stage, { key }) => {
    await stage.go("guests");
    await stage.run("version --help", "--json");
    stage.type(key);
    stage.at("guests");
    await stage.whole("it went back");
  },
  detach: async (stage, { key }) => {
    stage.type("x", key, "1");
    stage.at("guests");
    await stage.whole("the console is left");
  },
  accept: async (stage, { key }) => {
    await typed(stage, "/", "server");
    stage.type(key);
    stage.at("guests");
    await stage.until(
      "the server alone",
      () => /^.{0,3}server/mu.test(stage.body) && !isListed(stage, "other"),
    );
    stage.type("esc");
    await stage.until("all again", () => isListed(stage, "other"));
  },
  cancel: ends,
  erase: (stage, press) => erase(stage, press, "q"),
  "erase-all": (stage, press) => erase(stage, press, ""),
  // They end the dashboard: the test does it last.
  "stop-lab": () => Promise.resolve(),
  "leave-lab": () => Promise.resolve(),
  stay: ends,
};

/** A row of the guests. */
const isListed = (stage: KeyStage, guest: string): boolean =>
  stage.body.split("\n").some((line) => new RegExp(`^.{0,3}${guest}`, "u").test(line));

/** What is typed or asked is no more; the view is as it was. */
async function ends(stage: KeyStage, { key }: Press): Promise<void> {
  stage.type(key);
  stage.at("guests");
  await stage.whole("it ended");
}

/** Leaving asks about the lab; being asked, ctrl-c leaves at once, which the test of signals looks at. */
async function asked(stage: KeyStage, { mode, key }: Press): Promise<void> {
  if (mode === "asking") return;
  stage.type(key);
  await stage.until("the question", () => stage.footer.includes("s stop"));
  stage.type("esc");
  await stage.until("no question", () => !stage.footer.includes("s stop"));
  await stage.whole("it stays");
}

/** There and back; the lines are others in between, where the width is one at which that shows. */
async function twice(
  stage: KeyStage,
  { mode, key }: { readonly mode: Mode; readonly key: string },
  isSeen: boolean,
): Promise<void> {
  await still(stage, mode, async () => {
    const before = stage.body;
    if (isSeen) await changes(stage, key);
    else stage.type(key);
    await becomes(stage, key, before);
  });
}

/** The command that was run last. */
async function recall(stage: KeyStage, key: string): Promise<void> {
  await stage.go("guests");
  await stage.run("version --help", "--json");
  await stage.go("commanding");
  stage.type(key);
  await stage.until("the command before", () => stage.footer.startsWith(" :version"));
}
