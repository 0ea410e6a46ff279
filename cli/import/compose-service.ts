// What a service of a compose file says of itself, and what of it a guest can have.

import { durationText, memoryText } from "./amounts.ts";
import { mountsOf } from "./compose-mounts.ts";
import { list, key, quote, type Draft, type DraftGuest, type DraftImage, type Names } from "./draft.ts";
import { isStandIn, type Images } from "./images.ts";
import type { Interpolation } from "./interpolate.ts";
import { publishText, readPorts, type Port } from "./publish.ts";
import type { Report } from "./report.ts";
import type { Entry, Place, Tree } from "./tree.ts";

/** What a service is read with. */
export interface Serving {
  readonly service: string;
  readonly at: Place;
  readonly guest: DraftGuest;
  readonly draft: Draft;
  readonly report: Report;
  readonly words: Interpolation;
  readonly names: Names;
  readonly images: Images;
  guestOf(service: string): DraftGuest | undefined;
  /** Publishes something of a device that it is told; false where no network of the guest reaches outside. */
  publish(text: (device: string) => string): boolean;
}

interface Filling extends Serving {
  readonly image: DraftImage;
  readonly settings: ReadonlyMap<string, Entry>;
}

/** Settings that are read elsewhere, or ask for what is so anyway. */
const READ = new Set(["image", "build", "networks", "profiles", "scale", "extends", "expose", "entrypoint"]);
/** Why nothing here does what a setting says. */
const WHY: Readonly<Record<string, string>> = {
  healthcheck: "health by command is not served",
  env_file: "put what it says into `env`",
  hostname: "a guest has one name",
  container_name: "a guest has one name",
};
/** Guests of one service. */
const COUNT_MAX = 1000;
const NETWORK_MODE = "a guest is plugged into networks of the lab";

/** Gives a guest what its service says, and a note for each thing that it can't have. */
export function fillService(settings: ReadonlyMap<string, Entry>, serving: Serving): void {
  const { report, guest, words, images, service } = serving;
  const build = settings.get("build");
  const named = report.text("image", settings.get("image")?.value);
  const image = images.take(named === undefined ? service : words.plain(named));
  guest.image = image.name;
  if (build) guest.notes.push(report.without("build", build.value, "nothing is built here"));
  const filling = { ...serving, image, settings };
  repeat(filling);
  condition(filling);
  for (const [word, { value }] of settings) {
    if (READ.has(word)) continue;
    const fill = FILLS[word];
    if (!fill?.(value, filling)) guest.notes.push(report.without(word, value, WHY[word]));
  }
  if (settings.has("entrypoint") && !settings.has("command"))
    FILLS["command"]?.({ is: "none", at: serving.at }, filling);
}

/** `deploy.replicas` or `scale`: so many guests by number. */
function repeat({ settings, report, words, guest }: Filling): void {
  const deploy = report.entries("deploy", settings.get("deploy")?.value);
  const said = deploy.get("replicas")?.value ?? settings.get("scale")?.value;
  const count = Number(words.plain(report.text("replicas", said) ?? "1"));
  if (!said || count === 1) return;
  if (Number.isInteger(count) && count > 1 && count <= COUNT_MAX) guest.count = count;
  else guest.notes.push(report.without("replicas", said, `here it is 1 to ${COUNT_MAX}`));
}

/** Guests of a profile are there where the parameter names it. */
function condition({ settings, report, guest, draft }: Filling): void {
  const profiles = report.texts("profiles", settings.get("profiles")?.value);
  if (profiles.length === 0) return;
  guest.condition = profiles.map(({ text }) => `${quote(text)} in profiles`).join(" || ");
  const text = "param profiles: [string] = []";
  if (!draft.params.some((param) => param.text === text)) draft.params.push({ text, notes: [] });
}

/** Answers whether the guest has it now; a note is made of it otherwise. */
type Fill = (value: Tree, filling: Filling) => boolean;

