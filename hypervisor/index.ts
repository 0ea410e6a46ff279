// The door of the hypervisor: buses, devices, guests and networks in this process. Knows nothing of the
// language.

export type * from "./hypervisor.ts";
export { createHypervisor } from "./machine-room.ts";
export { readFilter } from "./capture/filter.ts";
export type { FilterError, FilterReading } from "./capture/filter.ts";
export { judgeImage, prepareImage } from "./guest/image.ts";
export { bootFirst } from "./machine/pc/first-boot.ts";
export { judgePc } from "./machine/pc/image.ts";
export { MEDIA, tooLargeMedium, wrongMedium, type Medium } from "./machine/pc/media.ts";
export { HARMLESS } from "./line/timetable.ts";
export { SHARED_MEMORY_MAX } from "./limits.ts";
