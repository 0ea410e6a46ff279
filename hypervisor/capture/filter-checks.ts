// What the words of a filter ask of a frame, as pcap-filter(7) says and libpcap does it: the same bytes
// looked at in the same order. A frame that ends before a byte that is asked for fits no filter at all, not
// even `not` of one: that is what libpcap says of it.

/** What has been kept of a frame, and its own length. */
export interface FilteredFrame {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** A byte was asked for that isn't there: the whole filter answers no. */
const SHORT = -1;
/** 1 yes, 0 no, or `SHORT`. */
type Answer = number;
export type Check = (frame: FilteredFrame) => Answer;

export type Way = "src" | "dst" | "both";

const TYPE_AT = 12;
const PAYLOAD_AT = 14;
const [IPV4, ARP, RARP, IPV6] = [0x0800, 0x0806, 0x8035, 0x86dd];
const TAGS = [0x8100, 0x88a8, 0x9100];
const VLAN_MASK = 0x0fff;
const FRAGMENT_HEADER = 44;
export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmp6: 58, sctp: 132 } as const;

export const both =
  (left: Check, right: Check): Check =>
  (frame) => {
    const answer = left(frame);
    return answer === 1 ? right(frame) : answer;
  };

export const either =
  (left: Check, right: Check): Check =>
  (frame) => {
    const answer = left(frame);
    return answer === 0 ? right(frame) : answer;
  };

export const negated =
  (inner: Check): Check =>
  (frame) => {
    const answer = inner(frame);
    return answer === SHORT ? SHORT : 1 - answer;
  };

/** The bytes at `at`, under `mask`, are `value`. They are looked at in words of four. */
const equal =
  (at: number, value: readonly number[], mask?: readonly number[]): Check =>
  ({ bytes }) => {
    for (let word = 0; word < value.length; word += 4) {
      const end = Math.min(word + 4, value.length);
      if (at + end > bytes.length) return SHORT;
      for (let index = word; index < end; index++) {
        if (((bytes[at + index] as number) & (mask?.[index] ?? 0xff)) !== value[index]) return 0;
      }
    }
    return 1;
  };

const half = (at: number, value: number, mask = 0xffff): Check =>
  equal(at, [(value >> 8) & 0xff, value & 0xff], [mask >> 8, mask & 0xff]);

const oneByte = (at: number, value: number): Check => equal(at, [value]);

const any = (checks: readonly Check[]): Check => checks.reduce((left, right) => either(left, right));

const toEither = (way: Way, src: Check, dst: Check): Check =>
  way === "src" ? src : way === "dst" ? dst : either(src, dst);

/** `behind`: bytes of the tags that were asked for further left. */
const type = (value: number, behind: number): Check => half(TYPE_AT + behind, value);

export const isIp = (behind: number): Check => type(IPV4, behind);
export const isIp6 = (behind: number): Check => type(IPV6, behind);
export const isArp = (behind: number): Check => type(ARP, behind);
export const isRarp = (behind: number): Check => type(RARP, behind);

const overIp = (protocol: number, behind: number): Check =>
  both(isIp(behind), oneByte(PAYLOAD_AT + behind + 9, protocol));

/** Also as the first header behind a fragment's. */
const overIp6 = (protocol: number, behind: number): Check => {
  const [next, second] = [PAYLOAD_AT + behind + 6, PAYLOAD_AT + behind + 40];
  const fragment = both(oneByte(next, FRAGMENT_HEADER), oneByte(second, protocol));
  return both(isIp6(behind), either(fragment, oneByte(next, protocol)));
};

export const isIcmp = (behind: number): Check => overIp(PROTOCOL.icmp, behind);
export const isIcmp6 = (behind: number): Check => overIp6(PROTOCOL.icmp6, behind);
export const carries = (protocol: number, behind: number): Check =>
  either(overIp(protocol, behind), overIp6(protocol, behind));

/** An IPv4 address, or those that begin as it does: in IP, in ARP and in RARP. */
export function isHost(address: readonly number[], mask: readonly number[], way: Way, behind: number): Check {
  const at = PAYLOAD_AT + behind;
  const within = (kind: Check, src: number, dst: number): Check =>
    toEither(way, both(kind, equal(at + src, address, mask)), both(kind, equal(at + dst, address, mask)));
  return any([within(isIp(behind), 12, 16), within(isArp(behind), 14, 24), within(isRarp(behind), 14, 24)]);
}

export function isHost6(
  address: readonly number[],
  mask: readonly number[],
  way: Way,
  behind: number,
): Check {
  const at = PAYLOAD_AT + behind;
  const src = both(isIp6(behind), equal(at + 8, address, mask));
  return toEither(way, src, both(isIp6(behind), equal(at + 24, address, mask)));
}

/** A port of TCP, UDP or SCTP, or of `protocols` alone. Only the first fragment has ports. */
export function isPort(port: number, protocols: readonly number[], way: Way, behind: number): Check {
  const at = PAYLOAD_AT + behind;
  const wholeOrFirst = half(at + 6, 0, 0x1fff);
  const portAt =
    (offset: number): Check =>
    (frame) => {
      const first = frame.bytes[at];
      if (first === undefined) return SHORT;
      return half(at + (first & 0x0f) * 4 + offset, port)(frame);
    };
  const ip = protocols.map((protocol) =>
    both(oneByte(at + 9, protocol), both(wholeOrFirst, toEither(way, portAt(0), portAt(2)))),
  );
  const ip6 = protocols.map((protocol) =>
    both(oneByte(at + 6, protocol), toEither(way, half(at + 40, port), half(at + 42, port))),
  );
  return either(both(isIp(behind), any(ip)), both(isIp6(behind), any(ip6)));
}

export const isStation = (mac: readonly number[], way: Way): Check =>
  toEither(way, equal(6, mac), equal(0, mac));

export const isMulticast: Check = equal(0, [1], [1]);

/** A frame with a tag; of this VLAN, where it is given. */
export function isTagged(vlan: number | undefined, behind: number): Check {
  const tag = any(TAGS.map((value) => half(TYPE_AT + behind, value)));
  return vlan === undefined ? tag : both(tag, half(PAYLOAD_AT + behind, vlan, VLAN_MASK));
}

export const isAtLeast =
  (length: number): Check =>
  (frame) =>
    frame.length >= length ? 1 : 0;

export const isAtMost =
  (length: number): Check =>
  (frame) =>
    frame.length <= length ? 1 : 0;
