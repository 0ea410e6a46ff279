// Why a lab is not as its newest text says: what could not be applied, was gone back from, or waits for a
// word.

import type { Allocations, Model } from "../lang/index.ts";
import { planBetween } from "./plan/between.ts";

export class Holds {
  /** What could not be applied, and why; it is not tried again before it changes. */
  refusal: { readonly model: Model; readonly failure: string } | undefined;
  /** Gone back to generation `to`, from what the files said then: they wait until they say something else. */
  rolledBack: { readonly to: number; readonly from: Model | undefined } | undefined;

  /** Why a change in the files waits for somebody to apply it. */
  waiting: string | undefined;

  get any(): boolean {
    return this.waiting !== undefined || this.refusal !== undefined || this.rolledBack !== undefined;
  }

  /** Why nothing can be changed by hand: there is no text that says what runs. */
  get byHand(): string | undefined {
    if (this.rolledBack === undefined) return undefined;
    return `The lab is held on generation ${this.rolledBack.to}: save a file that says something else first.`;
  }

  /** Addresses that the files had before the lab went back: with others they would say something else. */
  get allocations(): Allocations | undefined {
    return this.rolledBack?.from?.allocations;
  }

  /** A good text has been applied, or is to be tried in any case. */
  clear(): void {
    this.refusal = undefined;
    this.rolledBack = undefined;
    this.waiting = undefined;
  }

  /** The lab is at `model` of generation `to` now; whether its files, that say `from`, have to wait. */
  goBack(to: number, model: Model, from: Model | undefined): boolean {
    this.rolledBack = isSame(from, model) ? undefined : { to, from };
    return this.rolledBack !== undefined;
  }

  /** Whether a text says what was gone back from. */
  waits(model: Model): boolean {
    return isSame(this.rolledBack?.from, model);
  }

  /** Why a text that says this was refused, if it was. */
  failureOf(model: Model): string | undefined {
    return isSame(this.refusal?.model, model) ? this.refusal?.failure : undefined;
  }

  /** For people, as paragraphs; empty where nothing is held. */
  text(): string {
    const { refusal, rolledBack, waiting } = this;
    const why = refusal === undefined ? "" : `The change could not be applied: ${refusal.failure}.\n`;
    const waits = waiting === undefined ? "" : `The change in the file waits for apply: ${waiting}\n`;
    if (rolledBack === undefined) return why + waits;
    return `${why}${waits}The lab went back to generation ${rolledBack.to}; the file waits until it says something else.\n`;
  }
}

/** Whether both say the same; nothing is the same as what isn't there. */
function isSame(before: Model | undefined, after: Model): boolean {
  return before !== undefined && planBetween(before, after).steps.length === 0;
}
