/*
 * journal.pml - one partition of the journal: who rules it, which records count, what is told (J1-J7, E1, E2).
 *
 * README.md says what is left out and why. -DCONF_... chooses a scope, -DNO_... takes a rule away; check runs them all.
 */

/* ---- scopes ------------------------------------------------------------------------------------------------------ */

/* TROUBLES: so many misfortunes, in any mixture of the kinds that are named, then all goes well. */
#if defined(CONF_ALONE) /* one process, and what may happen to its records */
#define PROCESSES 1
#define COMMANDS  3
#define TROUBLES  4
#define CRASHES
#define LOSSES
#define REPEATS
#define GROUP
#elif defined(CONF_TWO) /* two: one is thought dead, killed, loses a record */
#define PROCESSES 2
#define COMMANDS  3
#define TROUBLES  3
#define CRASHES
#define LOSSES
#define REPEATS
#define SUSPICIONS
#elif defined(CONF_SAME_NAME) /* two that claim at one time */
#define PROCESSES 2
#define COMMANDS  3
#define TROUBLES  2
#define SUSPICIONS
#elif defined(CONF_THREE)
#define PROCESSES 3
#define COMMANDS  2
#define TROUBLES  2
#define CRASHES
#define SUSPICIONS
#elif defined(CONF_HANDOVER) /* nobody fails: the group moves the partition, somebody stops cleanly */
#define PROCESSES 2
#define COMMANDS  2
#define TROUBLES  3
#define SUSPICIONS
#define GROUP
#define STOPS
#define BATCHES
#elif defined(CONF_PUBLISH) /* what is told, and what the consumer makes of it */
#define PROCESSES 2
#define COMMANDS  2
#define TROUBLES  2
#define CRASHES
#define SUSPICIONS
#define PUBLISHER
#elif defined(CONF_SNAPSHOT) /* the state in two parts, the log truncated, replay from what is left */
#define PROCESSES 2
#define COMMANDS  2
#define TROUBLES  1
#define CRASHES
#define SUSPICIONS
#define SNAPSHOTS 2
#define BATCHES
#elif defined(CONF_TRUNCATE) /* the same, and what is not yet told */
#define PROCESSES 2
#define COMMANDS  1
#define TROUBLES  2
#define CRASHES
#define SUSPICIONS
#define SNAPSHOTS 2
#define PUBLISHER
#endif

#ifndef SNAPSHOTS
#define SNAPSHOTS 0
#endif

#define IN_FLIGHT  2 /* J5: records appended and not yet read back */
#define UNREAD     10
#define SEQ_MAX    14
#define CLAIMS_MAX 12
#define NOBODY     255

#define BIT(n) (1 << (n))

/* ---- records, and what the valid ones say ------------------------------------------------------------------------ */

mtype:kind = { REIGN, TICK, SNAPSHOT, ABDICATE };

/* Tickets are numbered like the commands that start them; a set of tickets is a mask. */
typedef record {
    mtype:kind kind;
    byte epoch, nonce, seq;
    byte from, position;   /* tick: it speaks for the commands from..position - 1 */
    byte waiting, matched; /* "these are now ..."; what is in both is matched. A snapshot's: those of this part */
    byte published;
    byte part;             /* snapshot: 1 or 2, which is the last */
    bool valid             /* the verdict: it depends on the log before the record only, so all readers share it */
}

/* The fold of the whole journal. It is there to judge by; a process knows what it has read. */
typedef fold {
    byte epoch, nonce, seq, position, waiting, matched, published;
    bool abdicated
}
fold truth;
byte ever_matched;

#ifdef PUBLISHER
/* What the valid tick with this seq decided, until that has taken effect. */
typedef decision {
    byte epoch, waiting, matched
}
decision decided[SEQ_MAX];
short has_event;                   /* a bit a seq: the valid ticks that decided something... */
short effect;                      /* ...and of these, those whose event has had its effect at the end of the line */
byte greatest_epoch, greatest_seq; /* E1: what the consumer remembers */
#define ALL_TOLD (effect == has_event)
#else
#define ALL_TOLD true
#endif

/* ---- processes --------------------------------------------------------------------------------------------------- */

mtype:state = { GONE, REPLAYING, STANDBY, CLAIMING, RULING };

