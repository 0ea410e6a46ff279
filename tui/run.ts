// A dashboard on a terminal from its beginning to its end. Whatever ends it, the terminal is as it was
// before: a key, a signal, an error, or the terminal itself going away.

import type { Instance, SuspendTerminal, TerminalSuspension } from "ink";
import { copySequence } from "./copy.ts";
import { History } from "./history.ts";
import type { DashboardOptions } from "./index.ts";
import { KEYS } from "./key-table.ts";
import { LogBuffer } from "./log-buffer.ts";
import { initialState, modeOf } from "./model.ts";
import type { Effect } from "./acts.ts";
import { CommandDesk } from "./commands.ts";
import { ConsoleDesk } from "./console/desk.ts";
import { gatedInput } from "./console/gate.ts";
import { GuestScreen } from "./console/screen.ts";
import { EventBuffer } from "./event-buffer.ts";
import { frameLines } from "./frame.ts";
import type { DashboardEnd, DashboardState, Size, World } from "./model.ts";
import { selectedDevice } from "./select.ts";
import { withMouse } from "./mouse-input.ts";
import { MOUSE_OFF, MOUSE_ON } from "./mouse.ts";
import { Painter } from "./painter.ts";
import { withKeys } from "./preferences.ts";
import { FrameBuffer } from "./packets/buffer.ts";
import { depthOf } from "./sgr.ts";
import { DashboardSource } from "./source.ts";
import type { Wants } from "./source.ts";
import { makeStore } from "./store.ts";
import type { Store } from "./store.ts";
import { SYMBOL_SETS } from "./symbols.ts";
import { chooseTheme, themeFor, withColours } from "./theme.ts";
import type { Theme, ThemeName } from "./theme.ts";
import { consoleOf } from "./views/console.ts";

/** Of a guest without a console: only its output is seen. */
const DUMB_TERMINAL = { columns: 80, rows: 24 };
/** So long the lab's first picture goes before the keyboard, whose library takes its time. */
const FIRST_PICTURE_MS = 300;

/** See `runDashboard`. */
export async function run(options: DashboardOptions): Promise<DashboardEnd> {
  const { stdin, stdout } = options.streams;
  const isHeard = options.environment["INK_SCREEN_READER"] === "true";
  const terminal = new TerminalLoan(stdin, stdout);
  const { store, source, world, desk } = openLab(options, terminal);
  const painter = isHeard ? undefined : paint(options, store, world);
  const outcome = Promise.withResolvers<DashboardEnd>();
  store.subscribe(() => {
    const state = store.getState();
    if (state.end !== undefined) outcome.resolve(state.end);
    source.want(wantsOf(state));
  });
  const resize = (): void => {
    store.dispatch({ type: "size", size: sizeOf(stdout) });
    painter?.redraw();
  };
  stdout.on("resize", resize);
  const endListening = listen(stdin, stdout, terminal, outcome);
  terminal.begin(painter);
  terminal.setMouse(store.getState().mouse);
  const sourceEnded = source.run();
  let screen: Instance | undefined;
  try {
    const end = await Promise.race([outcome.promise, firstPicture(store)]);
    if (end !== undefined) return end;
    const { openKeyboard, openReader } = await import("./app.ts");
    const keyed = gate(
      withMouse(stdin, (event) => store.dispatch({ type: "mouse", event })),
      store,
      world,
    );
    const props = { store, onReady: terminal.set };
    screen = isHeard
      ? openReader({ stdin: keyed, stdout }, { ...props, world })
      : openKeyboard({ stdin: keyed, stdout }, props);
    const exited = screen.waitUntilExit().then((): DashboardEnd => "left");
    return await Promise.race([outcome.promise, exited]);
  } finally {
    source.close();
    desk.end();
    terminal.setMouse(false);
    screen?.unmount();
    await screen?.waitUntilExit().catch(() => undefined);
    terminal.end();
    stdout.off("resize", resize);
    endListening();
    await sourceEnded;
  }
}

