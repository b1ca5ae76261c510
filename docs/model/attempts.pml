/*
 * attempts.pml - what kills whoever handles it, on one of two partitions that one process may rule: commands (J8) or, in
 * CONF_STATE, something in the state (J9).
 *
 * Who rules, and that its records count in order, is journal.pml's matter: here a partition has at most one ruler, and
 * what that has on its way arrives or is lost when it dies. -DNO_... takes one rule away.
 */
#define COMMANDS   3
#define PARTITIONS 2
#ifdef CONF_STATE
#define GOOD(q, upto)   true
#define STATE_KILLS(q)  (q == 0 && part[q].position > 0) /* the first command of partition 0 puts it there */
#define DEATHS_MAX      7 /* one in mid-reign, one at its start, three announced; TROUBLES */
#else
#define GOOD(q, upto)   (q == 1 || upto <= 1) /* partition 0: a good one, then two that kill; 1: all good */
#define STATE_KILLS(q)  (q > 1) /* no */
#define DEATHS_MAX      10 /* two in mid-reign or at its start, for each poison three announced; TROUBLES */
#endif
#ifndef TROUBLES
#define TROUBLES 2 /* deaths and depositions that nothing here is to blame for: too few to convict */
#endif
#define NOBODY     255

#ifdef NO_J8_FAR
#define CAREFUL_FOR 1 /* no longer than its youth */
#else
#define CAREFUL_FOR COMMANDS
#endif
#ifdef NO_J8_CONVICTED
#define CONVICTED 255
#else
#define CONVICTED 3
#endif
#ifdef NO_J9_PARKED
#define POISONED 255
#else
#define POISONED 3
#endif

mtype:phase = { IDLE, ANNOUNCING, ANNOUNCED, TICKING };

typedef partition {
    byte position;       /* as the journal says: the next command */
    byte attempts;       /* at that command: announced, and no tick has moved beyond it since */
    byte careful_until;  /* position */
    byte state_attempts; /* announced, and no tick of the same reign since the last one */
    bool state_attempted; /* in this reign, and no tick since */
    bool young;          /* no tick of this reign has moved the position */
    bool begun;          /* what was due at its beginning has been seen to */
    byte ruler;
    bool parked;
    mtype:phase phase;   /* an attempt on its way, read back; handled, its tick on its way */
    bool of_state;       /* the attempt */
    byte upto            /* the position that the tick on its way says */
}
partition part[PARTITIONS];
byte troubles = TROUBLES, deaths;

#define DONE(q)    (part[q].position == COMMANDS || part[q].parked)
#define FINISHED   (DONE(0) && DONE(1))
#define DUE(q)     (!part[q].begun || STATE_KILLS(q))

#ifdef NO_J8_ANNOUNCED
#define CAREFUL(q) false /* each reign that dies young counts against the command at its place */
#else
#define CAREFUL(q) (part[q].position < part[q].careful_until)
#endif

#ifdef NO_J8_ALONE
#define TURN true
#else
#define TURN (part[other].ruler != part[q].ruler || !CAREFUL(other) || part[other].phase == IDLE)
#endif

inline attempt_arrives(p)
{
    if
    :: part[p].of_state -> part[p].state_attempts++; part[p].state_attempted = true
    :: else -> part[p].attempts++
    fi;
    part[p].phase = ANNOUNCED
}

inline tick_arrives(p)
{
    if
    :: part[p].upto > part[p].position -> part[p].attempts = 0; part[p].young = false
    :: else
    fi;
    if
    :: part[p].state_attempted -> part[p].state_attempts = 0; part[p].state_attempted = false
    :: else
    fi;
    part[p].position = part[p].upto;
    part[p].phase = IDLE
}

inline end_reign(p)
{
    if
    :: part[p].phase == ANNOUNCING -> attempt_arrives(p)
    :: part[p].phase == TICKING -> tick_arrives(p)
    :: true
    fi;
#ifdef NO_J8_ANNOUNCED
    part[p].attempts = (part[p].young -> part[p].attempts + 1 : 0);
#endif
#ifdef NO_J9_ANNOUNCED
    part[p].state_attempts = (part[p].young && part[p].attempts == 0 -> part[p].state_attempts + 1 : 0);
#endif
    if
    :: part[p].young -> part[p].careful_until = part[p].position + CAREFUL_FOR
    :: else
    fi;
    part[p].ruler = NOBODY;
    part[p].young = false;
    part[p].begun = false;
    part[p].state_attempted = false;
    part[p].of_state = false;
    part[p].upto = 0;
    part[p].phase = IDLE
}

