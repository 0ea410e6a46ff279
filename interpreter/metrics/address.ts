// Where a lab's numbers are served: an address as it is written after `--metrics`.

export interface MetricsAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

const LOOPBACK = "127.0.0.1";

/** Reads `9464`, `127.0.0.1:9464`, `[::1]:9464`, `name:9464`; undefined for anything else. */
export function readMetricsAddress(text: string): MetricsAddress | undefined {
  const parts = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):)?(\d{1,5})$/.exec(text);
  if (!parts) return undefined;
  const port = Number(parts[3]);
  return port > 65_535 ? undefined : { host: parts[1] ?? parts[2] ?? LOOPBACK, port };
}

/** As it is written again. */
export function addressText({ host, port }: MetricsAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
