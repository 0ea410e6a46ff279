/* Waking a guest: two senders, the reaper and the control thread tell one receiver, which sleeps when it finds
 * nothing. Never may it sleep for ever while something is published or told. The tags at the right are those
 * of ../signal.ts; G1 to G5 are what a guest does to sleep, docs/abi.md, "Rings", point 5.
 *
 * A look goes by `dirty` alone, as where the frame lies behind a position that stays out: the worst case.
 * The second sender may be ended between any two steps; what it had published the reaper tells.
 *
 * With AT the guest waits for more than the next frame, by `enabled` 2 and `at`: then it may sleep while fewer
 * are there.
 *
 * Broken on purpose, each of which must fail: NO_SECOND_LOOK, ENABLE_LATE, SIGNAL_EARLY, DIRTY_LATE,
 * PENDING_EARLY, NO_FUTEX_COMPARE, SLEEPING_UNSAID, REAPER_SILENT, CHANGE_UNWOKEN; with AT also AT_LATE. */

#ifndef FRAMES
#define FRAMES 1        /* of the sender that lives */
#endif
#ifndef MORTAL_FRAMES
#define MORTAL_FRAMES 1 /* of the one that may be ended */
#endif
#ifndef CHANGES
#define CHANGES 1
#endif

byte published, taken;      /* frames in the ring; frames that the guest has taken */
byte changes, heard;        /* EVENT.changes; what of it the guest knows */
byte dirty, wake;
bit pending, sleeping;
byte wanted, at;            /* `wanted` is SIGNAL.enabled, a word of Promela; `at` is SIGNAL.at */
byte claimed, top;          /* positions that senders have been given; the one behind the latest published */
bit inFutex;                /* the guest's thread is in the system's wait */
bit doomed, dead;           /* the second sender is ended; its thread is gone */

inline wakeUp() {
  wake++;                                        /* S7 */
  inFutex = 0                                    /* S8 */
}

inline tell() {
  pending = 1;                                   /* S2 */
  if
  :: sleeping == 0 -> skip                       /* S3 */
  :: else -> wakeUp()
  fi
}

inline signal() {
  dirty++;                                       /* S1 */
  if
  :: wanted == 0 -> skip                         /* S6 */
#ifdef AT
  :: wanted == 2 ->
    if
    :: claimed <= at -> skip                     /* S13 */
    :: else -> tell()
    fi
#endif
  :: else -> tell()
  fi
}

inline publish() {
  d_step { published++; top = (mine >= top -> mine + 1 : top) }  /* P1 of claims.ts */
}

inline send() {
  d_step { mine = claimed; claimed++ }
#ifdef SIGNAL_EARLY
  signal();
  publish()
#else
  publish();
  signal()
#endif
}

active proctype sender() {
  byte sent, mine;
  for (sent : 1 .. FRAMES) { send() }
}

active proctype mortal() {
  byte sent, mine;
  {
    for (sent : 1 .. MORTAL_FRAMES) { send() }
  } unless { doomed }
  dead = doomed
}

active proctype killer() {
  if
  :: doomed = 1
  :: skip
  fi
}

active proctype reaper() {
end:
  dead;                                          /* reapThread, then the networks of its ports */
#ifndef REAPER_SILENT
  signal()
#endif
}

active proctype control() {
  byte told;
  do
  :: told == CHANGES -> break
  :: else ->
    changes++;                                   /* S9 */
#ifndef CHANGE_UNWOKEN
    wakeUp();
#endif
    told++
  od
}

/* The look counts as done only where it found nothing. */
inline look() {
  found = 0;
  now = dirty;                                   /* G3 */
  if
  :: now == seen -> skip
  :: d_step { now != seen && taken < published -> taken = published; scan = top; found = 1 }
  :: d_step { now != seen && taken == published -> skip };
#ifdef DIRTY_LATE
    seen = dirty
#else
    seen = now
#endif
  fi;
  if
  :: heard == changes -> skip
  :: d_step { heard != changes -> heard = changes; found = 1 }
  fi
}

/* `sleepOnEvents`: the verb `wait` without a time limit. */
inline sleep() {
  if
  :: wake != known -> goto awake                 /* S10 */
  :: else -> skip
  fi;
#ifdef PENDING_EARLY
  if
  :: pending -> goto awake
  :: else -> skip
  fi;
#endif
#ifndef SLEEPING_UNSAID
  sleeping = 1;                                  /* S5 */
#endif
  do
#ifndef PENDING_EARLY
  :: pending -> break                            /* S4 */
#endif
  :: else ->
    if
    :: wake != known -> break                    /* S10 */
    :: else ->
#ifdef NO_FUTEX_COMPARE
      inFutex = 1;
#else
      d_step { inFutex = (wake == known -> 1 : 0) };  /* S11: compares and sleeps in one */
#endif
end_asleep:
      inFutex == 0
    fi
  od;
awake:
  sleeping = 0;                                  /* S12 */
  known = wake
}

active proctype guest() {
  byte seen, now, known, scan;
  bit found, more;
again:
  look();
  if
  :: found -> goto again
  :: else -> skip
  fi;
#ifdef AT
  if
  :: more = 0
  :: more = 1
  fi;
#ifndef AT_LATE
  at = scan + more;                              /* before G2 */
#endif
  wanted = 2;                                    /* G1 */
#ifdef NO_SECOND_LOOK
  found = 0;
#else
  if
  :: top > scan + more || heard != changes -> found = 1   /* G2 */
  :: else -> skip
  fi;
#endif
#ifdef AT_LATE
  at = scan + more;
#endif
#else
#ifdef ENABLE_LATE
  look();
  wanted = 1;
#else
  wanted = 1;                                    /* G1 */
#ifdef NO_SECOND_LOOK
  found = 0;
#else
  look();                                        /* G2 */
#endif
#endif
#endif
  if
  :: found -> skip
  :: else -> sleep(); pending = 0                /* G5: clears what it takes, then looks */
  fi;
  wanted = 0;                                    /* G4 */
  goto again
}

/* Nothing can move: then all is taken, or less is there than is waited for. */
active proctype watch() {
end:
  timeout;
  assert((taken == published || (wanted == 2 && top <= at)) && heard == changes)
}

ltl everything_arrives { [] (taken < published -> <> (taken == published)) }