typedef process {
    mtype:state state;
    bool fresh;                         /* assigned, and it has not claimed on that yet */
    bool vacant;                        /* it has read another's abdicate */
    bool draining;                      /* it has appended its own */
    byte nonce, claim_epoch, next_seq;  /* of its claim or reign */
    byte epoch, seq;                    /* as read */
    byte published;                     /* as read; a ruler's own moves with delivery reports */
    byte position, waiting, matched;    /* the state; a ruler's is ahead of the journal */
    byte cut, cut_waiting, cut_matched; /* of it, what no tick carries yet: commands cut..position - 1, tickets */
    byte decided_seq;                   /* the last tick of its own that decided anything */
    byte sent;                          /* publisher: the last tick whose event went out */
    byte part;                          /* to cut next */
#ifdef NO_J6_AT_ONCE
    bool kept;                          /* what is to be in the part was settled before */
    byte kept_waiting, kept_matched;
#endif
    byte begun, last;                   /* seq of the first part of one not complete, of one that is; 0: none */
    byte missing;                       /* ticks up to this one were truncated before it could read them */
    bool behind                         /* the log was truncated beyond what it has read */
}
process proc[PROCESSES];
byte owner = NOBODY;         /* of the queue partition, as the consumer group has it */
byte survivors = PROCESSES;

chan wire[PROCESSES] = [IN_FLIGHT] of { record };           /* appended, on its way into the log */
chan late[2] = [1] of { record };                           /* the same, but its writer no longer waits for it */
chan unread[PROCESSES] = [UNREAD] of { record };            /* in the log, and this ruler has not read it */
chan events[PROCESSES] = [2] of { byte, byte, byte, byte }; /* to game-events: epoch, seq, waiting, matched */
#if SNAPSHOTS
chan log = [20] of { record };                              /* the valid records that are not truncated */
byte start_seq;                                             /* of the part it starts with; 0: nothing is truncated */
#endif

byte troubles = TROUBLES;
byte snapshots = SNAPSHOTS; /* to begin */
byte claims; /* so far: where nonces come from */

/* Scratch of one atomic step; zero between steps. */
record r, s;
byte j, n, e_epoch, e_seq, e_waiting, e_matched;

#define P           proc[me]
#define OURS(p)     (r.nonce == proc[p].nonce)
#define IN_UNREAD   (P.next_seq - 1 - P.seq)
#define UNCUT       (P.cut != P.position || P.cut_waiting || P.cut_matched)
#define MATCH_IN(m) ((m) == 3 || (m) >= 5)
#define FINISHED    (truth.position == COMMANDS && !MATCH_IN(truth.waiting) && ALL_TOLD)
#define RULED_BY(p) (proc[p].nonce == truth.nonce && (proc[p].state == CLAIMING || proc[p].state == RULING))

/* ---- the rules that are one expression --------------------------------------------------------------------------- */

#ifdef NO_J1_NONCE
#define NEW_NONCE 1 /* everybody's instance name */
#else
#define NEW_NONCE claims
#endif

#ifdef NO_J3_SEQ
#define SEQ_FITS true
#else
#define SEQ_FITS (r.seq == truth.seq + 1)
#endif

#ifdef NO_J3_UNCUT
#define AS_THE_JOURNAL_SAYS (P.decided_seq <= P.seq)
#else
#define AS_THE_JOURNAL_SAYS (P.decided_seq <= P.seq && !UNCUT)
#endif

#ifdef NO_J6_ABSOLUTE
#define NOW_WAITING(to) (to.waiting ^ r.waiting ^ r.matched)
#define NOW_MATCHED(to) (to.matched ^ r.matched)
#else
#define NOW_WAITING(to) ((to.waiting | r.waiting) & ~r.matched)
#define NOW_MATCHED(to) ((to.matched & ~r.waiting) | r.matched)
#endif

#ifdef NO_J6_CLEAN_CUT
#define CLEAN_CUT true
#else
#define CLEAN_CUT (!UNCUT)
#endif

#ifdef NO_J7_COMPLETE
#define FIRST_KEPT P.begun
#else
#define FIRST_KEPT P.last
#endif

#if defined(NO_J7_PUBLISHED) || !defined(PUBLISHER)
#define ALL_PUBLISHED true
#else
#define ALL_PUBLISHED \
    (P.published >= FIRST_KEPT || !(has_event >> (P.published + 1) & (BIT(FIRST_KEPT - P.published) - 1)))
#endif

