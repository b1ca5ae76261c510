/* why_text.h - the document of mm_why.h for people. Pure. */
#ifndef REPORT_WHY_TEXT_H
#define REPORT_WHY_TEXT_H

#include "buf.h"
#include "json.h"

/* What is not in the document is left out. */
void why_text(struct buf *out, json_object *why);

#endif
