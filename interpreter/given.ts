// What a lab is evaluated with: the parameters it was started with, and those that a client sends later.

import type { Environment } from "./control/paths.ts";
import type { Parameters } from "./lab-contract.ts";

export interface Given {
  readonly params: Parameters;
  readonly env: Environment;
}

/** The prefix of variables that are parameters. */
export const PARAM_PREFIX = "VBUS_PARAM_";

/** Parameters as a client sends them over the socket. */
export interface SentParameters extends Parameters {
  /** Its variables that are parameters; others are not sent. */
  readonly env?: Readonly<Record<string, string>>;
}

/** All that a client was given; what is not, is not there. */
export function sentParameters(params: Parameters = {}, env: Environment = process.env): SentParameters {
  const own = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[0].startsWith(PARAM_PREFIX) && entry[1] !== undefined,
  );
  return { ...params, ...(own.length > 0 && { env: Object.fromEntries(own) }) };
}

/**
 * Each way of giving by itself: what is sent hides the lab's own, and flags still go before files and
 * variables.
 */
export function withSent(own: Given, sent: SentParameters = {}): Given {
  const { flags, values, env } = sent;
  return {
    params: {
      ...own.params,
      ...(flags && { flags: { ...own.params.flags, ...flags } }),
      ...(values && { values: { ...own.params.values, ...values } }),
    },
    env: { ...own.env, ...env },
  };
}