/* ---- the log ----------------------------------------------------------------------------------------------------- */

inline judge()
{
    if
    :: r.kind == REIGN -> r.valid = (r.epoch == truth.epoch + 1)
    :: else -> r.valid = (r.epoch == truth.epoch && r.nonce == truth.nonce && SEQ_FITS)
    fi
}

inline take_tick()
{
    assert(!(r.matched & ever_matched)); /* no ticket in two matches */
    assert(r.from == truth.position);    /* each command once: none again, none passed over */
    ever_matched = ever_matched | r.matched;
    truth.position = r.position;
    truth.waiting = NOW_WAITING(truth);
    truth.matched = NOW_MATCHED(truth);
#ifdef PUBLISHER
    if
    :: r.waiting || r.matched ->
        has_event = has_event | BIT(r.seq);
        decided[r.seq].epoch = r.epoch;
        decided[r.seq].waiting = r.waiting;
        decided[r.seq].matched = r.matched
    :: else
    fi
#endif
}

/* Void whenever it arrives, so it need not. */
#define VOID_FOR_EVER(x) \
    (x.epoch < truth.epoch || (x.epoch == truth.epoch && (x.kind == REIGN || x.nonce != truth.nonce)))

inline forget_void(place)
{
    if
    :: nempty(place) ->
        place?s;
        if
        :: VOID_FOR_EVER(s)
        :: else -> place!s
        fi
    :: empty(place)
    fi
}

inline take_valid()
{
    if
    :: r.kind == REIGN ->
        truth.epoch = r.epoch;
        truth.nonce = r.nonce;
        truth.abdicated = false;
        forget_void(late[0]);
        forget_void(late[1])
    :: else ->
        assert(r.seq < SEQ_MAX); /* bounded misfortune, bounded work: else it goes round in circles */
        truth.seq = r.seq;
        truth.published = r.published;
        if
        :: r.kind == TICK -> take_tick()
        :: r.kind == ABDICATE -> truth.abdicated = true
        :: else
        fi
    fi
#if SNAPSHOTS
    ;
    assert(nfull(log));
    log!r
#endif
}

/* ---- a process that does not rule reads -------------------------------------------------------------------------- */

inline forget_reign(p)
{
    proc[p].nonce = 0;
    proc[p].claim_epoch = 0;
    proc[p].next_seq = 0;
    proc[p].decided_seq = 0;
    proc[p].sent = 0;
    proc[p].part = 0;
#ifdef NO_J6_AT_ONCE
    proc[p].kept = false;
#endif
    proc[p].draining = false;
    proc[p].behind = false
}

inline begin_reign(p)
{
    proc[p].state = RULING;
    proc[p].fresh = false;
    proc[p].next_seq = proc[p].seq + 1;
    proc[p].part = 1;
    proc[p].sent = proc[p].published;
    if
    :: proc[p].sent < proc[p].missing -> proc[p].sent = proc[p].missing /* nobody can publish those any more */
    :: else
    fi
}

inline follow_reign(p)
{
    if
    :: r.valid ->
        proc[p].epoch = r.epoch;
        proc[p].vacant = false;
        proc[p].begun = 0
    :: else
    fi;
    if
    :: proc[p].state == CLAIMING && OURS(p) && r.valid ->
        begin_reign(p);
        assert(proc[p].seq == truth.seq && proc[p].position == truth.position && proc[p].waiting == truth.waiting &&
               proc[p].matched == truth.matched)
    :: proc[p].state == CLAIMING && OURS(p) && !r.valid ->
        forget_reign(p);
        proc[p].state = STANDBY
    :: else
    fi
}

inline note_part(p)
{
    if
    :: r.part == 1 -> proc[p].begun = r.seq
    :: r.part == 2 && proc[p].begun != 0 ->
        proc[p].last = proc[p].begun;
        proc[p].begun = 0
    :: else
    fi
}

inline follow(p)
{
    if
    :: r.kind == REIGN -> follow_reign(p)
    :: r.kind != REIGN && r.valid ->
        proc[p].epoch = r.epoch;
        proc[p].seq = r.seq;
        proc[p].published = r.published;
        proc[p].position = r.position;
        proc[p].cut = r.position;
        if
        :: r.kind == ABDICATE -> proc[p].vacant = true
        :: else ->
            proc[p].waiting = NOW_WAITING(proc[p]);
            proc[p].matched = NOW_MATCHED(proc[p]);
            note_part(p)
        fi
    :: else
    fi
}

