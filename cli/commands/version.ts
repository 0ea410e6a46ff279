// `vbus version`: what to say in a report.

import { PROTOCOL_VERSION } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";

const VERSION_SCHEMA = 1;

export function version({ terminal }: Context, vbus: string, options: { readonly json?: boolean }): Exit {
  const { node, v8 } = process.versions;
  const platform = `${process.platform}-${process.arch}`;
  if (options.json) {
    const record = { schema: VERSION_SCHEMA, vbus, protocol: PROTOCOL_VERSION, node, v8, platform };
    terminal.out(`${JSON.stringify(record, undefined, 2)}\n`);
  } else {
    terminal.out(
      `vbus ${vbus} (control protocol ${PROTOCOL_VERSION}), Node ${node}, V8 ${v8}, ${platform}\n`,
    );
  }
  return EXIT.done;
}
