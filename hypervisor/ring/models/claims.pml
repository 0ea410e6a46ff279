/* Claim and publish: senders, the reaper and one receiver at one ring. A sender claims one position, as
 * ../claims.ts does, or two at once, as ../../datapath/pump.wat does (BATCH=2), and may be ended between any
 * two steps; then the reaper ends what it was in the middle of (REAPER), or nobody does. The receiver takes in
 * order, by the rules of docs/abi.md, and posts again. Tags at the right are those of claims.ts; E1 to E4
 * those of ../../datapath/reap.ts; R1 to R5 the receiver's rules.
 *
 * Held: no slot has two owners; each frame arrives once, whole, and each sender's in its order; a position
 * that can't be ends nobody; nobody waits for one that stopped; in the end every slot serves again.
 *
 * Positions have CIRCLE values instead of 2^32, so that they wrap, and turns half of that.
 *
 * Broken on purpose, each of which must fail: NEXT_UNSEEN, CURSOR_STORED, TURN_EARLY, NEXT_EARLY, PASSER_BLIND,
 * OWNER_BLIND, PASSES_LATE, NOTE_EARLY, NOTE_LATE, COMMIT_UNNOTED, PASSED_STALE, ONE_LOOK, DIRTY_EARLY. */

#ifndef SENDERS
#define SENDERS 2
#endif
#ifndef FRAMES
#define FRAMES 2          /* of each sender that lives */
#endif
#ifndef MORTAL_FRAMES
#define MORTAL_FRAMES 1   /* of those that may be ended */
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef BATCH
#define BATCH 1
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef REAPER
#define REAPER 1
#endif
#ifndef START
#define START 62          /* the ring's first position: the circle's end is near */
#endif
#define LAST(id) (id < KILLS -> MORTAL_FRAMES : FRAMES)
#define NAME(id, n) (id * 8 + n + 1) /* of a frame: what lies in its buffer */
#define CIRCLE 64
#define MOD(x) ((x) & (CIRCLE - 1))
#define SLOT(x) ((x) & (SLOTS - 1))
#define TURN(x) (((x) << 1) & (CIRCLE - 1))       /* (position << 1) in as many bits */
#define OPEN(slot) (turns[slot] == (written[slot] | 1))
#define BEFORE(a, b) (MOD((a) - (b)) >= CIRCLE / 2) /* ((a - b) | 0) < 0 */
#define STALE(old, b) (MOD((b) - (old)) > CIRCLE / 4 && BEFORE(old, b))
#define AHEAD(x) (next[SLOT(x)] == MOD(x) && OPEN(SLOT(x)))
/* A claim is worth another try: what `FULL` was said of has changed. */
#define HOPE(p) (cursor != p || next[SLOT(p)] != p || OPEN(SLOT(p)) || ahead(p))
#if SLOTS == 2
#define ahead(p) AHEAD((p) + 1)
#else
#define ahead(p) (AHEAD((p) + 1) || AHEAD((p) + 2) || AHEAD((p) + 3))
#endif

#define IN_LAP(i) (MOD(next[i] - cursor) < SLOTS)
#if SLOTS == 2
#define SERVES (IN_LAP(0) || IN_LAP(1))
#else
#define SERVES (IN_LAP(0) || IN_LAP(1) || IN_LAP(2) || IN_LAP(3))
#endif

byte cursor, passes;
byte next[SLOTS], passed[SLOTS], written[SLOTS]; /* SLOT; `written` is SLOT.turn */
byte turns[SLOTS], buffer[SLOTS];                /* in the guest's memory */
bit bare[SLOTS];                                /* the descriptor's length is 0 */
byte dirty;
byte claimFrom[SENDERS], claimCount[SENDERS];    /* THREAD */
bit claimRing[SENDERS], committed[SENDERS];
bit doomed[SENDERS], dead[SENDERS], done[SENDERS];
byte owner[SLOTS], sent[SENDERS], arrived[SENDERS]; /* what is held against the above */

inline resolve(at, start) {
  r = MOD(start);
  do
  :: next[at] != r -> break                      /* N1 */
  :: else ->
    old = passed[at];                            /* N2 */
    if
    :: BEFORE(old, r) -> break
    :: else -> skip
    fi;
    if                                           /* N3 */
    :: d_step { next[at] == r -> next[at] = MOD(old + SLOTS); r = next[at]; old = 0 }
    :: next[at] != r -> break
    fi
  od;
  r = 0; old = 0
}