/*
 * r reaches the log. Who does not rule shows nobody how far it has read: it may as well read at once. A ruler reads
 * when it comes to it: what is valid, and what is void of its own; beyond a higher reign it will not read the latter.
 */
inline arrive()
{
    d_step {
        judge();
        if
        :: r.valid -> take_valid()
        :: else
        fi;
        for (j : 0 .. PROCESSES - 1) {
            if
            :: proc[j].state == STANDBY || proc[j].state == CLAIMING -> follow(j)
            :: proc[j].state == RULING && (r.valid || (OURS(j) && r.nonce == truth.nonce)) ->
                assert(nfull(unread[j]));
                unread[j]!r
            :: else
            fi
        }
    }
}

/* ---- the end of a reign ------------------------------------------------------------------------------------------ */

/* Nobody waits for what is on p's wire any more: it is lost, or arrives late. */
inline orphan(p)
{
    do
    :: nempty(wire[p]) ->
        wire[p]?r;
        if
        :: !VOID_FOR_EVER(r) && empty(late[0]) -> late[0]!r
        :: !VOID_FOR_EVER(r) && nempty(late[0]) && empty(late[1]) -> late[1]!r
        :: true
        fi
    :: empty(wire[p]) -> break
    od;
    skip
}

/* J3: what p holds is worth nothing; it will read all again. */
inline start_over(p)
{
    orphan(p);
    d_step {
        forget_reign(p);
        do
        :: nempty(unread[p]) -> unread[p]?r
        :: empty(unread[p]) -> break
        od;
        proc[p].state = REPLAYING;
        proc[p].fresh = false;
        proc[p].vacant = false;
        proc[p].epoch = 0;
        proc[p].seq = 0;
        proc[p].published = 0;
        proc[p].position = 0;
        proc[p].waiting = 0;
        proc[p].matched = 0;
        proc[p].cut = 0;
        proc[p].cut_waiting = 0;
        proc[p].cut_matched = 0;
        proc[p].begun = 0;
        proc[p].last = 0;
        proc[p].missing = 0
    }
}

/* What p holds is what the journal says: it follows from here. r: the record that ended its reign or its claim. */
inline stand_by(p)
{
    orphan(p);
    d_step {
        forget_reign(p);
        proc[p].cut_waiting = 0;
        proc[p].cut_matched = 0;
        proc[p].state = STANDBY;
        do
        :: nempty(unread[p]) ->
            unread[p]?r;
            follow(p)
        :: empty(unread[p]) -> break
        od
    }
}

/* Never to come back, if somebody else stays. */
inline perhaps_go(p)
{
    if
    :: survivors > 1 ->
        survivors--;
        start_over(p);
        proc[p].state = GONE;
        owner = (owner == p -> NOBODY : owner)
    :: true
    fi
}

/* ---- a ruler reads ----------------------------------------------------------------------------------------------- */

inline deposed()
{
    P.epoch = r.epoch;
    P.begun = 0;
    if
    :: AS_THE_JOURNAL_SAYS -> stand_by(me)
    :: else -> start_over(me)
    fi
}

inline read_own()
{
    P.seq = r.seq;
    if
    :: r.kind == SNAPSHOT -> note_part(me)
    :: r.kind == ABDICATE ->
        stand_by(me);
        perhaps_go(me)
    :: else
    fi
}

inline read()
{
    unread[me]?r;
    if
    :: r.kind == REIGN && r.valid && !OURS(me) -> deposed()
    :: r.kind == REIGN && r.valid && OURS(me) -> P.epoch = r.epoch
    :: r.kind != REIGN && r.valid -> read_own()
#ifndef NO_J3_VOID
    :: !r.valid -> start_over(me)
#endif
    :: else
    fi
}

/* ---- appending --------------------------------------------------------------------------------------------------- */

/* The head of every record. */
inline append(k)
{
    r.kind = k;
    r.epoch = P.claim_epoch;
    r.nonce = P.nonce;
    r.seq = P.next_seq;
    r.from = P.cut;
    r.position = P.position;
    r.published = P.published;
    P.next_seq++;
    wire[me]!r
}

