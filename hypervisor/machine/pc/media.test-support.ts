// The least that is a bootable disk or CD image, for whoever looks at its first sectors.

const BLOCK = 2048;

/** A disk of so many sectors whose first one ends as it should. */
export function bootDisk(sectors = 8): Buffer {
  const disk = Buffer.alloc(sectors * 512);
  disk.set([0x55, 0xaa], 510);
  return disk;
}

/** A CD image with a boot record, and a catalog that has something for a BIOS. */
export function bootCd(): Buffer {
  const cd = Buffer.alloc(24 * BLOCK);
  cd.write("\u0001CD001\u0001", 16 * BLOCK, "latin1");
  cd.write("\u0000CD001\u0001EL TORITO SPECIFICATION", 17 * BLOCK, "latin1");
  cd.writeUInt32LE(20, 17 * BLOCK + 0x47);
  cd[20 * BLOCK] = 1;
  cd.set([0x55, 0xaa], 20 * BLOCK + 0x1e);
  cd[20 * BLOCK + 0x20] = 0x88;
  return cd;
}
