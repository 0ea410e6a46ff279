// What containers become: each image of the file an `image` of the lab, by what the caller chose for its
// name, or a standard guest in its place.

import { identifier, quote, type Draft, type DraftImage, type Names } from "./draft.ts";

/** `--image NAME=CLASS:PATH`; `*` in a name stands for anything. */
export interface Choice {
  readonly name: string;
  readonly class: string;
  readonly path: string;
}

/** By class: the attribute that says what is booted. */
export const IMAGE_CLASSES: Readonly<Record<string, string>> = {
  wasm: "path",
  wasi: "path",
  linux: "from",
  pc: "disk",
};

/** Names of images that serve pages; everything else is one that answers pings. */
const WEB = /^(nginx(-.*)?|httpd|apache2?|caddy|traefik|whoami|http-echo|lighttpd)$/;
const STAND_INS = { httpd: "a web server", echo: "which answers pings" } as const;

export class Images {
  readonly #draft: Draft;
  readonly #names: Names;
  readonly #choices: readonly Choice[];
  readonly #made = new Map<string, DraftImage>();

  constructor(draft: Draft, names: Names, choices: readonly Choice[]) {
    this.#draft = draft;
    this.#names = names;
    this.#choices = choices;
  }

  /** The image for a container's, such as `frrouting/frr:9.1`. */
  take(container: string): DraftImage {
    const known = this.#made.get(container);
    if (known) return known;
    const image = this.#make(container);
    this.#made.set(container, image);
    this.#draft.images.push(image);
    return image;
  }

  #make(container: string): DraftImage {
    const base = baseOf(container);
    const word = identifier(base, "image");
    const name = this.#names.take(this.#names.has(word) ? `${word}_image` : word);
    const choice = this.#choices.find((one) => matches(one.name, container));
    if (choice) {
      const attribute = IMAGE_CLASSES[choice.class] ?? "path";
      const about = `${container} in the file.`;
      return { name, class: choice.class, attribute: [attribute, quote(choice.path)], notes: [about] };
    }
    const guest = WEB.test(base) ? "httpd" : "echo";
    const about = `no counterpart: image ${container}: std:guests/${guest} stands in, ${STAND_INS[guest]}`;
    return { name, class: "wasm", attribute: ["path", quote(`std:guests/${guest}`)], notes: [about] };
  }
}

/** Whether an image is one of the standard guests, which know nothing of a container's command. */
export const isStandIn = ({ attribute: [, path] }: DraftImage): boolean => path.startsWith('"std:guests/');

/** `frr` of `quay.io/frrouting/frr:9.1@sha256:...`. */
function baseOf(container: string): string {
  const [untagged = ""] = container.split("@", 1);
  return (untagged.split("/").at(-1) ?? "").replace(/:.*$/, "");
}

function matches(pattern: string, container: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`));
  const whole = new RegExp(`^${parts.join(".*")}$`);
  return whole.test(container) || whole.test(baseOf(container));
}
