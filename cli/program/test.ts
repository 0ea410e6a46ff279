// The command that runs tests.

import { Option } from "commander";
import { addSourceOptions } from "../source-options.ts";
import type { Registrar } from "./registrar.ts";

export function registerTesting({ add, run, context }: Registrar): void {
  addSourceOptions(add("test [files...]", "runs the tests of labs; of folders all files in them"))
    .addOption(
      new Option("-t, --filter <text>", "only tests whose name holds this, or matches /it/").env(
        "VBUS_TEST_FILTER",
      ),
    )
    .addOption(new Option("--fail-fast", "start no more after a failure").env("VBUS_TEST_FAIL_FAST"))
    .addOption(new Option("--keep-going", "run all, whatever fails; over --fail-fast"))
    .addOption(new Option("-j, --jobs <count>", "labs side by side; 2 where left out").env("VBUS_TEST_JOBS"))
    .addOption(new Option("--junit <file>", "write the results as JUnit's XML").env("VBUS_TEST_JUNIT"))
    .addOption(
      new Option("--captures <folder>", "keep the frames of steps that fail, as pcapng").env(
        "VBUS_TEST_CAPTURES",
      ),
    )
    .addOption(new Option("--json", "a JSON record a test"))
    .action((files, options) =>
      run(import("../commands/test.ts").then(({ test }) => test(context, files, options))),
    );
}
