// `vbus why`: where the values of one thing came from, attribute by attribute. Reads what was computed;
// changes nothing.

import type { Diagnostic } from "../diagnostics.ts";
import { attributeCell } from "../eval/attributes.ts";
import { evaluateFiles, type EvaluateInput, type Whole } from "../eval/evaluate.ts";
import type { Thing } from "../eval/thing.ts";
import { asked } from "../eval/walk.ts";
import { placesIn, type JsonPlace } from "../report/json.ts";
import { nearest } from "../resolve/nearest.ts";
import type { Parse } from "../resolve/load.ts";
import type { World } from "../world.ts";
import { Tracer, type Provenance } from "./provenance.ts";

export type { Provenance } from "./provenance.ts";

/** A thing, with where its values came from. */
export interface Explained {
  readonly address: string;
  readonly kind: string;
  readonly class?: string;
  /** The head of its declaration. */
  readonly place: JsonPlace;
  readonly attributes: readonly Provenance[];
}

/** `thing` is absent where the files have an error, or nothing has that address. */
export interface Why {
  readonly thing?: Explained;
  /** An address that may have been meant. */
  readonly nearest?: string;
  /** False where the files have an error. */
  readonly ok: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

/** What a question is about: `server.eth0`, or one attribute of it, `server.eth0.mtu`. */
export function explainAddress(world: World, input: EvaluateInput, question: string, parse: Parse): Why {
  const begun: { whole?: Whole } = {};
  const { model, diagnostics, sources } = evaluateFiles(world, input, parse, {
    test: () => undefined,
    begin: (whole) => (begun.whole = whole),
  });
  const { whole } = begun;
  if (!model || !whole) return { ok: false, diagnostics, sources };
  const { machine } = whole;
  const things = machine.lab.allThings();
  const byAddress = new Map(things.map((thing) => [thing.address, thing]));
  const address = doubleQuoted(question.trim());
  const found = { ok: true, diagnostics, sources } as const;
  const whoseName = splitLast(address);
  const thing = byAddress.get(address);
  const owner = thing ? undefined : whoseName && byAddress.get(whoseName.address);
  const member = whoseName?.name ?? "";
  if (!thing && !owner?.table.members.has(member)) {
    const names = owner ? [...owner.table.members.keys()].map((name) => `${owner.address}.${name}`) : [];
    const close = nearest(address, [...names, ...byAddress.keys()]);
    return { ...found, ...(close !== undefined && { nearest: close }) };
  }
  const tracer = new Tracer(whole, input, placesIn(sources));
  return { ...found, thing: explained(thing ?? (owner as Thing), thing ? undefined : member, tracer) };
}

function explained(thing: Thing, only: string | undefined, tracer: Tracer): Explained {
  const { machine } = tracer.whole;
  const members = [...thing.table.members.values()].filter(({ name }) => only === undefined || name === only);
  return {
    address: thing.address,
    kind: thing.kind.name,
    ...(thing.class && { class: thing.class.name }),
    place: tracer.place(thing.blueprint.head),
    attributes: members.flatMap((member) => {
      const value = asked(attributeCell(thing, member.slot, machine), machine);
      return value ? [tracer.attribute(thing, member, value)] : [];
    }),
  };
}

/** Keys in single quotes are easier to type in a shell. */
const doubleQuoted = (address: string): string =>
  address.replace(/\['((?:[^'\\]|\\.)*)'\]/g, (_, key: string) => `["${key.replaceAll('"', '\\"')}"]`);

/** `server.eth0.mtu` as `server.eth0` and `mtu`; a dot inside a key is none. */
function splitLast(address: string): { readonly address: string; readonly name: string } | undefined {
  const found = /^(.+)\.([A-Za-z_][A-Za-z0-9_]*)$/s.exec(address);
  return found?.[1] === undefined ? undefined : { address: found[1], name: found[2] ?? "" };
}
