// Commands of the admin tree: what a running lab is made of, and changes by hand.

import type { Command } from "commander";
import { Option } from "commander";
import type { ChangeParams } from "../../interpreter/index.ts";
import { HAND_HELP } from "../help.ts";
import { inLab, json, type Registrar } from "./registrar.ts";

export function registerAdmin(registrar: Registrar): void {
  const { add, run, context } = registrar;
  const plain = (): Option => new Option("--plain", "a record a line");
  const command = (usage: string, about: string): Command =>
    inLab(add(usage, about)).addOption(json()).addHelpText("after", HAND_HELP);
  command("status [file]", "what was changed by hand, what died, and what to type next")
    .addOption(plain())
    .action((file, options) =>
      run(import("../commands/status.ts").then(({ status }) => status(context, file, options))),
    );
  command("tree [path]", "what a running lab is made of")
    .addOption(plain())
    .action((path, options) =>
      run(import("../commands/tree.ts").then(({ tree }) => tree(context, path, options))),
    );
  command("get <path>", "the attributes of a thing, or the value of one").action((path, options) =>
    run(import("../commands/tree.ts").then(({ get }) => get(context, path, options))),
  );
  registerChanges(registrar, command);
}

type Make = (usage: string, about: string) => Command;

function registerChanges({ run, context }: Registrar, command: Make): void {
  const change = (params: ChangeParams, options: object): Promise<void> =>
    run(import("../commands/by-hand.ts").then((by) => by.change(context, params, options)));
  command("set <path> <value>", "sets an attribute by hand").action((path, value, options) =>
    change({ do: "set", path, value }, options),
  );
  command("make <kind> <path> [attributes...]", "makes a thing by hand").action(
    (kind, path, attributes, options) => change({ do: "make", kind, path, attributes }, options),
  );
  command("link <device> <bus>", "hands a device to the guests on a bus, while they run").action(
    (path, to, options) => change({ do: "link", path, to }, options),
  );
  command("unlink <device>", "takes a device from its bus and keeps it").action((path, options) =>
    change({ do: "unlink", path }, options),
  );
  command("remove <path>", "takes a thing away by hand").action((path, options) =>
    change({ do: "remove", path }, options),
  );
  for (const [method, about] of [
    ["adopt", "writes what was changed by hand into the file"],
    ["heal", "undoes what was changed by hand, and boots what died"],
  ] as const)
    command(`${method} [path]`, about).action((path, options) =>
      run(import("../commands/by-hand.ts").then((by) => by.settle(context, method, path, options))),
    );
}