/* The process that rules q, and perhaps the other one too. */
inline die()
{
    assert(deaths < DEATHS_MAX); /* progress: nothing kills for ever */
    deaths++;
    if
    :: part[other].ruler == part[q].ruler -> end_reign(other)
    :: else
    fi;
    end_reign(q)
}

inline tick(position_)
{
    part[q].upto = position_;
    part[q].phase = TICKING
}

proctype shard(byte q)
{
    byte other = 1 - q, n;

    do
    :: atomic {
        part[q].ruler == NOBODY && !part[q].parked && !FINISHED ->
        if
        :: part[q].state_attempts >= POISONED ->
            assert(STATE_KILLS(q)); /* no innocent is parked */
            part[q].parked = true
        :: else ->
            if :: part[q].ruler = 0 :: part[q].ruler = 1 fi;
            part[q].young = true
        fi
    }

    /* Not careful: it handles what is due, and then commands, as many as it reads in a turn. */
    :: atomic {
        part[q].ruler != NOBODY && part[q].phase == IDLE && !CAREFUL(q) && DUE(q) && TURN ->
        if :: STATE_KILLS(q) -> die() :: else -> part[q].begun = true fi
    }
    :: atomic {
        part[q].ruler != NOBODY && part[q].phase == IDLE && !CAREFUL(q) && !DUE(q) && TURN &&
        part[q].position < COMMANDS ->
        if
        :: part[q].attempts >= CONVICTED -> assert(!GOOD(q, part[q].position + 1)); tick(part[q].position + 1)
        :: part[q].attempts < CONVICTED ->
            n = part[q].position + 1;
            do :: n < COMMANDS -> n++ :: break od;
            if :: GOOD(q, n) -> tick(n) :: else -> die() fi
        fi;
        n = 0
    }

    /* Careful: one thing, announced. */
    :: atomic {
        part[q].ruler != NOBODY && part[q].phase == IDLE && CAREFUL(q) && TURN &&
        (DUE(q) || part[q].position < COMMANDS) ->
        if
        :: DUE(q) -> part[q].of_state = true; part[q].phase = ANNOUNCING
        :: !DUE(q) && part[q].attempts >= CONVICTED ->
            assert(!GOOD(q, part[q].position + 1)); /* no innocent is convicted */
            tick(part[q].position + 1)
        :: !DUE(q) && part[q].attempts < CONVICTED -> part[q].of_state = false; part[q].phase = ANNOUNCING
        fi
    }
    :: atomic { part[q].phase == ANNOUNCING -> attempt_arrives(q) }
    :: atomic {
        part[q].phase == ANNOUNCED && part[q].of_state && TURN ->
        if :: STATE_KILLS(q) -> die() :: else -> part[q].begun = true; tick(part[q].position) fi
    }
    :: atomic {
        part[q].phase == ANNOUNCED && !part[q].of_state && TURN ->
        if :: GOOD(q, part[q].position + 1) -> tick(part[q].position + 1) :: else -> die() fi
    }
    :: atomic { part[q].phase == TICKING -> tick_arrives(q) }

    /* The empty tick of every T/3, where it must say nothing. */
#ifdef NO_J8_MOVED
    :: atomic { part[q].ruler != NOBODY && part[q].young -> part[q].young = false; part[q].attempts = 0 }
#endif
#ifdef NO_J9_SAME_REIGN
    :: atomic { part[q].ruler != NOBODY && part[q].phase == IDLE && part[q].state_attempts > 0 -> part[q].state_attempts = 0 }
#endif
#ifdef NO_J9_NOTHING_BEHIND
    :: atomic { part[q].phase == ANNOUNCED && part[q].state_attempted -> part[q].state_attempts = 0 }
#endif

    :: atomic { part[q].ruler != NOBODY && troubles > 0 -> troubles--; die() }
    :: atomic { part[q].ruler != NOBODY && troubles > 0 -> troubles--; end_reign(q) }
    :: atomic { troubles > 0 -> troubles = 0 }
    :: timeout && FINISHED -> break
    od
}

init {
    atomic {
        part[0].ruler = NOBODY;
        part[1].ruler = NOBODY;
        part[0].phase = IDLE;
        part[1].phase = IDLE;
        run shard(0);
        run shard(1)
    }
}