inline passOver(at, place, blind) {
#ifndef PASSES_LATE
  passes++;                                      /* O1 */
#endif
  do
  :: old = passed[at];                           /* O2 */
    if
    :: !BEFORE(old, place) -> break
    :: else -> skip
    fi;
    if                                           /* O3 */
    :: d_step { passed[at] == old -> passed[at] = place }; break
    :: passed[at] != old -> skip
    fi
  od;
  if
  :: blind -> skip
  :: else -> resolve(at, place)
  fi;
#ifdef PASSES_LATE
  passes++
#endif
}

#ifdef PASSER_BLIND
#define BLIND 1
#else
#define BLIND 0
#endif

#ifdef NOTE_EARLY
#define EARLY(n) n
#else
#define EARLY(n) (BATCH > 1 -> n : 0) /* the pump is not ended between note and claim */
#endif

inline note(n) {                                 /* C7 */
#ifdef NOTE_LATE
  skip
#else
  d_step {
    claimFrom[id] = position; claimCount[id] = EARLY(n); claimRing[id] = 1;
#ifndef NOTE_EARLY
    straight = (BATCH > 1)
#endif
  }
#endif
}

/* The compare-and-swap of the cursor with what is written right behind it. */
inline advance(n, owns) {                        /* C9 */
  if
  :: d_step {
#ifndef CURSOR_STORED
      cursor == position ->
#else
      true ->
#endif
      cursor = MOD(position + n);
#ifndef NOTE_LATE
      claimCount[id] = n;
#endif
      straight = 0; won = 1;
      do
      :: i < n * owns ->                         /* the copy */
        at = SLOT(position + i);
        assert(owner[at] == 0);
        owner[at] = id + 1; bare[at] = 0;
#ifndef TURN_EARLY
        buffer[at] = NAME(id, sent[id] + i);
#endif
        i++
      :: else -> i = 0; at = 0; break
      od
    }
#ifndef CURSOR_STORED
  :: d_step { cursor != position -> claimRing[id] = 0; claimCount[id] = 0; claimFrom[id] = 0; straight = 0; won = 0 }
#endif
  fi;
#ifdef NOTE_LATE
  d_step { claimFrom[id] = position; claimCount[id] = n; claimRing[id] = 1 }
#endif
}

inline forget() {
  committed[id] = 0;
  d_step { claimRing[id] = 0; claimCount[id] = 0; claimFrom[id] = 0 } /* F1 */
}

inline publish() {
  at = SLOT(position + i);
#ifndef PASSED_STALE
  old = passed[at];
  if                                             /* P4 */
  :: d_step { STALE(old, MOD(position + i)) && passed[at] == old -> passed[at] = MOD(position + i - SLOTS) }
  :: !STALE(old, MOD(position + i)) || passed[at] != old -> skip
  fi;
#endif
#ifdef NEXT_EARLY
  next[at] = MOD(position + i + SLOTS);
#endif
  d_step {                                       /* P1: the commit; the thread is not ended behind it */
    turns[at] = TURN(position + i);
    straight = 1; old = 0;
    sent[id]++
  };
#ifdef TURN_EARLY
  buffer[at] = NAME(id, sent[id] - 1);
#endif
  d_step {
    written[at] = TURN(position + i);
#ifndef COMMIT_UNNOTED
    committed[id] = (BATCH == 1);
#endif
    straight = (BATCH > 1)
  };
#ifndef NEXT_EARLY
  d_step {                                       /* P2 */
    assert(owner[at] == id + 1);
    owner[at] = 0; next[at] = MOD(position + i + SLOTS); straight = 0;
    i++
  }
#else
  d_step { owner[at] = 0; straight = 0; i++ }
#endif
}

