// Every bound of the machine room, with its unit and what happens at it. Nothing else defines one.

/** Guests alive at the same time on threads of their own; one more is refused (`limit`). Row 0 is control. */
export const GUESTS_MAX = 1023;
/** Devices with a data path at the same time. One more is refused (`limit`). */
export const PORTS_MAX = 4096;
export const NETWORKS_MAX = 512;
/** Devices on one network: the length of a flood. One more is refused (`limit`). */
export const NETWORK_PORTS_MAX = 2048;
/** Rows of devices and networks that are gone, and that rest before one of them serves again. */
export const ROWS_RESTING = 256;
/** Devices on one bus; ids are 1 to this. */
export const BUS_DEVICES_MAX = 255;

/** Descriptors of a ring, a power of two. Others are EINVAL. */
export const RING_SLOTS_MIN = 16;
export const RING_SLOTS_MAX = 1024;

/** Payload of a frame, bytes. A frame is at most this plus `FRAME_OVERHEAD`. */
export const MTU_MIN = 576;
export const MTU_MAX = 65_536;
/** Ethernet header and one VLAN tag. */
export const FRAME_OVERHEAD = 18;
export const FRAME_MIN = 14;
/** Payload of the segments that a large frame is cut into, bytes: what any host takes (RFC 9293). */
export const SEGMENT_BYTES_MIN = 536;

/** One call of `signal` ends after this many frames or bytes; the rest waits for the next call. */
export const BUDGET_FRAMES = 256;
export const BUDGET_BYTES = 512 * 1024;
/** Tries to claim a slot against other senders before a frame counts as `full`. */
export const CLAIM_TRIES = RING_SLOTS_MAX + 64;
/** Positions that one claim passes over where buffers came late to the guest; then it is `full`. */
export const CLAIM_LATE_MAX = 64;

/**
 * MAC addresses that a network remembers, and how far a place may lie from its hash. Beyond: not learned,
 * flooded.
 */
export const MACS_MAX = 2048;
export const MAC_PROBES = 16;
/** Headers whose way a guest's thread remembers; a power of two. */
export const FLOWS_KEPT = 64;
/** Receiving rings of which a thread remembers its share; a power of two. */
export const SHARES_KEPT = 64;
/** Looks at who is on a segment while its links change; the last is taken as it is. */
export const SEGMENT_TRIES = 8;
/**
 * A station that was not heard for this long is forgotten: 5 minutes, as IEEE 802.1D recommends. Stations
 * grow older in so many steps, at most 7.
 */
export const MAC_AGE_MS = 300_000;
export const MAC_AGE_STEPS = 5;

/** A rate limit lets through at once what comes in this time, and at least `RATE_BURST_BYTES`. */
export const RATE_BURST_NS = 10_000_000;
export const RATE_BURST_BYTES = 256 * 1024;
/** The longest wait that `signal` asks of a rate-limited sender, microseconds. */
export const RATE_WAIT_US_MAX = 100_000;

/**
 * A network's rate is shared evenly over this time, nanoseconds: what a sender left before is others', what
 * it took beyond its share is forgotten.
 */
export const NETWORK_SHARE_NS = 10_000_000;

/** Copy instances that one thread keeps; colder pairs copy through typed arrays. */
export const PAIRS_MAX = 64;

/** Guest RAM, bytes. */
export const GUEST_MEMORY_MIN = 64 * 1024;
export const GUEST_MEMORY_MAX = 4 * 1024 * 1024 * 1024;
/** Bytes of an image file; a larger one is refused. */
export const IMAGE_BYTES_MAX = 256 * 1024 * 1024;

/** Text between a guest and its log, bytes. A guest that prints faster gets EAGAIN. */
export const LOG_RING_BYTES = 64 * 1024;
/** One `WRITE` takes at most this. */
export const LOG_WRITE_MAX = 16 * 1024;

/** Boot information, bytes; arguments and environment beyond it are refused. */
export const BOOT_BYTES_MAX = 64 * 1024;

/** Entries of a guest's tables, all grown to their maximum. A module that could take more is refused. */
export const TABLE_ENTRIES_MAX = 262_144;

