// Offsets of a text as lines and columns, and its lines as they are shown. Pure.

/** Counted from 1; `column` in UTF-16 units, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The starts of lines of one text, found once. */
export class LineIndex {
  readonly text: string;
  private readonly starts: number[] = [0];

  constructor(text: string) {
    this.text = text;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.starts.push(at + 1);
  }

  position(offset: number): Position {
    let [low, high] = [0, this.starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.starts[low] ?? 0) + 1 };
  }

  /** Without its line end. */
  line(number: number): string {
    const start = this.starts[number - 1] ?? this.text.length;
    const end = this.starts[number] ?? this.text.length;
    return this.text.slice(start, end).replace(/\r?\n$/, "");
  }
}

const TAB_COLUMNS = 4;

/** Whether a character takes two columns of a terminal: the wide blocks of East Asia and emoji. */
function isWide(point: number): boolean {
  return (
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0x1f300 && point <= 0x1faff)
  );
}

/** Columns of a terminal that a character takes, tabs and control characters aside. */
export const widthOf = (point: string): number => (isWide(point.codePointAt(0) ?? 0) ? 2 : 1);

/**
 * A line for a terminal: tabs as spaces, control characters as `·`; and the terminal column of each UTF-16
 * offset.
 */
export function layOut(line: string): { readonly shown: string; readonly columns: readonly number[] } {
  let shown = "";
  const columns: number[] = [];
  let column = 0;
  for (const point of line) {
    const code = point.codePointAt(0) ?? 0;
    const width = code === 9 ? TAB_COLUMNS - (column % TAB_COLUMNS) : isWide(code) ? 2 : 1;
    for (let i = 0; i < point.length; i++) columns.push(column);
    shown += code === 9 ? " ".repeat(width) : code < 32 || code === 127 ? "·" : point;
    column += width;
  }
  columns.push(column);
  return { shown, columns };
}
