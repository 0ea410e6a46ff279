// What the prepared image `debian-i386` is made of. Packages are pinned by version and hash; a new point
// release of Debian needs new lines here.

/** One package of Debian's archive. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: "i386" | "amd64" | "all";
  /** Where it stands in the archive, from its root. */
  readonly path: string;
  readonly sha256: string;
}

export const KERNEL: DebianPackage = {
  name: "linux-image-6.1.0-50-686",
  version: "6.1.176-1",
  architecture: "i386",
  path: "pool/main/l/linux-signed-i386/linux-image-6.1.0-50-686_6.1.176-1_i386.deb",
  sha256: "526c469c5148a2b61c4241c3f6575427096575e0ffef9541b6729351c600b3e4",
};
export const BUSYBOX: DebianPackage = {
  name: "busybox-static",
  version: "1:1.35.0-4+deb12u1+b1",
  architecture: "i386",
  path: "pool/main/b/busybox/busybox-static_1.35.0-4+deb12u1+b1_i386.deb",
  sha256: "725ef9e6fbac4ab79b353165b05005e8c140d6e42177ebbc202ff1e13ded8b7c",
};
export const SEABIOS: DebianPackage = {
  name: "seabios",
  version: "1.16.2-1",
  architecture: "all",
  path: "pool/main/s/seabios/seabios_1.16.2-1_all.deb",
  sha256: "08e5b3f761379f17a6051731cafa03e97686049e2cc1b8bdccc5a910646e2d8e",
};
export const PACKAGES: readonly DebianPackage[] = [KERNEL, BUSYBOX, SEABIOS];

/** What our own modules are built with: the kernel's headers, and its tools for the machine that builds. */
export const HEADERS: DebianPackage = {
  name: "linux-headers-6.1.0-50-686",
  version: "6.1.176-1",
  architecture: "i386",
  path: "pool/main/l/linux/linux-headers-6.1.0-50-686_6.1.176-1_i386.deb",
  sha256: "f590c71c1be83f6afda140fbf65c8d8e94e5a74333713e4deb5a7a4bdce15491",
};
export const HEADER_PACKAGES: readonly DebianPackage[] = [
  HEADERS,
  {
    name: "linux-headers-6.1.0-50-common",
    version: "6.1.176-1",
    architecture: "all",
    path: "pool/main/l/linux/linux-headers-6.1.0-50-common_6.1.176-1_all.deb",
    sha256: "7f6f7bee50efbc36dc02c976be5982b96cf36abe544f03f09368e98cfcc5ac3b",
  },
  {
    name: "linux-kbuild-6.1",
    version: "6.1.176-1",
    architecture: "amd64",
    path: "pool/main/l/linux/linux-kbuild-6.1_6.1.176-1_amd64.deb",
    sha256: "667d2e1e94047031c3bcefa4bb67c2520bbc3cc1cce0aa592e67b108dbbead03",
  },
];

export const SUITE = "bookworm";

/** Modules that init loads, with what they need. */
export const MODULES = ["virtio_pci", "virtio_net", "virtio_blk", "crc32c_generic", "ext4"] as const;
/** Modules that are there. */
export const MORE_MODULES = ["pktgen", "virtio_console"] as const;
/** Drivers of v86's own IDE disk, for benches, what is needed first. */
export const IDE_MODULES = ["ata_piix", "sd_mod"] as const;
/** Our own that init loads, what is needed first, and one that is there for tests. */
export const OWN_MODULES = ["vbus", "venet", "vblk"] as const;
export const TEST_MODULE = "garbage";

/**
 * Debian's kernel boots in half the time without the self-tests of its ciphers, the search for ISA cards,
 * and what guards a processor against guests of its own.
 */
export const COMMAND_LINE = [
  "console=ttyS0",
  "quiet",
  "panic=-1",
  "mitigations=off",
  "tsc=reliable",
  "random.trust_cpu=on",
  "cryptomgr.notests",
  "noisapnp",
  "initcall_blacklist=init_kprobe_trace,load_system_certificate_list",
].join(" ");

/** Bytes of RAM with which this kernel boots at least. */
export const MEMORY_MIN = 96 << 20;
