/* ticket.h - gsmctl ticket why ID: asks a matchmaker why a ticket waits, and says it for people. */
#ifndef GSMCTL_TICKET_H
#define GSMCTL_TICKET_H

int ticket_why(int argc, char **argv); /* a row of main.c's table */

#endif
