// Commands for the beginning: a lab to start from, and help for shells and readers.

import { Argument, Option, type Command } from "commander";
import { json, type Registrar } from "./registrar.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
const IMAGE_ACTIONS = ["build", "list", "prune"];
/** Here as texts: the commands themselves are loaded when they are called. */
const TEMPLATES = ["hello", "tenants", "racks", "links"];

export function registerBeginning({ add, run, context }: Registrar, program: Command): void {
  add("init [folder]", "writes a small lab to start from")
    .addOption(new Option("--template <name>", "which one").choices(TEMPLATES).default("hello"))
    .addOption(json())
    .action((folder, options) =>
      run(import("../commands/init.ts").then(({ init }) => init(context, folder, options))),
    );
  add("images", "prepared images of Linux, which are built here once")
    .addArgument(new Argument("[action]", "what to do").choices(IMAGE_ACTIONS).default("list"))
    .addArgument(new Argument("[name]", "which image to build"))
    .addOption(new Option("--mirror <url>", "read Debian's packages from an archive by HTTP, without apt"))
    .addOption(new Option("--again", "build it anew"))
    .addOption(new Option("--all", "prune: take every image away"))
    .addOption(json())
    .action((action, name, options) =>
      run(import("../commands/images.ts").then(({ images }) => images(context, action, name, options))),
    );
  add("completion", "what a shell needs to complete what is typed")
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .action((shell) =>
      run(import("../commands/completion.ts").then(({ completion }) => completion(context, shell))),
    );
  add("man", "the manual page, as roff; `vbus man | man -l -` shows it").action(() =>
    run(import("../commands/man.ts").then(({ man }) => man(context, program))),
  );
}
