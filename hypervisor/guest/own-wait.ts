// Whether a guest's thread sleeps in a wait instruction of the guest's own. Asked in an interrupt on that
// thread, which must not sleep then: the engine knows one sleep a thread, and a second one in it hangs all.

/** First byte of every atomic instruction. Spec: WebAssembly threads, binary format. */
const ATOMIC = 0xfe;
/** Frames of the interrupt itself above the guest's, and some more. */
const FRAMES_MAX = 16;

interface Frame {
  getFileName(): string | null | undefined;
  getPosition(): number;
}

/**
 * `code` holds the bytes of the guest's module. True also where it can't be seen: then it is as good as
 * asleep. Throws where there is no stack left.
 */
export function mayBeInOwnWait(code: Uint8Array): boolean {
  const innermost = framesHere().find((frame) => frame.getFileName()?.startsWith("wasm://"));
  return innermost === undefined || code[innermost.getPosition()] === ATOMIC;
}

/** The stack as V8 tells it: of a WebAssembly frame, the position is an offset in the module's bytes. */
function framesHere(): readonly Frame[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.prepareStackTrace = (_, frames): unknown => frames;
  Error.stackTraceLimit = FRAMES_MAX;
  try {
    return new Error("where is the guest").stack as unknown as readonly Frame[];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    if (prepareStackTrace) Error.prepareStackTrace = prepareStackTrace;
    else Reflect.deleteProperty(Error, "prepareStackTrace");
  }
}