proctype sender(byte id) {
  byte seenPasses, position, count, at, i, r, old, word, turn;
  bit straight, won; /* `straight`: nothing ends the thread here */
  {
    skip;
claim:
    if
    :: sent[id] == LAST(id) -> goto finished
    :: else -> skip
    fi;
    seenPasses = passes;                         /* C1 */
    position = cursor;                           /* C2 */
    count = 1;
#ifndef NEXT_UNSEEN
    if
    :: next[SLOT(position)] != position -> goto over /* C3 */
    :: else -> skip
    fi;
#endif
    d_step { word = written[SLOT(position)]; turn = turns[SLOT(position)] }; /* C4 */
    if
    :: d_step { turn == (word | 1) -> turn = 0; word = 0 }
    :: else ->
      if
      :: cursor != position -> turn = 0; word = 0; goto claim /* C5 */
      :: else -> skip
      fi;
      if
      :: next[SLOT(position)] != position -> turn = 0; word = 0; goto claim /* C6 */
      :: else -> skip
      fi;
      d_step { assert(turn == word); turn = 0; word = 0 }; /* else BROKEN: the receiver would be ended */
      if
      :: ahead(position) -> goto over            /* L1, L2 */
      :: else -> skip
      fi;
      HOPE(position);                            /* FULL: the frame is tried again */
      goto claim
    fi;
#if BATCH > 1
    if
    :: sent[id] + 1 < LAST(id) && AHEAD(position + 1) -> count = 2
    :: else -> skip
    fi;
#endif
#ifdef DIRTY_EARLY
    dirty++;
#endif
    note(count);
    advance(count, 1);
    if
    :: !won -> goto claim
    :: else -> skip
    fi;
    do
    :: i < count -> publish()
    :: else -> i = 0; break
    od;
#ifndef OWNER_BLIND
    if
    :: passes == seenPasses -> skip              /* P3 */
    :: else ->
      do
      :: i < count -> resolve(SLOT(position + i), position + i + SLOTS); i++
      :: else -> i = 0; break
      od
    fi;
#endif
    forget();
#ifndef DIRTY_EARLY
    dirty++;                                     /* S1 */
#endif
    d_step { position = 0; at = 0; count = 0; seenPasses = 0 };
    goto claim;
over:
    SERVES; /* where no slot does, CLAIM_TRIES ends it: the frame is tried again when one serves */
    note(1);
    advance(1, 0);
    if
    :: won -> passOver(SLOT(position), position, BLIND); forget()
    :: else -> skip
    fi;
    goto claim;
finished:
    done[id] = 1
  } unless { doomed[id] && !straight };
  d_step {
    dead[id] = !done[id];
    seenPasses = 0; position = 0; count = 0; at = 0; i = 0; r = 0; old = 0; word = 0; turn = 0; won = 0
  }
}

/* The control thread, after a sender's thread is gone. */
active proctype reaper() {
  byte id, position, at, i, r, old;
end:
  do
  :: d_step { dead[0] && claimCount[0] != 255 -> id = 0; i = 0 } -> goto reap
#if KILLS > 1
  :: d_step { dead[1] && claimCount[1] != 255 -> id = 1; i = 0 } -> goto reap
#endif
  od;
reap:
  skip;
#if REAPER
  do
  :: claimRing[id] && i < claimCount[id] ->
    position = MOD(claimFrom[id] + i); at = SLOT(position);
    old = MOD(next[at] - position);              /* E1 */
    if
    :: old != 0 && old < CIRCLE / 2 -> resolve(at, position + SLOTS) /* all but the last step was done */
    :: else ->
      if                                         /* E2 */
      :: !committed[id] && (old != 0 || !OPEN(at)) -> passOver(at, position, 0)
      :: else ->
        if
        :: committed[id] -> skip
        :: else ->
          assert(owner[at] == 0 || owner[at] == id + 1);
          bare[at] = 1; turns[at] = TURN(position); /* E3 */
          written[at] = TURN(position)
        fi;
        d_step { owner[at] = 0; next[at] = MOD(position + SLOTS) }; /* E4 */
        resolve(at, position + SLOTS)
      fi
    fi;
    i++
  :: else -> break
  od;
  dirty++;                                       /* S1 */
#endif
  d_step { claimCount[id] = 255; claimRing[id] = 0; claimFrom[id] = 0; committed[id] = 0; position = 0; at = 0; i = 0; id = 0 };
  goto end
}

active proctype killer() {
  skip;
#if KILLS > 0
  if
  :: doomed[0] = 1
  :: skip
  fi;
#endif
#if KILLS > 1
  doomed[1] = 1
#endif
}

#define HALF (CIRCLE / 4)                         /* positions of turns: half as many, and half of these */
#define PLACE(x) ((x) & (CIRCLE / 2 - 1))
#define COMPLETED(x) (turns[SLOT(x)] == TURN(x))

/* The earliest completed of the listed slots, or 255; forgets those that a later position used. */
inline earliest() {
  best = 255; far = 0; i = 0;
  do
  :: i == SLOTS -> break
  :: else ->
    if
    :: d_step { listed[i] ->                     /* R2: one slot */
        behind = PLACE(scan - (turns[i] >> 1));
        if
        :: turns[i] & 1 -> skip
        :: !(turns[i] & 1) && (behind == 0 || behind >= HALF) -> listed[i] = 0
        :: !(turns[i] & 1) && behind < HALF && behind > far -> best = i; far = behind
        :: else -> skip
        fi;
        behind = 0
      }
    :: else -> skip
    fi;
    i++
  od;
  i = 0
}

