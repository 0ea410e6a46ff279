// A program of the kernel's side: connects to an address or waits for one connection, writes bytes, reads as
// many as are to come, and ends with 0 if they are those that the SDK's end of the tests writes. Arguments:
// `call` or `wait`, address, port, bytes to write, bytes to read.

import { connect, createServer, type Socket } from "node:net";

const [what, address, port, out, back] = process.argv.slice(2);
const pattern = (place: number): number => Math.imul(place, 0x9e37_79b1) >>> 24;

function talk(socket: Socket): void {
  let received = 0;
  let wrong = 0;
  socket.setNoDelay(true);
  socket.on("data", (data: Buffer) => {
    for (const byte of data) if (byte !== pattern(received++)) wrong++;
  });
  socket.on("error", (error) => {
    console.error(String(error));
    process.exitCode = 7;
  });
  socket.on("close", () => {
    const well = received === Number(back) && wrong === 0;
    if (!well) console.error(`${received} of ${back} bytes received, ${wrong} of them wrong`);
    process.exit(well ? process.exitCode : 6);
  });
  socket.end(Uint8Array.from({ length: Number(out) }, (_, place) => pattern(place)));
}

if (what === "call") {
  const socket = connect({ host: address!, port: Number(port), allowHalfOpen: true }, () => talk(socket));
  socket.on("error", (error) => {
    console.error(String(error));
    process.exit(8);
  });
} else {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    server.close();
    talk(socket);
  }).listen(Number(port), () => console.error("listening"));
}