/** Bytes of the name by which a program finds a folder; a longer one is refused (`invalid`). */
export const FOLDER_NAME_MAX = 255;
/** A path that a WASI program says, bytes; a longer one is ENAMETOOLONG. */
export const WASI_PATH_BYTES_MAX = 4096;
/** Components that one path is walked along, those of links too, and links in it (as on Linux). */
export const WASI_STEPS_MAX = 512;
export const WASI_LINKS_MAX = 40;
/** Files and folders that one program has open; one more is EMFILE. */
export const WASI_FILES_MAX = 256;
/** Tries to open a file that others make and take away meanwhile, before it is EAGAIN. */
export const WASI_OPEN_TRIES = 8;
/** Parts of a scattered buffer; more are EINVAL. */
export const WASI_VECTORS_MAX = 1024;
/** One call reads or writes at most so many bytes of a file; the rest is for the next call. */
export const WASI_FILE_BYTES_MAX = 16 * 1024 * 1024;
/** Names of a folder that are kept for a program that goes back in its list, an even number. */
export const WASI_LISTING_MAX = 1024;
/** Subscriptions of one `poll_oneoff`; more are EINVAL. */
export const WASI_POLL_MAX = 1024;
/** Random bytes that are asked of the system at once. */
export const WASI_RANDOM_CHUNK = 65_536;

/** V8 heap of a guest's thread, MiB: what a module can take beside its RAM, such as tables. */
export const GUEST_HEAP_MIB = 64;
export const GUEST_STACK_MIB = 4;

/** Threads that shared guests live on, at most; no more than the machine has processors. */
export const CARRIERS_MAX = 16;
/** V8 heap of such a thread, MiB: its guests together end with it where they take more. */
export const CARRIER_HEAP_MIB = 1024;
/** What such a heap may hold before V8 looks through it, and through what is new, MiB. */
export const ROOMY_OLD_MIB = 128;
export const ROOMY_YOUNG_MIB = 16;
/**
 * What a guest may take beside others on its thread: RAM, bytes, of which one instruction can move all, and
 * entries of its tables. More is refused (`invalid`, `image`).
 */
export const SHARED_MEMORY_MAX = 64 * 1024 * 1024;
export const METERED_TABLE_ENTRIES_MAX = 4096;
/** Text on its way to the log of a shared guest, bytes. One that prints faster gets EAGAIN. */
export const SHARED_LOG_RING_BYTES = 4 * 1024;
/** Copy instances of a shared guest. */
export const SHARED_PAIRS_MAX = 8;
/** Units of fuel, 32 bytes of passed code, after which a shared guest asks whether its turn goes on. */
export const FUEL = 20_000;
/** Guests whose coming and going carriers are told in one letter. */
export const LETTER_GUESTS_MAX = 32;
/** Guests that have ended on a thread, for which it collects garbage as soon as nobody is left there. */
export const LEAVINGS_MIN = 64;
/** A turn of a shared guest with niceness 0, nanoseconds; each step back leaves it a fifth less. */
export const TURN_NS = 2_000_000;
/** After so long a carrier looks for news between two turns, nanoseconds. */
export const TURNS_NS = 500_000;
/** A carrier that does not give a guest up that is to end within this is ended with all its guests, ms. */
export const CARRIER_END_MS = 10_000;
/** RAM of a PC, bytes: v86 has an address space of 2 GiB for it. Others are refused (`invalid`). */
export const PC_MEMORY_MIN = 16 * 1024 * 1024;
export const PC_MEMORY_MAX = 1024 * 1024 * 1024;
/** Bytes of a PC's kernel and initrd together. More are refused (`image`). */
export const PC_FILE_BYTES_MAX = 256 * 1024 * 1024;
/** Bytes of a drive's image; a larger one is refused (`image`). And parts of one transfer of a PC's IDE. */
export const PC_MEDIUM_BYTES_MAX = 256 * 1024 * 1024;
export const PC_DMA_PARTS_MAX = 512;
/** What of a PC's screen is looked at, in characters, and how often its changes are said at most, ms. */
export const PC_SCREEN_COLUMNS_MAX = 160;
export const PC_SCREEN_ROWS_MAX = 100;
export const PC_SCREEN_EVERY_MS = 500;
/** Bytes of a PC's command line, the kernel's own limit. A longer one is refused (`limit`). */
export const PC_COMMAND_LINE_MAX = 2047;
/** Network cards of one PC. The devices beyond are not there for it. */
export const PC_CARDS_MAX = 8;
/** Memory for the rings of one card, bytes: long frames get fewer slots. And slots of a ring at most. */
export const PC_CARD_BYTES = 4 * 1024 * 1024;
export const PC_RING_MAX = 256;
/** Large frames of one card that the switch has not yet worked off. */
export const PC_LARGE_SLOTS = 8;
/** Disks of one PC. The devices beyond are not there for it. */
export const PC_DISKS_MAX = 8;
/** Booted states that are kept of one image; the oldest go. And how long a first boot may take, ms. */
export const PC_STATES_MAX = 8;
export const PC_FIRST_BOOT_MS = 1_800_000;
/** Requests that a PC's disk does before others have their turn. */
export const PC_BUDGET_REQUESTS = 32;
/** Descriptors of a virtio queue, and parts of one chain in it. A longer chain ends the PC. */
export const PC_QUEUE_MAX = 256;
export const PC_CHAIN_MAX = 64;
/** Frames of a card each way before others have their turn; those for which a busy guest kicks once. */
export const PC_BUDGET_FRAMES = 256;
export const BRIDGE_BATCH = 64;
/** Bytes of a line that a PC's agent says; a longer one is forgotten. */
export const PC_LINE_MAX = 4096;
/**
 * Commands that run in one PC at the same time; one more is refused (`limit`). Bytes of one; a longer one is
 * refused (`invalid`). Bytes of what one prints that are kept; the rest is cut off.
 */
