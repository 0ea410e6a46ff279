// The thread that has the connection of one NBD volume: does what guests' threads ask for in their mailboxes,
// each by itself. Host code only. The composition root of that thread.

import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { answerAsked, nextAsked, viewMailbox, type Mailbox } from "../../ring/mailbox.ts";
import { NbdClient } from "./nbd-client.ts";
import type { NbdAnswer, NbdLetter, NbdStart } from "./nbd-letters.ts";

const control = parentPort as MessagePort;
const { address } = workerData as NbdStart;

function tell(answer: NbdAnswer): void {
  control.postMessage(answer);
}

async function serve(client: NbdClient, mailbox: Mailbox): Promise<void> {
  // Event loop: one request of one device after the other, until the thread is ended.
  for (;;) {
    const { op, offset, length } = await nextAsked(mailbox);
    answerAsked(mailbox, await client.request(op, offset, length, mailbox.data));
  }
}

try {
  const { client, found } = await NbdClient.open(address);
  control.on("message", (letter: NbdLetter) => {
    if (letter.type === "serve") return void serve(client, viewMailbox(letter.mailbox));
    client.close();
    control.close();
  });
  tell({ type: "ready", found });
} catch (error) {
  tell({ type: "failed", reason: error instanceof Error ? error.message : String(error) });
}