inline claim()
{
    d_step {
        assert(claims < CLAIMS_MAX); /* as with SEQ_MAX */
        claims++;
        P.nonce = NEW_NONCE;
        P.claim_epoch = P.epoch + 1;
        P.state = CLAIMING;
        P.fresh = false;
        P.vacant = false;
        append(REIGN);
        P.next_seq = 0
#ifdef NO_J1_READ_BACK
        ;
        begin_reign(me)
#endif
    }
}

inline cut_tick()
{
    d_step {
        r.waiting = P.cut_waiting;
        r.matched = P.cut_matched;
        append(TICK);
        P.decided_seq = (UNCUT -> r.seq : P.decided_seq);
        P.cut = P.position;
        P.cut_waiting = 0;
        P.cut_matched = 0
#ifdef NO_J2
        ;
        if
        :: (r.waiting || r.matched) && nfull(events[me]) ->
            events[me]!r.epoch, r.seq, r.waiting, r.matched;
            P.sent = r.seq
        :: else
        fi
#endif
    }
}

#define MAY_APPEND (P.state == RULING && !P.draining && IN_UNREAD < IN_FLIGHT && nfull(wire[me]))

/* ---- deciding ---------------------------------------------------------------------------------------------------- */

inline start_ticket()
{
    P.waiting = P.waiting | BIT(P.position);
    P.cut_waiting = P.cut_waiting | BIT(P.position);
    P.position++
}

inline match(m)
{
    P.waiting = P.waiting & ~m;
    P.matched = P.matched | m;
    P.cut_matched = P.cut_matched | m
}

/* The engine: the next command, or any match that is possible. */
inline decide()
{
    if
    :: P.position < COMMANDS -> start_ticket()
    :: (P.waiting & 3) == 3 -> match(3)
    :: (P.waiting & 5) == 5 -> match(5)
    :: (P.waiting & 6) == 6 -> match(6)
    fi
}

#define MAY_DECIDE (P.state == RULING && !P.draining && (P.position < COMMANDS || MATCH_IN(P.waiting)))

/* ---- snapshots --------------------------------------------------------------------------------------------------- */

#if SNAPSHOTS

#define PART(n)      ((n) == 1 -> 1 : 6) /* its tickets */
#define MAY_CUT_PART (MAY_APPEND && CLEAN_CUT && (P.part > 1 || snapshots > 0))
#define MAY_TRUNCATE (P.state == RULING && FIRST_KEPT > start_seq && ALL_PUBLISHED)

inline cut_part()
{
    d_step {
        if
        :: P.part == 1 -> snapshots--
        :: else
        fi;
        r.part = P.part;
        r.waiting = (P.waiting | P.matched) & PART(P.part);
        r.matched = P.matched & PART(P.part);
#ifdef NO_J6_AT_ONCE
        r.waiting = P.kept_waiting;
        r.matched = P.kept_matched;
        P.kept = false;
#endif
        append(SNAPSHOT);
        P.part = 3 - P.part
    }
}

#ifdef NO_J6_AT_ONCE
inline keep_part()
{
    P.kept = true;
    P.kept_waiting = (P.waiting | P.matched) & PART(P.part);
    P.kept_matched = P.matched & PART(P.part)
}
#endif

inline truncate()
{
    d_step {
        start_seq = FIRST_KEPT;
        do
        :: log?<r>;
            if
            :: r.kind == SNAPSHOT && r.seq == start_seq -> break
            :: !(r.kind == SNAPSHOT && r.seq == start_seq) -> log?r
            fi
        od;
        for (j : 0 .. PROCESSES - 1) {
            if
            :: proc[j].state == RULING && (proc[j].seq + 1 < start_seq || proc[j].epoch < r.epoch) ->
                proc[j].behind = true
            :: else
            fi
        }
    }
}

/* What is left of the log, read from its start. */
inline replay()
{
    d_step {
        P.state = STANDBY;
        if
        :: start_seq != 0 ->
            log?<r>;
            assert(r.kind == SNAPSHOT && r.part == 1); /* J7: else it is refused loudly */
            P.missing = start_seq - 1
        :: else
        fi;
        n = len(log);
        do
        :: n > 0 ->
            log?r;
            log!r;
            follow(me);
            n--
        :: n == 0 -> break
        od;
        assert(P.epoch == truth.epoch && P.seq == truth.seq && P.published == truth.published);
        assert(P.position == truth.position && P.waiting == truth.waiting && P.matched == truth.matched)
    }
}

#else