export const PC_COMMANDS_MAX = 64;
export const PC_COMMAND_MAX = 2048;
export const PC_OUTPUT_MAX = 256 * 1024;
/** Bytes of a copied file on their way to a PC or from it; and of what a guest says before it sends one. */
export const PC_COPY_BYTES = 256 * 1024;
export const PC_COPY_GREETING_MAX = 64;
/** Typed bytes that wait in a PC's serial port; more wait in the console. */
export const PC_TYPED_MAX = 1024;
/**
 * For a snapshot: how long the devices of a PC may take to end what they do, and how long its thread may take
 * to say what it is, milliseconds.
 */
export const PC_HOLD_MS_MAX = 5000;
export const PC_SAVE_MS_MAX = 60_000;

/** How often the control thread looks at CPU use and watchdogs, milliseconds. */
export const WATCH_EVERY_MS = 100;
/** CPU time without entering the host after which a guest is stopped, ms, where its spec doesn't say. */
export const WATCHDOG_MS = 10_000;
/** A guest must have entered main within this, milliseconds. */
export const BOOT_MS_MAX = 10_000;
/** The same of a PC, whose memory is filled first: tens of MB, of several PCs at the same time. */
export const PC_START_MS_MAX = 120_000;
/**
 * A guest that is to pause and computes is interrupted after this, milliseconds: others stand still by then.
 */
export const PAUSE_GRACE_MS = 3;
/**
 * It is interrupted again after this where it slept in a wait of its own or had no stack left, milliseconds.
 */
export const PAUSE_AGAIN_MS = 20;
/** A guest that does not stand still within this runs on, and the pause is refused (`busy`). Milliseconds. */
export const PAUSE_MS_MAX = 5_000;
/** Threads are let go by the inspector when none was interrupted for this long, milliseconds. */
export const INTERRUPTS_IDLE_MS = 1_000;
/** A thread that is to end is ended again after this, milliseconds: once is lost in an interrupt. */
export const END_AGAIN_MS = 100;
/**
 * How far a guest may step back from the processors, as the system's niceness. More is refused (`invalid`).
 */
export const NICE_MAX = 19;
/** The niceness of the most urgent realtime guest: what the system has. */
export const NICE_MIN = -20;
/** The most urgent of realtime guests. A higher priority is refused (`invalid`). */
export const REALTIME_PRIORITY_MAX = 7;
/**
 * A guest that is asked for other rings acknowledges within this, milliseconds; else its old rings stay. An
 * idle machine needs one; a guest whose core is busy with others may not run for some hundred.
 */
