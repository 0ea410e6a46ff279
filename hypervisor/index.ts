// The door of the hypervisor: buses, devices, guests and networks in this process. Knows nothing of the language.

export type * from "./hypervisor.ts";
export { createHypervisor } from "./hypervisor.ts";