inline replay()
{
    d_step {
        P.state = STANDBY;
        P.epoch = truth.epoch;
        P.seq = truth.seq;
        P.published = truth.published;
        P.position = truth.position;
        P.waiting = truth.waiting;
        P.matched = truth.matched;
        P.cut = truth.position;
        P.vacant = truth.abdicated
    }
}

#endif

/* ---- publishing -------------------------------------------------------------------------------------------------- */

#ifdef PUBLISHER

#define MAY_PUBLISH \
    (P.state == RULING && nfull(events[me]) && P.seq > P.sent && \
     (has_event >> (P.sent + 1) & (BIT(P.seq - P.sent) - 1)))
#define IS_GREATER (e_epoch > greatest_epoch || (e_epoch == greatest_epoch && e_seq > greatest_seq))

inline publish()
{
    d_step {
        P.sent++;
        do
        :: has_event & BIT(P.sent) -> break
        :: else -> P.sent++
        od;
        events[me]!decided[P.sent].epoch, P.sent, decided[P.sent].waiting, decided[P.sent].matched
#ifdef NO_E2
        ;
        P.published = P.sent
#endif
    }
}

inline consume()
{
    if
#ifndef NO_E1
    :: !IS_GREATER
#endif
    :: else ->
        assert(!(effect & BIT(e_seq))); /* each event once */
        assert(decided[e_seq].epoch == e_epoch && decided[e_seq].waiting == e_waiting &&
               decided[e_seq].matched == e_matched); /* and of a valid tick */
        effect = effect | BIT(e_seq);
        greatest_epoch = e_epoch;
        greatest_seq = e_seq;
        decided[e_seq].epoch = 0;
        decided[e_seq].waiting = 0;
        decided[e_seq].matched = 0
    fi
}

#endif

/* ---- who does what ----------------------------------------------------------------------------------------------- */

inline clear(x)
{
    x.kind = 0;
    x.epoch = 0;
    x.nonce = 0;
    x.seq = 0;
    x.from = 0;
    x.position = 0;
    x.waiting = 0;
    x.matched = 0;
    x.published = 0;
    x.part = 0;
    x.valid = false
}

inline forget_scratch()
{
    d_step {
        clear(s);
        clear(r);
        j = 0;
        n = 0;
        e_epoch = 0;
        e_seq = 0;
        e_waiting = 0;
        e_matched = 0
    }
}

inline abdicate()
{
    d_step {
        append(ABDICATE);
        P.draining = true
    }
}

/* What it has handed to the network may arrive or not. */
inline crash()
{
    start_over(me);
    owner = (owner == me -> NOBODY : owner);
    if
    :: do
       :: nempty(events[me]) -> events[me]?e_epoch, e_seq, e_waiting, e_matched
       :: empty(events[me]) -> break
       od
    :: nempty(events[me])
    fi;
    perhaps_go(me)
}

proctype matchmaker(byte me)
{
    do
    :: atomic { P.state == REPLAYING -> replay(); forget_scratch() }
    :: atomic { P.state == RULING && !P.behind && nempty(unread[me]) -> read(); forget_scratch() }
    :: atomic { P.state == RULING && P.behind -> start_over(me); forget_scratch() }

    /* J4: at once after a new assignment or an abdication, else after the silence; which may be mistaken for one. */
    :: atomic { P.state == STANDBY && P.fresh -> claim(); forget_scratch() }
#ifndef NO_J4_SILENCE
    :: atomic { P.state == STANDBY && P.vacant -> claim(); forget_scratch() }
#ifdef SUSPICIONS
    :: atomic { P.state == STANDBY && troubles > 0 -> troubles--; claim(); forget_scratch() }
#endif
    :: atomic { timeout && P.state == STANDBY && !FINISHED -> claim(); forget_scratch() }
#endif

#ifdef BATCHES
    :: atomic { MAY_DECIDE -> decide() }
    :: atomic { MAY_APPEND && UNCUT -> cut_tick(); forget_scratch() }
#else
    :: atomic { MAY_DECIDE && MAY_APPEND -> decide(); cut_tick(); forget_scratch() }
#endif
    /* The empty tick of every T/3; here, when nothing else moves. */
    :: atomic { timeout && MAY_APPEND && IN_UNREAD > 0 && !FINISHED -> cut_tick(); forget_scratch() }
#if SNAPSHOTS
#ifdef NO_J6_AT_ONCE
    :: atomic { MAY_CUT_PART && !P.kept -> keep_part() }
    :: atomic { MAY_CUT_PART && P.kept -> cut_part(); forget_scratch() }
#else
    :: atomic { MAY_CUT_PART -> cut_part(); forget_scratch() }
#endif
    :: atomic { MAY_TRUNCATE -> truncate(); forget_scratch() }
#endif
#ifdef PUBLISHER
    :: atomic { MAY_PUBLISH -> publish() }
#endif

#ifdef STOPS
    :: atomic { MAY_APPEND && troubles > 0 && IN_UNREAD == 0 && !UNCUT -> troubles--; abdicate(); forget_scratch() }
#endif
#ifdef CRASHES
    :: atomic { P.state != GONE && troubles > 0 -> troubles--; crash(); forget_scratch() }
#endif
    :: timeout && FINISHED -> break
    od
}