/** Draws what changes, as long as it has the screen. */
function paint(options: DashboardOptions, store: Store, world: World): Painter {
  const { environment, preferences, streams } = options;
  const [symbols, themeOf] = [SYMBOL_SETS[preferences?.symbols ?? "block"], themesOf(options)];
  const painter = new Painter({
    stdout: streams.stdout,
    depth: depthOf(environment),
    now: () => options.clock.now(),
    draw: () => {
      const state = store.getState();
      return { lines: frameLines(state, world, symbols), theme: themeOf(state.theme) };
    },
  });
  store.subscribe(() => painter.changed());
  return painter;
}

/** When there is something of the lab to be seen, or it takes too long. */
function firstPicture(store: Store): Promise<undefined> {
  return new Promise((resolve) => {
    const seen = (): void => {
      clearTimeout(timer);
      end();
      resolve(undefined);
    };
    const timer = setTimeout(seen, FIRST_PICTURE_MS);
    const end = store.subscribe(() => {
      // What draws it is due before what waits for this goes on.
      if (store.getState().shown !== undefined) setImmediate(seen);
    });
  });
}

/** What is typed while a guest's terminal is seen is the guest's. */
function gate(stdin: NodeJS.ReadStream, store: Store, { screen, keys }: World): NodeJS.ReadStream {
  return gatedInput(stdin, {
    leaving: keys.flatMap((entry) => (entry.command.do === "detach" ? entry.keys : [])),
    isAttached: () => modeOf(store.getState()) === "console",
    canScroll: () => !screen.isFullScreen,
    typed: (text) => store.dispatch({ type: "typed", text }),
    key: (key) => store.dispatch({ type: "key", key }),
  });
}

interface Opened {
  readonly store: Store;
  readonly source: DashboardSource;
  readonly world: World;
  readonly desk: CommandDesk;
}

/** The state, where its data comes from, and how what it asks for is done. */
function openLab(options: DashboardOptions, terminal: TerminalLoan): Opened {
  const logs = new LogBuffer();
  const events = new EventBuffer();
  const frames = new FrameBuffer();
  const history = new History(options.packer);
  const { attachedByUp, readOnly = false, environment, preferences = {} } = options;
  const keys = withKeys(KEYS, preferences.keys);
  const screen = new GuestScreen({
    changed: () => store.dispatch({ type: "console" }),
    answer: (guest, text) => readOnly || consoles.type(guest, text),
  });
  const consoles = new ConsoleDesk({
    screen,
    tell: (problem) => store.dispatch({ type: "console", ...(problem !== undefined && { problem }) }),
  });
  const world: World = { logs, events, frames, history, screen, keys };
  const { theme = themeFor(environment), mouse = false } = preferences;
  const first = initialState(sizeOf(options.streams.stdout), { attachedByUp, readOnly, theme, mouse });
  const store = makeStore(first, world, (effect) => perform(effect));
  const source = new DashboardSource({
    connect: options.connect,
    now: () => options.clock.now(),
    logs,
    events,
    frames,
    history,
    consoles,
    tell: store.dispatch,
  });
  const desk = new CommandDesk({ runner: options.commands, readOnly, tell: store.dispatch });
  const perform = (effect: Effect): void => {
    switch (effect.do) {
      case "suspend":
        return (options.onSuspend ?? stopGroup)();
      case "redraw":
        return void terminal.redraw();
      case "copy":
        return void options.streams.stdout.write(copySequence(effect.text));
      case "mouse":
        return terminal.setMouse(effect.on);
      case "act":
        return void source
          .ask(effect.act.ask)
          .then((reply) => store.dispatch({ type: "replied", act: effect.act, reply }));
      case "complete":
        return void desk.complete(effect.text);
      case "run":
        return desk.run(effect.line, effect.run);
      case "type":
        return consoles.type(effect.guest, effect.text);
      case "end-command":
        return desk.end(effect.run);
    }
  };
  return { store, source, world, desk };
}

/** The same theme is the same object, so that nothing is drawn anew for it. */
function themesOf({ environment, preferences = {} }: DashboardOptions): (name: ThemeName) => Theme {
  const made = new Map<ThemeName, Theme>();
  return (name) => {
    const theme = made.get(name) ?? withColours(chooseTheme(environment, name), preferences.colours);
    made.set(name, theme);
    return theme;
  };
}