const FILLS: Readonly<Record<string, Fill>> = {
  command: (_, filling) => fillCommand(filling),
  environment: fillEnvironment,
  depends_on: fillNeeds,
  ports: fillPorts,
  restart: (value, { report, guest, words }) => {
    const [name = "", max] = words.plain(report.text("restart", value) ?? "").split(":");
    return fillRestart(guest, name, max);
  },
  mem_limit: (value, filling) => fillMemory(value, filling),
  deploy: fillDeploy,
  labels: (value, { report, guest, words }) => {
    const pairs = pairsOf("labels", value, report);
    const texts = pairs.map(([name, text]) => `${key(name)} = ${quote(words.plain(text ?? ""))}`);
    guest.attributes.push(["labels", `{ ${texts.join(", ")} }`]);
    return true;
  },
  stop_grace_period: (value, { report, guest }) => {
    const grace = durationText(report.text("stop_grace_period", value) ?? "");
    if (grace !== undefined) guest.attributes.push(["stop", `{ grace = ${grace} }`]);
    return grace !== undefined;
  },
  hostname: isItsName,
  container_name: isItsName,
  tty: fillConsole,
  stdin_open: fillConsole,
  volumes: (value, filling) => {
    if (filling.image.class !== "wasi") return false;
    for (const note of mountsOf(value, filling)) filling.guest.notes.push(note);
    return true;
  },
  network_mode: (value, { report, guest }) => {
    if (report.text("network_mode", value) !== "none")
      guest.notes.push(report.without("network_mode", value, NETWORK_MODE));
    return true;
  },
};

/** A program that the caller chose gets the words; a stand-in knows nothing of them. */
function fillCommand({ settings, report, guest, words, image }: Filling): boolean {
  const parts = ["entrypoint", "command"].flatMap((name) => {
    const value = settings.get(name)?.value;
    if (value?.is === "text") return splitWords(value.text);
    return report.texts(name, value).map(({ text }) => text);
  });
  if (isStandIn(image)) return false;
  guest.attributes.push(["args", list(parts.map((part) => words.expression(part)))]);
  return true;
}

/** As a shell would for plain words and quotes. */
const splitWords = (text: string): readonly string[] =>
  [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );

/** A map, or a list of `NAME=VALUE`; undefined where only the name stands. */
function pairsOf(
  name: string,
  value: Tree,
  report: Report,
): readonly (readonly [string, string | undefined])[] {
  if (value.is === "map")
    return [...value.entries].map(([word, one]) => [word, report.text(word, one.value)]);
  return report.texts(name, value).map(({ text }) => {
    const at = text.indexOf("=");
    return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  });
}

function fillEnvironment(value: Tree, { report, guest, words }: Filling): boolean {
  const lines = pairsOf("environment", value, report).map(([name, text]) => {
    const said = text === undefined ? words.passed(name) : words.expression(text);
    return `${key(name)} = ${said}`;
  });
  guest.attributes.push(["env", `{\n${lines.join("\n")}\n}`]);
  return true;
}

function fillNeeds(value: Tree, { report, guest, guestOf }: Filling): boolean {
  const names =
    value.is === "map"
      ? [...value.entries].map(([name, { at, value: how }]) => ({ name, at, how }))
      : report.texts("depends_on", value).map(({ text, at }) => ({ name: text, at, how: undefined }));
  const needs: string[] = [];
  for (const { name, at, how } of names) {
    const other = guestOf(name);
    const when = report.text("condition", report.entries(name, how).get("condition")?.value);
    if (!other) report.error("VB7003", at, `There is no service \`${name}\` to depend on.`);
    else if (other.condition !== undefined)
      guest.notes.push(report.note(at, `no counterpart: depends_on: ${name}, which is not always there`));
    else needs.push(other.count === undefined ? other.name : `...${other.name}.values()`);
    if (other && when !== undefined && when !== "service_started")
      guest.notes.push(report.note(at, `no counterpart: ${name}: ${when}; it is waited for until it runs`));
  }
  if (needs.length > 0) guest.attributes.push(["depends_on", list(needs)]);
  return true;
}

