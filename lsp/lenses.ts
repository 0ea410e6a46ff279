// "Apply this guest" above each guest of a lab that runs, and the command behind it.

import { MessageType, ShowMessageNotification, type CodeLens } from "vscode-languageserver/node";
import { pathOf } from "./documents.ts";
import type { Room } from "./language.ts";

export const APPLY = "vbus.applyGuest";

export function registerLenses({ connection, documents, labs, running }: Room): void {
  connection.onCodeLens(async ({ textDocument }): Promise<CodeLens[]> => {
    const file = pathOf(textDocument.uri);
    if (file === undefined) return [];
    const { service, root } = await labs.settled(file);
    if (!running.runs(root)) return [];
    const document = documents.document(file);
    return service
      .things(file)
      .filter(({ kind, addresses }) => kind === "guest" && addresses.length > 0)
      .map(({ span, addresses }) => {
        const position = document.positionAt(span.start);
        const title = addresses.length === 1 ? "apply this guest" : "apply these guests";
        return {
          range: { start: position, end: position },
          command: { title, command: APPLY, arguments: [textDocument.uri, addresses] },
        };
      });
  });
  connection.onExecuteCommand(async ({ command, arguments: given }) => {
    if (command !== APPLY) return null;
    const [uri, addresses] = (given ?? []) as readonly unknown[];
    const file = typeof uri === "string" ? pathOf(uri) : undefined;
    if (file === undefined || !Array.isArray(addresses)) return null;
    const names = addresses.filter((one) => typeof one === "string");
    const message = await running.apply(labs.of(file).root, names);
    await connection.sendNotification(ShowMessageNotification.type, { type: MessageType.Info, message });
    return message;
  });
}