/** What has to be asked of the lab for what is seen. */
function wantsOf(state: DashboardState): Wants {
  const { view, packets, frozen } = state;
  const guest = view === "console" ? state.console.guest : undefined;
  return {
    packets: packets.records || (view === "packets" && !frozen),
    console: guest === undefined ? undefined : { guest, ...(consoleOf(state, guest) ?? DUMB_TERMINAL) },
    rings: view === "rings" ? selectedDevice(state)?.id : undefined,
  };
}

function sizeOf(stdout: NodeJS.WriteStream): Size {
  return { columns: stdout.columns || 80, rows: stdout.rows || 24 };
}

/** What the terminal does for ctrl-z where it is not in raw mode. */
function stopGroup(): void {
  process.kill(0, "SIGTSTP");
}

/** Takes the terminal, gives it back to the shell for a while, and in the end. */
class TerminalLoan {
  readonly #stdin: NodeJS.ReadStream;
  readonly #stdout: NodeJS.WriteStream;
  /** Absent: Ink has the screen. */
  #painter: Painter | undefined;
  #suspend: SuspendTerminal | undefined;
  #loan: TerminalSuspension | undefined;
  #isLent = false;
  #mouse = false;

  constructor(stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream) {
    this.#stdin = stdin;
    this.#stdout = stdout;
  }

  /** What is typed before anybody reads it waits unseen. */
  begin(painter: Painter | undefined): void {
    this.#painter = painter;
    this.#setRaw(true);
    painter?.enter();
  }

  end(): void {
    this.#painter?.leave();
    this.#setRaw(false);
  }

  /** Has the mouse reported, or no more. */
  setMouse(on: boolean): void {
    if (on === this.#mouse) return;
    this.#mouse = on;
    if (!this.#isLent) this.#stdout.write(on ? MOUSE_ON : MOUSE_OFF);
  }

  readonly set = (suspend: SuspendTerminal): void => {
    this.#suspend = suspend;
  };

  async give(): Promise<void> {
    if (this.#isLent) return;
    this.#isLent = true;
    if (this.#mouse) this.#stdout.write(MOUSE_OFF);
    this.#painter?.leave();
    this.#loan = await this.#suspend?.();
    this.#setRaw(false);
  }

  async take(): Promise<void> {
    if (!this.#isLent) return this.redraw();
    this.#isLent = false;
    const loan = this.#loan;
    this.#loan = undefined;
    this.#setRaw(true);
    await loan?.resume();
    this.#painter?.enter();
    if (this.#mouse) this.#stdout.write(MOUSE_ON);
  }

  /** Takes modes and the whole screen anew. */
  async redraw(): Promise<void> {
    if (this.#isLent) return;
    this.#painter?.leave();
    const loan = await this.#suspend?.();
    await loan?.resume();
    this.#painter?.enter();
  }

  #setRaw(on: boolean): void {
    if (this.#stdin.isTTY) this.#stdin.setRawMode(on);
  }
}

const LEAVING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Everything from outside that ends or stops the dashboard. The answer ends the listening. */
function listen(
  stdin: NodeJS.ReadStream,
  stdout: NodeJS.WriteStream,
  terminal: TerminalLoan,
  outcome: PromiseWithResolvers<DashboardEnd>,
): () => void {
  const leave = (): void => outcome.resolve("left");
  const fail = (error: unknown): void => outcome.reject(error);
  const stop = (): void => {
    void terminal.give().then(() => process.kill(process.pid, "SIGSTOP"));
  };
  const goOn = (): void => void terminal.take();
  for (const signal of LEAVING_SIGNALS) process.on(signal, leave);
  process.on("SIGTSTP", stop);
  process.on("SIGCONT", goOn);
  process.on("uncaughtException", fail);
  // A terminal that is closed ends its streams, or their reads and writes fail.
  if (stdin.isTTY) stdin.on("end", leave);
  stdin.on("error", leave);
  stdout.on("error", leave);
  return () => {
    for (const signal of LEAVING_SIGNALS) process.off(signal, leave);
    process.off("SIGTSTP", stop);
    process.off("SIGCONT", goOn);
    process.off("uncaughtException", fail);
    stdin.off("end", leave);
    stdin.off("error", leave);
    stdout.off("error", leave);
  };
}
