// Figures that have a bound rather than a rival: what was measured, what it may be at most or has to be at
// least, and whether it is.

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Absent: as much as it likes; both absent: it only says under what the others were measured. */
  readonly most?: number;
  readonly least?: number;
}

/** Absent where there is no bound. */
function isMet({ value, most, least }: Figure): boolean | undefined {
  if (most === undefined && least === undefined) return undefined;
  return value <= (most ?? Number.POSITIVE_INFINITY) && value >= (least ?? Number.NEGATIVE_INFINITY);
}

/** A line each: figure, unit, measured, bound, met or MISSED. */
export function printFigures(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const met = isMet(figure);
    return [
      figure.name,
      figure.unit,
      shown(figure.value),
      boundOf(figure),
      met === undefined ? "" : met ? "met" : "MISSED",
    ];
  });
  const all = [["figure", "unit", "measured", "bound", ""], ...rows];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** What `--json` prints: the figures as they are, and whether each is met. */
export function figuresToJson(figures: readonly Figure[]): string {
  return JSON.stringify(
    figures.map((figure) => ({ ...figure, met: isMet(figure) })),
    undefined,
    2,
  );
}

const shown = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) >= 100 ? 0 : 2);

function boundOf({ most, least }: Figure): string {
  if (most !== undefined && least !== undefined) return `${least} to ${most}`;
  if (most !== undefined) return `at most ${most}`;
  return least === undefined ? "" : `at least ${least}`;
}
