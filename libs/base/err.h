/*
 * err.h - the error codes that cross module borders, and the two kinds of failure.
 *
 * The world failed (a broker is away, an input is wrong): a function returns one of these, 0 for success.
 * We are wrong (an invariant is broken): ASSERT() stops the process; it is never used on input.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/*    code          value text */
#define ERR_LIST(X)                                                                                                    \
    X(ERR_INVALID, -1, "invalid input")                                                                                \
    X(ERR_NOT_FOUND, -2, "not found")                                                                                  \
    X(ERR_EXISTS, -3, "exists already")                                                                                \
    X(ERR_TOO_LARGE, -4, "too large")                                                                                  \
    X(ERR_BUSY, -5, "a queue is full; try again later")                                                                \
    X(ERR_UNAVAILABLE, -6, "a dependency is not available")                                                            \
    X(ERR_TIMEOUT, -7, "timed out")                                                                                    \
    X(ERR_CLOSED, -8, "closed")                                                                                        \
    X(ERR_SYSTEM, -9, "system call failed")

#define ERR_ENUM(code, value, text) code = (value),
enum err { ERR_OK = 0, ERR_LIST(ERR_ENUM) };
#undef ERR_ENUM

/* A static string for people; never NULL, also for values that are no code. */
const char *err_str(int err);

/* Prints the place and the condition on stderr and aborts: for what cannot happen. Not compiled out. */
#define ASSERT(cond) ((cond) ? (void)0 : assert_fail(#cond, __FILE__, __LINE__, __func__))
_Noreturn void assert_fail(const char *cond, const char *file, int line, const char *func);

#endif
