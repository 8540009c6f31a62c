/*
 * The least of HTTP/1.1 that a monitoring program needs: GET, without a body.
 *
 * Strict, because a lenient reader is how requests are smuggled: whatever is
 * not exactly a GET for this machine's loopback name is refused.
 * Threads: safe.  Source: RFC 9112.
 */
#ifndef SEIN_BROKER_HTTP_H
#define SEIN_BROKER_HTTP_H

#include "broker/text.h"

#define HTTP_REQUEST_MAX 4000U /* below STREAM_REQUEST_MAX */

enum http_state { HTTP_INCOMPLETE, HTTP_COMPLETE };

/**
 * http_read - look at what came in.
 *
 * out_status  200, or the 4xx or 5xx to answer with
 * out_path    at 200: the path, borrowed from request
 * Returns HTTP_INCOMPLETE while more may come; what was set means nothing then.
 */
enum http_state http_read(struct sein_slice request, unsigned *out_status,
                          struct sein_slice *out_path);

/** http_answer - a whole answer, which closes the connection. */
void http_answer(struct text *out, unsigned status, const char *type,
                 const char *body);

#endif
