// The door of the SDK: everything that a guest needs, and nothing of how the ABI does it.

export { boot, argument, environment, guestName, BootText } from "./boot";
export { allocate, release, largestFree } from "./memory";
export { BAD, readDuration, readIp, readMac, readNumber, readRate, readSize } from "./values";
export {
  bytesEqual,
  load16,
  load32,
  load64,
  loadMac,
  store16,
  store32,
  store64,
  storeMac,
  textEquals,
} from "./bytes";
export { Change, VenetFacts, nameEquals, nameLength, putName } from "./devices";
export { changeCount, FOREVER, now, sleep, stopping, takeAllPending, takePending, wallNow } from "./events";
export { Options, refuseArguments } from "./options";
export * from "./text";
export { RxRing } from "./rx-ring";
export { Samples } from "./samples";
export { TxRing } from "./tx-ring";
export { Vblk } from "./vblk";
export { Vchan, VchanFacts } from "./vchan";
export { Vclock } from "./vclock";
export { Vconsole } from "./vconsole";
export { Venet } from "./venet";
export { Vrng } from "./vrng";
export { Hosts } from "./net/hosts";
export { DATAGRAM, DEALT_WITH, ECHO_ANSWER, NOTHING, SEGMENT, Stack } from "./net/stack";
export { STATION_FAILED, STATION_OPEN, STATION_UNKNOWN, Station } from "./net/station";
export { Tcp } from "./net/tcp";
export { ringBytes } from "./net/tcp-bytes";
export { TcpConnection } from "./net/tcp-connection";
export * from "./net/tcp-link";
export * from "./abi";
export * from "./net/ethernet";
export { close, open } from "./vbus";