/* Reads what is in slot `best` and posts it again. */
inline take() {
  d_step {
    here = 0;
    if
    :: bare[best] -> skip
    :: else ->
      assert(buffer[best] != 0);                 /* whole */
      behind = (buffer[best] - 1) / 8;
      assert(arrived[behind] == (buffer[best] - 1) % 8); /* once, and in order */
      arrived[behind]++
    fi;
    buffer[best] = 0; bare[best] = 0;
    turns[best] = turns[best] | 1;               /* posted again */
    best = 255; far = 0; behind = 0
  }
}

#if SLOTS == 2
#define LISTED (listed[0] || listed[1])
#define LATE (listed[0] && !(turns[0] & 1) || listed[1] && !(turns[1] & 1))
#else
#define LISTED (listed[0] || listed[1] || listed[2] || listed[3])
#define LATE (listed[0] && !(turns[0] & 1) || listed[1] && !(turns[1] & 1) || \
  listed[2] && !(turns[2] & 1) || listed[3] && !(turns[3] & 1))
#endif

active proctype receiver() {
  byte scan, seen, now, best, far, behind, i;
  bit listed[SLOTS], here;
  d_step {
    cursor = START; scan = PLACE(START); seen = 0;
    do
    :: i < SLOTS ->
      next[SLOT(START + i)] = MOD(START + i);
      /* As old as it may be: a slot that was not passed over for long. */
      passed[SLOT(START + i)] = MOD(START + i + SLOTS - CIRCLE / 2);
      written[SLOT(START + i)] = TURN(START + i - SLOTS);
      turns[SLOT(START + i)] = TURN(START + i - SLOTS) | 1;
      i++
    :: else -> break
    od;
    i = 0; best = 255
  };
  atomic {
    do
    :: i < SENDERS -> run sender(i); i++
    :: else -> i = 0; break
    od
  };
again:
#ifdef ONE_LOOK
  if
  :: LISTED -> earliest()
  :: else -> skip
  fi;
  here = COMPLETED(scan);
#else
  here = COMPLETED(scan);                        /* R3 */
  if
  :: LISTED ->
    earliest();
    if
    :: best != 255 -> earliest()
    :: else -> skip
    fi
  :: else -> skip
  fi;
#endif
  if
  :: best != 255 ->
    if
    :: d_step { far <= SLOTS -> listed[best] = 0 }
    :: else -> skip
    fi;
    take();
    goto again
  :: else -> skip
  fi;
  if
  :: here -> best = SLOT(scan); scan = PLACE(scan + 1); take(); goto again
  :: else -> skip
  fi;
  now = dirty;                                   /* R4 */
  if
  :: now != seen ->
    far = HALF; i = 0;
    do
    :: i == SLOTS -> break
    :: d_step { i < SLOTS ->                     /* one slot */
        behind = PLACE((turns[i] >> 1) - scan);
        if
        :: !(turns[i] & 1) && behind < far -> far = behind
        :: else -> skip
        fi;
        behind = 0; i++
      }
    od;
    i = 0;
    d_step {
      if
      :: far == HALF -> seen = now
      :: else ->
        behind = (far < SLOTS -> far : SLOTS);
        do
        :: behind > 0 -> listed[SLOT(scan + far - behind)] = 1; behind--
        :: else -> break
        od;
        scan = PLACE(scan + far)
      fi;
      now = (far != HALF); far = 0
    };
    if
    :: d_step { now -> now = 0 } -> goto again
    :: else -> skip
    fi
  :: else -> now = 0
  fi;
end:
  dirty != seen || COMPLETED(scan) || LATE;      /* R5: asleep, see signal.pml */
  goto again
}

/* Nothing can move: all senders that live are through, all that was published has come, every slot serves. */
active proctype watch() {
  byte i, out;
end:
  timeout;
  d_step {
    do
    :: i < SENDERS ->
      assert(done[i] || dead[i]);
      assert(arrived[i] == sent[i] || (dead[i] && !REAPER));
      i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < SLOTS ->
      if
      :: IN_LAP(i) && SLOT(next[i]) == i && OPEN(i) && owner[i] == 0 -> skip
      :: else -> out++
      fi;
      i++
    :: else -> break
    od;
    assert(out == 0 || (!REAPER && out <= KILLS * BATCH))
  }
}
