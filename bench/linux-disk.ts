// The disks of `bench -- linux`: one on the vbus bridge beside a virtio disk and one of v86's own IDE, in the
// same Linux guest, each with a volume in memory, so that what differs is the disk and its driver.
import { giveProgram } from "./guest-program.ts";
import type { Work } from "./harness.ts";
import { DISK_BYTES, DISKS, type DiskSide, type LinuxLab } from "./linux-pc.ts";

const KIB = 1024;
const READ_BYTES = 4 * KIB;
const BULK_BYTES = 64 * KIB;

/** How much is done in a run. */
export interface DiskAmount {
  readonly bulkBytes: number;
  readonly reads: number;
}

type Run = (lab: LinuxLab, disk: DiskSide, amount: DiskAmount) => Promise<number>;

export function diskWorks(lab: LinuxLab, amount: DiskAmount): readonly Work[] {
  const work = (name: string, unit: string, better: Work["better"], run: Run): Work => ({
    name: `disk, ${name}`,
    unit,
    better,
    ours: () => run(lab, DISKS.vbus, amount),
    rivals: [
      { name: "virtio-blk, same guest", measure: () => run(lab, DISKS.virtio, amount) },
      { name: "v86's own IDE, same guest", measure: () => run(lab, DISKS.own, amount) },
    ],
  });
  return [
    work("written and synced", "MB/s", "more", write),
    work("read", "MB/s", "more", read),
    work("4 KiB, one at a time", "reads/s", "more", readOneByOne),
    work("4 KiB at random", "reads/s", "more", readAtRandom),
    work("4 KiB, one at a time, cpu", "us a read", "less", async (...run) => {
      const before = lab.cpu();
      await readOneByOne(...run);
      return (lab.cpu() - before) / amount.reads;
    }),
  ];
}

async function write(lab: LinuxLab, { file }: DiskSide, { bulkBytes }: DiskAmount): Promise<number> {
  const count = bulkBytes / BULK_BYTES;
  const seconds = await timed(lab, `dd if=/dev/zero of=${file} bs=${BULK_BYTES} count=${count} conv=fsync`);
  return bulkBytes / 1e6 / seconds;
}

/** Through the page cache, which is emptied first, so the kernel reads ahead. */
async function read(lab: LinuxLab, { file }: DiskSide, { bulkBytes }: DiskAmount): Promise<number> {
  await lab.run("echo 3 > /proc/sys/vm/drop_caches");
  const count = bulkBytes / BULK_BYTES;
  const seconds = await timed(lab, `dd if=${file} of=/dev/null bs=${BULK_BYTES} count=${count}`);
  return bulkBytes / 1e6 / seconds;
}

/** Past the page cache: each read is a request, and the next one begins when it is over. */
async function readOneByOne(lab: LinuxLab, { file }: DiskSide, { reads }: DiskAmount): Promise<number> {
  const command = `dd if=${file} of=/dev/null bs=${READ_BYTES} count=${reads} iflag=direct`;
  return reads / (await timed(lab, command));
}

/** The same at places by chance, by a program of its own. */
async function readAtRandom(lab: LinuxLab, { file }: DiskSide, { reads }: DiskAmount): Promise<number> {
  const program = await giveProgram(lab, "random-read");
  return reads / (await timed(lab, `${program} ${file} ${DISK_BYTES / READ_BYTES} ${reads}`));
}

/** Seconds that it takes, by the guest's clock. */
async function timed(lab: LinuxLab, command: string): Promise<number> {
  const uptime = "cut -d' ' -f1 /proc/uptime";
  const [from = 0, to = 0] = (await lab.run(`${uptime}; ${command} 2> /dev/null || exit 1; ${uptime}`))
    .trim()
    .split("\n")
    .map(Number);
  return to - from;
}
