// Outcomes of the control plane in short.

import type { Outcome, Refusal } from "../hypervisor.ts";

export function success(): Outcome {
  return { ok: true, value: undefined };
}

export function refuse(
  code: Refusal["code"],
  message: string,
): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { code, message } };
}
