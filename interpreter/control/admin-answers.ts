// Answers the requests of the admin tree with what the lab's own says.

import { ErrorCodes, ResponseError } from "vscode-jsonrpc/node";
import type { AdminTree } from "../drift/admin.ts";
import type { AdminMethods } from "./admin-methods.ts";
import type { Request } from "./requests.ts";

export type AdminRequest = Extract<Request, { readonly method: keyof AdminMethods }>;

const refused = (message: string): ResponseError<void> =>
  new ResponseError(ErrorCodes.InvalidParams, message);

/** `admin` is absent where nothing of the lab can be changed by hand. */
export async function answerAdmin(request: AdminRequest, admin: AdminTree | undefined): Promise<unknown> {
  if (admin === undefined) return refused("this lab has no admin tree");
  switch (request.method) {
    case "status":
      return admin.status();
    case "tree":
      return { rows: admin.tree(request.params.path) };
    case "get": {
      const found = admin.get(request.params.path);
      return typeof found === "string" ? refused(found) : found;
    }
    case "change": {
      const changed = admin.change(request.params);
      return typeof changed === "string" ? refused(changed) : changed;
    }
    case "adopt":
      return admin.adopt(request.params.path);
    case "heal":
      return admin.heal(request.params.path);
  }
}