export const RECONFIGURE_MS = 1000;
/** Rings of a port that a sender finds replaced under its hands before its frame counts as `no_listener`. */
export const RING_SWAPS_MAX = 8;
/** How long closing a ring waits for a sender that is in the middle of a frame, milliseconds. */
export const CLOSE_WAIT_MS = 100;

/**
 * Memory of the rings in which lines take frames, bytes. A device whose line finds no room is refused
 * (`limit`).
 */
export const LINE_MEMORY_BYTES = 1024 * 1024 * 1024;
/** What the ring of one line takes of it at most, bytes: long frames get fewer slots. */
export const LINE_RING_BYTES = 5 * 1024 * 1024;
/**
 * Frames that wait in lines, all together, bytes in blocks of this. One more is lost and counted as `queue`.
 */
export const LINE_STORE_BYTES = 128 * 1024 * 1024;
export const LINE_BLOCK_BYTES = 2048;
/** Frames that may wait in one line; a larger `queue` is refused. */
export const LINE_QUEUE_MAX = 65_536;
/** Frames taken from one line, or let go, before the others have their turn. */
export const LINE_BUDGET_FRAMES = 64;
/**
 * How often the I/O thread forwards a budget of frames that are due before it takes new ones and reads
 * letters.
 */
export const LINE_ROUNDS = 16;
/** The I/O thread wakes so long before a frame is due, nanoseconds, and looks at the clock until it is. */
export const LINE_SPIN_NS = 200_000;
/** The same before a frame of a precise line is due. The prelude and the docs say it too. */
export const LINE_PRECISE_NS = 50_000_000;

/** A frame or a block of a file that is replayed, bytes, with its head. A longer one ends the replay. */
export const REPLAY_BLOCK_MAX = 1024 * 1024;
/** Uplinks at the same time. One more is refused (`limit`). */
export const UPLINKS_MAX = 32;
/** Memory of the rings in which uplinks take frames, bytes: room for as many as there may be. */
export const UPLINK_MEMORY_BYTES = 128 * 1024 * 1024;
/** What the ring of one uplink takes of it at most, bytes: long frames get fewer slots. */
export const UPLINK_RING_BYTES = 2 * 1024 * 1024;
/** What segments of a TAP interface's large frames carry at least, bytes: Linux's TCP makes none shorter. */
export const TAP_SEGMENT_BYTES_MIN = 48;
/** Frames taken from one uplink's ring before the others and what comes from outside have their turn. */
export const UPLINK_BUDGET_FRAMES = 64;
/** How often uplinks give each other what they send before anything else of their thread has its turn. */
export const UPLINK_ROUNDS_MAX = 8;
/** The longest frame that a socket may bring, bytes; a longer one ends its connection. */
export const UPLINK_FRAME_MAX = MTU_MAX + FRAME_OVERHEAD;
/**
 * A socket that can't connect tries again after this, milliseconds, then after twice as long, up to the most.
 */
export const UPLINK_RETRY_MS = 100;
export const UPLINK_RETRY_MS_MAX = 5_000;
/** Who was the other end of a listening UDP socket is forgotten after so long a silence, milliseconds. */
export const UPLINK_SILENT_MS = 30_000;
/** What one uplink keeps for an outside that is slow, bytes. Frames beyond it are dropped as `full`. */
export const UPLINK_QUEUE_BYTES = 1024 * 1024;

/**
 * Frames on their way from one thread to whoever captures, bytes, a power of two. What finds no room is
 * missing in the capture and counted there; the guests' frames go on.
 */
export const TAP_RING_BYTES = 1024 * 1024;
/** Captures at the same time. One more is refused (`limit`). */
export const CAPTURES_MAX = 16;
/**
 * What one capture keeps for a reader that is slow, bytes. What comes beyond it is missing there and counted.
 */
export const CAPTURE_QUEUE_BYTES = 8 * 1024 * 1024;
/** What a reader is given at once, bytes, or one frame where that is longer. */
export const CAPTURE_CHUNK_BYTES = 256 * 1024;
/** Bytes that are kept of a frame; other values of `snaplen` are refused. The most is any frame, whole. */
export const SNAPLEN_MIN = 14;
export const SNAPLEN_MAX = 262_144;
/** After some frames the capture thread rests so long before it looks for more, milliseconds. */
export const CAPTURE_REST_MS = 2;
/** Letters of a filter, and parentheses and `not` inside one another. Others are refused. */
export const FILTER_LENGTH_MAX = 4096;
export const FILTER_DEPTH_MAX = 64;
/**
 * Cells of a histogram for each power of two: a value is told with an error of at most one in twice as many.
 */
