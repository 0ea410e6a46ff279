// Asks a lab to apply what somebody agreed to. A lab that follows its file may have done it by then.

import {
  OperationError,
  type ApplyAnswer,
  type ApplyRequest,
  type LabClient,
} from "../../interpreter/index.ts";

/**
 * Applies what a plan with `bound` came to. Where the lab is another by now and nothing is left of the plan,
 * that is no mistake. Throws `OperationError` (`stale`) where anything else is left.
 */
export async function applyAgreed(
  client: LabClient,
  request: ApplyRequest,
  bound: ApplyRequest["bound"],
): Promise<ApplyAnswer> {
  const applyBoundTo = (to: typeof bound): Promise<ApplyAnswer> =>
    client.request("apply", { ...request, ...(to && { bound: to }) });
  try {
    return await applyBoundTo(bound);
  } catch (error) {
    if (!(error instanceof OperationError) || error.trouble !== "stale") throw error;
    const now = await client.request("plan", planPart(request));
    if (now.plan?.steps.length !== 0) throw error;
    return applyBoundTo(now.bound);
  }
}

/** What of an apply decides its plan. */
export function planPart({ parameters, targets, excludes, replace }: ApplyRequest): ApplyRequest {
  return {
    ...(parameters && { parameters }),
    ...(targets && { targets }),
    ...(excludes && { excludes }),
    ...(replace && { replace }),
  };
}
