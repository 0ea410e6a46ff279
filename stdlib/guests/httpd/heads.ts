// Where a head ends in what a connection has received so far.

import { TcpConnection } from "../sdk/index";

/** The longest head that is read, bytes. */
export const HEAD_MAX: i32 = 4096;

export class HeadSearch {
  private looked: i32 = 0;

  begin(): void {
    this.looked = 0;
  }

  /** The head's length once its empty line has come, else 0; -1: it is longer than it may be. */
  find(connection: TcpConnection): i32 {
    const most = min(connection.readable, HEAD_MAX);
    for (; this.looked + 4 <= most; this.looked++) {
      const place = this.looked;
      if (connection.peek(place + 3) != 10 || connection.peek(place + 2) != 13) continue;
      if (connection.peek(place + 1) == 10 && connection.peek(place) == 13) return place + 4;
    }
    return most == HEAD_MAX ? -1 : 0;
  }
}
