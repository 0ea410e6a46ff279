// Bounds of snapshots.

/** Of one lab. */
export const SNAPSHOTS_MAX = 32;
/** Of a file's header, bytes. */
export const SNAPSHOT_HEADER_MAX = 256 * 1024;
/** Of a machine, compressed or not, bytes: the largest RAM, and what is beside it. */
export const SNAPSHOT_BODY_MAX = 1280 * 1024 * 1024;
/** Letters of a name. */
export const SNAPSHOT_NAME_MAX = 64;
