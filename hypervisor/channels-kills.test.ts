// Senders and receivers of a channel that are ended at random moments, in the middle of host code too: what
// was sent is what was received and what waits, to the message.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { DeviceSpec, VchanSpec } from "./hypervisor.ts";
import { SEED, must, randomOf } from "./machine-room.test-support.ts";
import { assembleMachineRoom } from "./machine-room.ts";

const KILLS = process.env["SLOW"] === "1" ? 100 : 15;
const MOST_MS = 20;

test(
  `${KILLS} kills of senders and receivers lose no message and double none`,
  { timeout: 600_000 },
  async () => {
    const random = randomOf(SEED);
    const { hypervisor } = assembleMachineRoom({ lab: "test", warm: 4 });
    const chat = readFileSync(new URL("../stdlib/guests/build/chat.wasm", import.meta.url));
    const image = must(await hypervisor.compile(chat));
    must(hypervisor.createChannel("c", { kind: "datagram", depth: 64, messageMax: 64, full: "wait" }));
    const roles: Readonly<Record<string, VchanSpec["role"]>> = {
      a: "send",
      b: "send",
      c: "receive",
      d: "receive",
    };
    const boot = async (id: string): Promise<void> => {
      const args = [roles[id] === "send" ? "--send" : "--expect", "1000000000"];
      must(await hypervisor.bootGuest(id, { bus: id, image, args, env: {}, memory: 4 << 20 }));
    };
    try {
      for (const [id, role] of Object.entries(roles)) {
        const spec: DeviceSpec = { class: "vchan", name: "m", vchan: { channel: "c", role, priority: 0 } };
        must(hypervisor.createBus(id));
        must(hypervisor.addDevice(id, `${id}.m`, spec));
        await boot(id);
      }
      for (let kill = 0; kill < KILLS; kill++) {
        const id = Object.keys(roles)[Math.floor(random() * 4)] as string;
        await new Promise((resolve) => setTimeout(resolve, random() * MOST_MS));
        must(await hypervisor.killGuest(id));
        must(hypervisor.removeGuest(id));
        await boot(id);
      }
      for (const id of Object.keys(roles)) must(await hypervisor.killGuest(id));
      const told = (id: string) => hypervisor.device(`${id}.m`);
      const sent = (told("a")?.tx.count ?? 0) + (told("b")?.tx.count ?? 0);
      const received = (told("c")?.rx.count ?? 0) + (told("d")?.rx.count ?? 0);
      const channel = hypervisor.channel("c");
      console.log(`SEED=${SEED}: ${sent} messages, of which ${received} were received`);
      expect(sent).toBeGreaterThan(1000);
      expect(channel?.messages).toEqual({ count: received, bytes: received * 64, dropped: 0, droppedBy: {} });
      expect(sent - received).toBe(channel?.waiting);
    } finally {
      await hypervisor.close();
    }
  },
);