export const HISTOGRAM_STEPS = 16;
/** The longest time that a histogram tells apart, nanoseconds; longer ones are counted as this. */
export const HISTOGRAM_NS_MAX = 2 ** 36 - 1;
/**
 * Kicks of a device that are timed, all of the first and then one in so many: a clock costs more than a
 * frame.
 */
export const KICKS_TIMED_FIRST = 64;
export const KICKS_TIMED_EVERY = 7;

/**
 * Devices that may send on a channel at the same time, and that may receive. One more is refused (`limit`).
 */
export const CHANNEL_ENDS_MAX = 64;
/** Messages of one sender that wait in a channel; other depths are refused (`invalid`). */
export const CHANNEL_DEPTH_MAX = 65_536;
/** Bytes of a message; a larger `message_max` is refused (`invalid`). */
export const CHANNEL_MESSAGE_MAX = 1024 * 1024;
/** Bytes of one sender's messages that may wait, depth times `message_max`. More is refused (`invalid`). */
export const CHANNEL_ROOM_MAX = 64 * 1024 * 1024;
/** Address space of one channel, bytes: with deep channels and long messages it has fewer senders. */
export const CHANNEL_BYTES_MAX = 1024 * 1024 * 1024;
/** One call of `signal` moves so many messages, or so many bytes; the rest waits for the next call. */
export const CHANNEL_BUDGET_MESSAGES = 256;
export const CHANNEL_BUDGET_BYTES = 1024 * 1024;
/** Times that another receiver is quicker before `signal` says that it should be called again. */
export const CHANNEL_TRIES = 256;
/**
 * How long `signal` asks a sender to wait for room, microseconds. It is signalled as soon as there is some,
 * if its ring says so; this is for one whose receiver was ended in between.
 */
export const CHANNEL_WAIT_US = 100_000;

/** The shortest period of a vclock, nanoseconds. A shorter one is EINVAL. */
export const CLOCK_PERIOD_NS_MIN = 10_000;
/** Bytes that a vrng gives in one call. More is EINVAL. */
export const RANDOM_BYTES_MAX = 64 * 1024;
/**
 * A realtime guest that waits looks so long before it sleeps, and as long before a timer of its is due,
 * nanoseconds.
 */
export const REALTIME_SPIN_NS = 200_000;

export * from "./limits-gateway.ts";

/** What requests to a disk are multiples of, bytes. Others are EINVAL. */
export const SECTOR_BYTES = 512;
/** Bytes of one request; more are EINVAL. */
export const REQUEST_BYTES_MAX = 1024 * 1024;
/** Reads and writes of files on one thread before it loads the calls of the C library for them. */
export const DIRECT_AFTER_TRANSFERS = 16_384;
/** Queues of a disk. More are refused (`invalid`). */
export const DISK_QUEUES_MAX = 8;
/** Bytes of a volume, and of one in memory; a larger one is refused (`invalid`). */
export const VOLUME_BYTES_MAX = 2 ** 42;
export const VOLUME_MEMORY_MAX = 2 ** 34;
/** Overlays on top of one another. One more is refused (`limit`). */
export const VOLUME_DEPTH_MAX = 16;
/**
 * A volume that is to be made waits so long for guests to let go of those that are gone, milliseconds: it may
 * be in the same file.
 */
export const VOLUME_CLOSE_MS = 1000;
/** An NBD server has answered within this, milliseconds; else its volume is refused (`invalid`). */
export const NBD_CONNECT_MS = 5000;
/** Volumes at the same time. One more is refused (`limit`). */
export const VOLUMES_MAX = 4096;
/** An overlay keeps whole blocks of so many bytes. */
export const OVERLAY_BLOCK_BYTES = 4096;
/** What of an overlay is written into its base in one piece; the control thread does nothing else then. */
export const COMMIT_CHUNK_BYTES = 1024 * 1024;
