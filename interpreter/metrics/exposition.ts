// The text format of Prometheus (version 0.0.4): families of samples with HELP and TYPE. Only writes; what
// the numbers are is said by who adds them.

export interface Family {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
}
export type Labels = Readonly<Record<string, string>>;

/** Values and how often each was measured, from the least on. */
export type Measured = readonly (readonly [value: number, times: number])[];

/** Samples by family, in the order of the families that there are. `N` are their names. */
export class Exposition<N extends string> {
  readonly #families: Readonly<Record<N, Family>>;
  readonly #lines = new Map<N, string[]>();

  constructor(families: Readonly<Record<N, Family>>) {
    this.#families = families;
  }

  /** One sample of a counter or a gauge. */
  add(name: N, labels: Labels, value: number): void {
    this.#put(name, `${name}${labelsText(labels)} ${numberText(value)}`);
  }

  /**
   * One histogram: how many values are at most each of `bounds`, which rise. Bounds and sum are in the
   * family's unit, which is so many of the values'.
   */
  histogram(
    name: N,
    labels: Labels,
    measured: Measured,
    { bounds, unit }: { readonly bounds: readonly number[]; readonly unit: number },
  ): void {
    let sum = 0;
    let count = 0;
    let at = 0;
    for (const bound of [...bounds, Infinity]) {
      for (; at < measured.length && measured[at]![0] / unit <= bound; at++) {
        const [value, times] = measured[at]!;
        count += times;
        sum += value * times;
      }
      this.#put(name, `${name}_bucket${labelsText({ ...labels, le: numberText(bound) })} ${count}`);
    }
    this.#put(name, `${name}_sum${labelsText(labels)} ${numberText(sum / unit)}`);
    this.#put(name, `${name}_count${labelsText(labels)} ${count}`);
  }

  /** Families without a sample are left out. */
  text(): string {
    return (Object.entries(this.#families) as [N, Family][])
      .filter(([name]) => this.#lines.has(name))
      .map(([name, { type, help }]) => {
        const told = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
        const lines = (this.#lines.get(name) ?? []).join("\n");
        return `# HELP ${name} ${told}\n# TYPE ${name} ${type}\n${lines}\n`;
      })
      .join("");
  }

  #put(name: N, line: string): void {
    const lines = this.#lines.get(name);
    if (lines === undefined) this.#lines.set(name, [line]);
    else lines.push(line);
  }
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  return value === Infinity ? "+Inf" : String(value);
}
