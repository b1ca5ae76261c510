/*
 * attempts.pml - commands that kill whoever handles them, on one of two partitions that one process may rule (J8).
 *
 * Who rules, and that its records count in order, is journal.pml's matter: here a partition has at most one ruler, and
 * what that has on its way arrives or is lost when it dies. -DNO_... takes one rule away.
 */
#define COMMANDS    3
#define POISON(q)   (q == 0 && part[q].position > 0) /* partition 0: a good one, then two that kill; 1: all good */
#define PARTITIONS  2
#define PROCESSES   2
#ifndef TROUBLES
#define TROUBLES 2 /* deaths and depositions that no command is to blame for: too few to convict */
#endif
#define DEATHS_MAX  14 /* each poison: one in mid-reign, one at its start, three announced; some of TROUBLES */
#define NOBODY      255

mtype:phase = { IDLE, ANNOUNCING, ANNOUNCED, TICKING };

typedef partition {
    byte position;     /* as the journal says: the next command */
    byte attempts;     /* at that command: announced, and no tick has moved beyond it since */
    bool died_young;   /* the last reign ended before a tick of it moved the position */
    byte ruler;
    bool moved;        /* a tick of this reign has moved the position */
    mtype:phase phase  /* of the next command: an attempt on its way, read back; handled, its tick on its way */
}
partition part[PARTITIONS];
byte troubles = TROUBLES, deaths;

#ifdef NO_J8_CONVICTED
#define CONVICTED 255
#else
#define CONVICTED 3
#endif

#define CAREFUL(q) (part[q].died_young && !part[q].moved)
#define FINISHED   (part[0].position == COMMANDS && part[1].position == COMMANDS)

#ifdef NO_J8_ANNOUNCED
#define ANNOUNCES(q) false /* each reign that dies young counts against the command at its place */
#else
#define ANNOUNCES(q) CAREFUL(q)
#endif

#ifdef NO_J8_ALONE
#define MAY_HANDLE true
#else
#define MAY_HANDLE (part[other].ruler != part[q].ruler || !ANNOUNCES(other) || part[other].phase == IDLE)
#endif

inline attempt_arrives(p)
{
    part[p].attempts++;
    part[p].phase = ANNOUNCED
}

inline tick_arrives(p)
{
    part[p].position++;
    part[p].attempts = 0;
    part[p].moved = true;
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
    part[p].attempts = (part[p].moved -> 0 : part[p].attempts + 1);
#endif
    part[p].died_young = !part[p].moved;
    part[p].ruler = NOBODY;
    part[p].moved = false;
    part[p].phase = IDLE
}

/* The process that rules q, and perhaps the other one too. */
inline die()
{
    assert(deaths < DEATHS_MAX); /* progress: a command does not kill for ever */
    deaths++;
    if
    :: part[other].ruler == part[q].ruler -> end_reign(other)
    :: else
    fi;
    end_reign(q)
}

proctype shard(byte q)
{
    byte other = 1 - q;

    do
    :: atomic { part[q].ruler == NOBODY && !FINISHED -> if :: part[q].ruler = 0 :: part[q].ruler = 1 fi }
    :: atomic {
        part[q].ruler != NOBODY && part[q].phase == IDLE && part[q].position < COMMANDS && MAY_HANDLE ->
        if
        :: part[q].attempts >= CONVICTED ->
            assert(POISON(q)); /* no innocent is convicted */
            part[q].phase = TICKING
        :: part[q].attempts < CONVICTED && ANNOUNCES(q) -> part[q].phase = ANNOUNCING
        :: part[q].attempts < CONVICTED && !ANNOUNCES(q) && !POISON(q) -> part[q].phase = TICKING
        :: part[q].attempts < CONVICTED && !ANNOUNCES(q) && POISON(q) -> die()
        fi
    }
    :: atomic { part[q].phase == ANNOUNCING -> attempt_arrives(q) }
    :: atomic { part[q].phase == ANNOUNCED && MAY_HANDLE && !POISON(q) -> part[q].phase = TICKING }
    :: atomic { part[q].phase == ANNOUNCED && MAY_HANDLE && POISON(q) -> die() }
    :: atomic { part[q].phase == TICKING -> tick_arrives(q) }
#ifdef NO_J8_MOVED
    /* An empty tick of every T/3 that counts as a sign of life. */
    :: atomic { part[q].ruler != NOBODY && !part[q].moved -> part[q].moved = true; part[q].attempts = 0 }
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
