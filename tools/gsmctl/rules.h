/* rules.h - the verb `gsmctl rules check`. */
#ifndef GSMCTL_RULES_H
#define GSMCTL_RULES_H

/*
 * argv[0] is the verb, then files. Prints a line for each problem, "FILE: $.path: sentence" (notes with "note: " before
 * the sentence), and one for each file that is right. The exit status: 0, 1 when a file has errors, 2 for wrong use.
 */
int rules_check(int argc, char **argv);

#endif