/* The failure of its delivery is reported. It may have arrived all the same, or still will. */
inline delivery_failed(p)
{
    if
    :: proc[p].state == CLAIMING -> stand_by(p)
#ifdef NO_J3_FAILED
    :: proc[p].state == RULING -> wire[p]?r
#else
    :: proc[p].state == RULING -> start_over(p)
#endif
    :: proc[p].state == STANDBY -> wire[p]?r /* a claim that came back already, from a repeat */
    fi
}

proctype kafka(byte p)
{
    do
    :: atomic { nempty(wire[p]) -> wire[p]?r; arrive(); forget_scratch() }
#ifdef REPEATS
    :: atomic {
        nempty(wire[p]) && troubles > 0 && empty(late[0]) ->
        troubles--;
        wire[p]?<r>;
        late[0]!r;
        forget_scratch()
    }
#endif
#ifdef LOSSES
    :: atomic { nempty(wire[p]) && troubles > 0 -> troubles--; delivery_failed(p); forget_scratch() }
    /* Confirmed, and lost all the same: at most one in flight. */
    :: atomic {
        nempty(wire[p]) && troubles == TROUBLES && proc[p].state == RULING ->
        troubles--;
        wire[p]?r;
        forget_scratch()
    }
#endif
#ifdef PUBLISHER
    :: atomic {
        nempty(events[p]) ->
        events[p]?e_epoch, e_seq, e_waiting, e_matched;
        consume();
        if
        :: proc[p].state == RULING && e_seq <= proc[p].sent && e_seq > proc[p].published -> proc[p].published = e_seq
        :: else
        fi;
        forget_scratch()
    }
#endif
    :: timeout && FINISHED -> break
    od
}

inline assign(p)
{
    owner = p;
    proc[p].fresh = (proc[p].state != RULING)
}

inline unassign(p)
{
    proc[p].fresh = false
#ifdef NO_J4_LOSS
    ;
    if
    :: proc[p].state == RULING -> start_over(p)
    :: else
    fi
#endif
}

inline move(from_p, to_p)
{
    unassign(from_p);
    assign(to_p);
    forget_scratch()
}

/* The consumer group, and what arrives from nobody. */
proctype world()
{
    do
    :: atomic { nempty(late[0]) -> late[0]?r; arrive(); forget_scratch() }
    :: atomic { nempty(late[1]) -> late[1]?r; arrive(); forget_scratch() }
#ifdef GROUP
    :: atomic { owner == NOBODY && proc[0].state != GONE -> assign(0) }
#if PROCESSES > 1
    :: atomic { owner == NOBODY && proc[1].state != GONE -> assign(1) }
    :: atomic { owner == 0 && troubles > 0 && proc[1].state != GONE -> troubles--; move(0, 1) }
    :: atomic { owner == 1 && troubles > 0 && proc[0].state != GONE -> troubles--; move(1, 0) }
#endif
#endif
    :: atomic { troubles > 0 -> troubles = 0 } /* from here on all goes well */
#ifdef CONF_HANDOVER
    /* Where nobody fails, somebody rules. */
    :: atomic { truth.epoch > 0 && !truth.abdicated && !RULED_BY(0) && !RULED_BY(1) -> assert(false) }
#endif
    :: timeout && FINISHED -> break
    od
}

init {
    atomic {
        for (j : 0 .. PROCESSES - 1) {
            proc[j].state = REPLAYING;
            run matchmaker(j);
            run kafka(j)
        }
        run world();
        assign(0);
        forget_scratch()
    }
}
