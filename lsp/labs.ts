// The labs of the files that are open: checked a moment after the last edit, asked in between.

import {
  lint,
  LabService,
  type Allocations,
  type Diagnostic,
  type Evaluation,
  type LintOptions,
} from "../lang/index.ts";
import type { Clock, Written } from "../interpreter/index.ts";
import type { Documents } from "./documents.ts";
import { rootOf } from "./roots.ts";

/** How long nothing is typed before the files are checked; longer where a check takes long. */
const QUIET_MS = 120;
const QUIET_MS_MAX = 1000;
/** Labs that are kept; the one asked longest ago goes first. */
const LABS_MAX = 16;

/** What is wrong with the files of one lab, by file; those without a mistake have an empty list. */
export type Findings = ReadonlyMap<string, readonly Diagnostic[]>;

/** One lab, by its root file. */
export class OpenLab {
  readonly root: string;
  readonly service = new LabService();
  evaluation: Evaluation | undefined;
  /** Files that something was told of. */
  told: ReadonlySet<string> = new Set();
  diagnostics: readonly Diagnostic[] = [];
  /** Of files without errors only. */
  lints: readonly Diagnostic[] = [];
  allocations: Allocations | undefined;
  stale = true;

  constructor(root: string) {
    this.root = root;
  }
}

interface LabsOptions {
  readonly written: Written;
  readonly documents: Documents;
  readonly clock: Clock;
  readonly lints: LintOptions;
}

export class Labs {
  readonly #written: Written;
  readonly #documents: Documents;
  readonly #clock: Clock;
  readonly #lints: LintOptions;
  /** How long the newest check took. */
  #checkMs = 0;
  readonly #tell: (lab: OpenLab, findings: Findings) => void;
  readonly #labs = new Map<string, OpenLab>();
  readonly #roots = new Map<string, string>();
  /** Files that were opened or edited since the last look. */
  readonly #typed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor(options: LabsOptions, tell: (lab: OpenLab, findings: Findings) => void) {
    const { written, documents, clock, lints } = options;
    this.#lints = lints;
    this.#written = written;
    this.#documents = documents;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** The lab of a file, read if it was not yet. */
  of(file: string): OpenLab {
    const root = this.#roots.get(file) ?? rootOf(file, (one) => this.#textOf(one));
    this.#roots.set(file, root);
    let lab = this.#labs.get(root) ?? new OpenLab(root);
    // An importer that can't be read has nothing to say about the file.
    if (lab.stale && lab.evaluation === undefined) this.#refresh(lab);
    if (!lab.service.has(file) && root !== file) {
      this.#roots.set(file, file);
      lab = this.#labs.get(file) ?? new OpenLab(file);
      if (lab.evaluation === undefined) this.#refresh(lab);
    }
    this.#keep(lab);
    return lab;
  }

  /** The lab of a file with its newest text known to it; not checked again. */
  quickly(file: string): LabService {
    const { service } = this.of(file);
    service.edit(file, this.#documents.document(file).getText());
    return service;
  }

  /** The lab of a file, checked as it is now. */
  checked(file: string): OpenLab {
    const lab = this.of(file);
    if (lab.stale) this.#refresh(lab);
    return lab;
  }

  /** The same, once nothing has been typed for a moment. */
  async settled(file: string): Promise<OpenLab> {
    if (this.#timer !== undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.checked(file);
  }

  /** A document was opened: it may belong to another lab than was thought. */
  opened(file: string): void {
    this.#roots.delete(file);
    this.changed(file);
  }

  /** A text changed, or a file on the disk: labs that may read it are checked in a moment. */
  changed(file: string, onDisk = false): void {
    for (const lab of this.#labs.values()) {
      lab.stale ||= onDisk || lab.service.has(file) || lab.evaluation?.inputs.includes(file) === true;
      if (onDisk) lab.allocations = undefined;
    }
    if (onDisk) this.#roots.clear();
    else this.#typed.add(file);
    clearTimeout(this.#timer);
    // Nobody who is typing waits for a check.
    const quietMs = Math.min(QUIET_MS_MAX, Math.max(QUIET_MS, 2 * this.#checkMs));
    this.#timer = setTimeout(() => this.#look(), quietMs);
  }

  all(): readonly OpenLab[] {
    return [...this.#labs.values()];
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #look(): void {
    this.#timer = undefined;
    for (const file of this.#typed) this.checked(file);
    this.#typed.clear();
    for (const lab of this.#labs.values()) if (lab.stale) this.#refresh(lab);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #textOf(file: string): string | undefined {
    const bytes = this.#documents.given.get(file);
    return bytes && new TextDecoder().decode(bytes);
  }

  #keep(lab: OpenLab): void {
    this.#labs.delete(lab.root);
    this.#labs.set(lab.root, lab);
    for (const [root] of this.#labs) {
      if (this.#labs.size <= LABS_MAX) break;
      this.#labs.delete(root);
    }
  }

  #refresh(lab: OpenLab): void {
    this.#keep(lab);
    lab.allocations ??= this.#written.allocations(lab.root);
    const { root, allocations } = lab;
    const begun = this.#clock.now();
    const evaluation = lab.service.refresh(this.#written.world, { root, allocations });
    const refused = evaluation.model ? this.#written.refusals(evaluation.model) : [];
    lab.evaluation = evaluation;
    lab.diagnostics = [...evaluation.diagnostics, ...refused];
    const isWrong = lab.diagnostics.some(({ severity }) => severity === "error");
    lab.lints = isWrong ? [] : lint({ sources: evaluation.sources, root }, this.#lints);
    this.#checkMs = this.#clock.now() - begun;
    lab.stale = false;
    const files = [...evaluation.sources.keys()].filter((file) => !file.startsWith("std:"));
    const findings = new Map<string, Diagnostic[]>([...lab.told, ...files].map((file) => [file, []]));
    for (const one of [...lab.diagnostics, ...lab.lints]) findings.get(one.span.file)?.push(one);
    lab.told = new Set(files);
    this.#tell(lab, findings);
  }
}
