// What `stream` and `sink` say to each other, written down a second time, plainly, for their tests.

export const DATA = 1;
export const FINISH = 2;
export const REPORT = 3;
const MAGIC = 0x7662_7573;

interface Head {
  readonly kind: number;
  readonly run: number;
  readonly number: number;
}

export interface Report extends Head {
  readonly magic: number;
  readonly received: number;
  readonly bytes: number;
  readonly disordered: number;
  readonly duplicates: number;
  readonly ns: number;
  /** Cut after so many bytes. */
  readonly bytesMax: number;
}

/** The payload of a datagram's frame. */
export const payloadOf = (frame: Uint8Array): Uint8Array =>
  frame.slice(42, 14 + frame[16]! * 256 + frame[17]!);

export function readHead(payload: Uint8Array): Head | undefined {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  if (payload.length < 24 || view.getUint32(0) !== MAGIC) return undefined;
  return { kind: view.getUint32(4), run: view.getUint32(8), number: Number(view.getBigUint64(16)) };
}

/** A datagram's payload of `bytes` bytes, as `stream` makes it. */
export function datagram(head: Partial<Head>, bytes = 24): number[] {
  const out = new Uint8Array(bytes);
  const view = new DataView(out.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, head.kind ?? DATA);
  view.setUint32(8, head.run ?? 1);
  view.setBigUint64(16, BigInt(head.number ?? 0));
  return [...out];
}

export function report(values: Partial<Report>): number[] {
  const out = new Uint8Array(
    datagram({ ...values, kind: values.kind === FINISH ? REPORT : values.kind! }, 64),
  );
  const view = new DataView(out.buffer);
  view.setUint32(0, values.magic ?? MAGIC);
  const counts = [values.received, values.bytes, values.disordered, values.duplicates, values.ns];
  counts.forEach((count, index) => view.setBigUint64(24 + index * 8, BigInt(count ?? 0)));
  return [...out.slice(0, values.bytesMax ?? 64)];
}

export function readReport(payload: Uint8Array): Record<string, number> {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const names = ["received", "bytes", "disordered", "duplicates", "ns"];
  return Object.fromEntries(names.map((name, index) => [name, Number(view.getBigUint64(24 + index * 8))]));
}