function fillPorts(value: Tree, { report, guest, words, publish }: Filling): boolean {
  for (const item of report.ask("list", "ports", value)?.items ?? []) {
    const ports =
      item.is === "map"
        ? longPort(item.entries, report)
        : readPorts(words.plain(report.text("ports", item) ?? ""));
    if (!ports) {
      report.error("VB7002", item.at, "A port is `[[ADDRESS:]HOST:]PORT[/tcp|udp]`, or a map with `target`.");
      continue;
    }
    const to = guest.count === undefined ? guest.name : `${guest.name}[1]`;
    const texts = ports.map((port) => (device: string) => published(port, `${to}.${device}`, guest));
    if (texts.some((text) => !publish(text)))
      guest.notes.push(report.without("ports", item, "no network of this guest reaches outside"));
    else if (guest.count !== undefined)
      guest.notes.push(report.without("ports", item, "it leads to the first of them"));
  }
  return true;
}

/** Of a guest that is not always there only while it is. */
function published(port: Port, to: string, { name, condition: when }: DraftGuest): string {
  const text = publishText(port, to);
  return when === undefined ? text : `...(${name} != none ? [${text}] : [])`;
}

function longPort(settings: ReadonlyMap<string, Entry>, report: Report): readonly Port[] | undefined {
  const ask = (name: string): string | undefined => report.text(name, settings.get(name)?.value);
  const [host, target, protocol] = [ask("host_ip"), ask("target") ?? "", ask("protocol") ?? "tcp"];
  const published = ask("published") ?? "";
  const before = published === "" ? "" : `${host === undefined ? "" : `${host}:`}${published}:`;
  return readPorts(`${before}${target}/${protocol}`);
}

function fillRestart(guest: DraftGuest, name: string, max?: string): boolean {
  const text: Readonly<Record<string, string>> = {
    no: "",
    none: "",
    always: "always",
    any: "always",
    "unless-stopped": "always",
    "on-failure": /^\d+$/.test(max ?? "") ? `on_failure(max = ${max})` : "on_failure",
  };
  const restart = text[name];
  if (restart !== undefined && restart !== "") guest.attributes.push(["restart", restart]);
  return restart !== undefined;
}

function fillMemory(value: Tree, { report, guest, words }: Filling): boolean {
  const size = memoryText(words.plain(report.text("memory", value) ?? ""));
  if (size !== undefined) guest.attributes.push(["memory", size]);
  return size !== undefined;
}

function fillDeploy(value: Tree, filling: Filling): boolean {
  const { report, guest, words } = filling;
  for (const [word, { value: said }] of report.entries("deploy", value)) {
    if (word === "replicas") continue;
    if (word === "restart_policy") {
      const settings = report.entries(word, said);
      const ask = (name: string): string => words.plain(report.text(name, settings.get(name)?.value) ?? "");
      fillRestart(guest, ask("condition") === "" ? "any" : ask("condition"), ask("max_attempts"));
      continue;
    }
    if (word !== "resources") {
      guest.notes.push(report.without(`deploy.${word}`, said));
      continue;
    }
    for (const [part, { value: amounts }] of report.entries(word, said))
      for (const [name, { value: amount }] of report.entries(part, amounts))
        if (part !== "limits" || name !== "memory" || !fillMemory(amount, filling))
          guest.notes.push(report.without(`${part}.${name}`, amount));
  }
  return true;
}

function fillConsole(value: Tree, { report, guest }: Filling): boolean {
  const device = "device tty: vconsole { }";
  if (report.text("tty", value) === "true" && !guest.others.includes(device)) guest.others.push(device);
  return true;
}

function isItsName(value: Tree, { report, guest }: Filling): boolean {
  return report.text("hostname", value) === guest.name;
}
