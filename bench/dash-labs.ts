// The labs that dashboards are measured with, as texts.
import { fileURLToPath } from "node:url";

/** So many guests that take, and where `rate` says how much, as many that send to them. */
export function wideLab(pairs: number, rate?: string): string {
  const from = `image stream: wasm { path = "std:guests/stream" }
guest from for i in 1..${pairs} {
  image = stream
  vcpu = shared
  args = ["--to", "10.0.1.\${i}", "--rate", ${rate}, "--size", 100B, "--for", 1h]
  device eth0: venet { network = lan }
}
`;
  return `lab wide { }
network lan { subnet = 10.0.0.0/16 }
image sink: wasm { path = "std:guests/sink" }
guest to for i in 1..${pairs} {
  image = sink
  vcpu = shared
  device eth0: venet { network = lan, ip = "10.0.1.\${i}" }
}
${rate === undefined ? "" : from}`;
}

const MAC = "02:00:00:00:00:02";

/** Two guests, and frames from one to the other as fast as it takes them. */
export function pairLab(): string {
  const guest = (name: string): string => fileURLToPath(new URL(`build/${name}.wasm`, import.meta.url));
  return `lab pair { }
network lan { subnet = 10.0.0.0/24 }
image drain: wasm { path = "${guest("drain")}" }
image blast: wasm { path = "${guest("blast")}" }
guest receiver {
  image = drain
  args = ["--bytes", 1500, "--ring", 512]
  memory = 16MiB
  device eth0: venet { network = lan, mac = "${MAC}", ring = 512 }
}
guest sender {
  image = blast
  args = ["--mac", "${MAC}", "--seconds", 3600, "--bytes", 1500, "--batch", 64, "--ring", 512]
  memory = 16MiB
  device eth0: venet { network = lan, ring = 512 }
}
`;
}
