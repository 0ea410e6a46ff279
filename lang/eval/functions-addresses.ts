// External functions on addresses and subnets.

import { cidrText, ipText, macNumber, macText, parseCidr, parseIp, subnetSize } from "../values/address.ts";
import { list, NONE, type Datum } from "./datum.ts";
import { argumentSpan, type External } from "./functions.ts";
import { showDatum } from "./show.ts";

const SUBNETS_MAX = 65_536;
const whole = (datum: Datum | undefined): number => (datum?.is === "int" ? datum.value : 0);

export const ADDRESS_FUNCTIONS: Readonly<Record<string, External>> = {
  host: ([net = NONE, n], call, machine) => {
    const subnet = net.is === "cidr" ? parseCidr(net.text) : undefined;
    if (!subnet) return machine.failQuietly();
    const at = BigInt(whole(n));
    if (at < 0n || at >= subnetSize(subnet)) {
      machine.fail(
        "VB3011",
        argumentSpan(call, 1),
        `${showDatum(net)} has no address ${at}: it has ${subnetSize(subnet)}, from 0 on.`,
      );
    }
    return { is: "ip", text: ipText({ bits: subnet.bits, value: subnet.value + at }) };
  },
  subnets: ([net = NONE, bits], call, machine) => {
    const subnet = net.is === "cidr" ? parseCidr(net.text) : undefined;
    if (!subnet) return machine.failQuietly();
    const prefix = whole(bits);
    const span = argumentSpan(call, 1);
    if (prefix < subnet.prefix || prefix > subnet.bits) {
      machine.fail(
        "VB3011",
        span,
        `${showDatum(net)} can't be divided into subnets of ${prefix} bits: ${subnet.prefix} ` +
          `to ${subnet.bits} can.`,
      );
    }
    const count = 2 ** (prefix - subnet.prefix);
    if (count > SUBNETS_MAX)
      machine.fail("VB3008", span, `These would be ${count} subnets: more than 65,536.`);
    machine.countElements(count, call.span);
    const step = 1n << BigInt(subnet.bits - prefix);
    return list(
      Array.from({ length: count }, (_, i): Datum => ({
        is: "cidr",
        text: cidrText({ bits: subnet.bits, value: subnet.value + BigInt(i) * step, prefix }),
      })),
    );
  },
  next: ([address = NONE, n], call, machine) => {
    const by = BigInt(whole(n));
    if (address.is === "mac") {
      const value = macNumber(address.text) + by;
      if (value < 0n || value >= 1n << 48n)
        machine.fail("VB3011", call.span, "There is no such MAC address.");
      return { is: "mac", text: macText(value) };
    }
    const ip = address.is === "ip" ? parseIp(address.text) : undefined;
    if (!ip) return machine.fail("VB3011", argumentSpan(call, 0), `${showDatum(address)} is no address.`);
    const value = ip.value + by;
    if (value < 0n || value >= 1n << BigInt(ip.bits))
      machine.fail("VB3011", call.span, "There is no such address.");
    return { is: "ip", text: ipText({ bits: ip.bits, value }) };
  },
};
