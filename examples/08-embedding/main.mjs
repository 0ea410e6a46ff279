// A lab inside a program of one's own: no file, no socket, nothing kept. `node main.mjs`
// The same lab as ../01-hello, asked from outside and changed while it runs.

import { Lab } from "alacrityvm";

const text = (rate) => `
param count: int = 3

network lan { subnet = 10.0.0.0/24 }

image ping: wasm { path = "std:guests/ping" }
image echo: wasm { path = "std:guests/echo" }

guest server {
  image = echo
  device eth0: venet { network = lan, rate = ${rate} }
}

guest client {
  image = ping
  args  = ["--to", server.eth0.ip, "--count", count]
  goal  = completed
  device eth0: venet { network = lan }
}
`;

const lab = await Lab.start({
  source: text("1Gbps"),
  params: { count: 2 },
  onLog: ({ guest, text }) => console.log(`${guest}: ${text}`),
});

const { ready, failed } = await lab.ready({ timeoutMs: 60_000 });
console.log(ready ? "every goal is met" : `missed: ${failed.join(", ")}`);

const sent = (address) => lab.snapshot().devices.find(({ id }) => id === address).tx.count;
console.log(`server sent ${sent("server.eth0")} frames`);

const stop = lab.onEvent(({ address, message }) => console.log(`${address ?? lab.name}: ${message}`));
await lab.change(text("10Mbps"));
stop();

await lab.change(text("10Mops")).catch((error) => console.log(`${error.name}: ${error.diagnostics[0].code}`));

await lab.stop();
