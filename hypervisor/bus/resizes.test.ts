// Asking a guest for other rings, at the moment at which the time is up.

import { expect, test } from "vitest";
import { acknowledge, takePort } from "../datapath/port.ts";
import { Plugs } from "../datapath/plugs.ts";
import type { DeviceSpec } from "../hypervisor.ts";
import { createFabric } from "../memory/fabric.ts";
import type { Device } from "./bus.ts";
import { Resizes } from "./resizes.ts";

test("who acknowledges just before the time is up has the new rings", async () => {
  const fabric = createFabric();
  const port = new Plugs(fabric).addPort({ linkUp: true, mtu: 1500, rate: 0, vlan: 0 }) ?? 0;
  takePort(fabric, port, 1);
  const spec: DeviceSpec = { class: "vconsole", name: "tty", vconsole: { columns: 80, rows: 24 } };
  const device: Device = { id: "d", bus: "b", deviceId: 1, port, spec, openBy: undefined };
  const done: DeviceSpec[] = [];
  const resizes = new Resizes(fabric, {
    canReconfigure: () => true,
    ask: (_thread, _device, ticket) => expect(acknowledge(fabric, port, ticket)).toBe(true),
    done: (_, after) => void done.push(after),
  });
  const after = { ...spec, vconsole: { columns: 100, rows: 24 } };
  expect(await resizes.ask(device, after)).toEqual({ ok: true, value: undefined });
  expect(done).toEqual([after]);
  expect(resizes.isAsked(device)).toBe(false);
});
