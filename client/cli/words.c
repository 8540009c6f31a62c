#define _DEFAULT_SOURCE /* timegm */

#include "client/cli/words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/cli/say.h"

struct word {
    const char *word;
    const char *nl;
    const char *en;
};

/* clang-format off */
static const struct word words[] = {
    /* what became of a letter */
    { "queued", "wacht op verzending", "waits to be sent" },
    { "accepted", "aangenomen", "accepted" },
    { "delivered", "bezorgd", "delivered" },
    { "read", "gelezen", "read" },
    { "answered", "beantwoord", "answered" },
    { "not_collected", "niet opgehaald", "not collected" },
    { "refused", "geweigerd", "refused" },
    { "withdrawing", "wordt ingetrokken", "being withdrawn" },
    { "withdrawn", "ingetrokken", "withdrawn" },
    { "erased", "gewist", "erased" },
    { "closed", "gesloten", "closed" },
    { "superseded", "vervangen", "superseded" },
    { "new", "nieuw", "new" },
    { "unknown", "onbekend", "unknown" },
    /* what a letter is */
    { "signal", "sein", "signal" },
    { "correction", "correctie", "correction" },
    { "withdrawal", "intrekking", "withdrawal" },
    { "closing", "afsluiting", "closing" },
    { "feedback", "terugmelding", "feedback" },
    { "message", "bericht", "message" },
    { "receipt", "ontvangstbericht", "receipt" },
    { "invitation", "uitnodiging", "invitation" },
    { "referral", "verwijzing", "referral" },
    { "consult", "overleg", "consult" },
    { "introduction", "kennismaking", "introduction" },
    { "regie", "regie", "regie" },
    { "parting", "einde van de kennismaking", "end of the introduction" },
    { "newer", "gemaakt door een nieuwere versie", "made by a newer version" },
    /* what happened on a connection */
    { "alarm", "ALARM", "ALARM" },
    { "clock", "de klok", "the clock" },
    { "connected", "weer verbonden", "connected again" },
    { "directory", "nieuw register", "new directory" },
    { "directory_refused", "register geweigerd", "directory refused" },
    { "desk_unread", "dit loket wordt niet gelezen", "nobody reads this desk" },
    { "waiting", "wacht", "waits" },
    { "sent", "verstuurd", "sent" },
    { "received", "ontvangen", "received" },
    { "letter_refused", "brief geweigerd", "letter refused" },
    { "state", "stand", "state" },
    { "taken", "opgepakt", "taken" },
    { "released", "weer vrij", "free again" },
    { "reply", "antwoord", "reply" },
    /* verdicts */
    { "duplicate", "al bekend", "duplicate" },
    { "rejected", "geweigerd", "rejected" },
    /* what was done */
    { "import", "import", "import" },
    { "inbox", "postvak bekeken", "looked at the inbox" },
    { "show", "bekeken", "looked at" },
    { "journal", "logboek bekeken", "looked at the journal" },
    { "receive", "ontvangen", "received" },
    { "receive answer", "antwoord ontvangen", "received an answer" },
    { "take", "opgepakt", "taken" },
    { "pack", "kringpakket", "circle pack" },
    { "waits", "wacht", "waits" },
    { "dealt", "heeft gedeeld", "has dealt" },
    { "sealed", "heeft getekend", "has signed" },
    { "ceremony", "sleutelceremonie", "key ceremony" },
    { "take over", "loketten overgenomen", "took over the desks" },
    { "seal anew", "opnieuw verzegeld", "sealed anew" },
    { "goes to another desk", "gaat naar een ander loket", "goes to another desk" },
    { "withdraw", "ingetrokken", "withdrawn" },
    { "close", "gesloten", "closed" },
    { "refer", "verwezen", "referred" },
    { "closed by the sender", "door afzender gesloten", "closed by the sender" },
    { "withdrawn by the sender", "door afzender ingetrokken", "withdrawn by the sender" },
    { "correct", "verbeterd", "corrected" },
    /* who else is involved */
    { "accept", "ja gezegd", "accepted" },
    { "decline", "weggelegd", "put away" },
    { "unlink", "ontkoppeld", "unlinked" },
    { "renew", "verlengd", "renewed" },
    { "noticed", "nieuw", "new" },
    { "declined", "weggelegd", "put away" },
    { "accepting", "ja gezegd", "accepted" },
    { "revealed", "bekend", "known" },
    { "introduced", "voorgesteld", "introduced" },
    { "parted", "niet hetzelfde huishouden", "not the same household" },
    { "ended", "afgelopen", "ended" },
    { "notice", "melding", "notice" },
    { "address", "adres", "address" },
    { "person", "persoon", "person" },
    { "parent", "ouder", "parent" },
    { "name", "naam", "name" },
    { "receive introduction", "kennismaking ontvangen", "received an introduction" },
    { "receive parting", "ontkoppeling ontvangen", "received a parting" },
    { "receive regie", "over regie ontvangen", "received about regie" },
    { "held", "heeft de regie", "coordinates" },
    { "vacant", "niemand heeft de regie", "nobody coordinates" },
    { "silent", "regie is vrij na stilte", "free after silence" },
    { "tags_wait", "aanwezigheid wacht", "presences wait" },
    /* handles */
    { "postcode_letters", "deze letters staan zelden in een postcode, klopt het?",
      "these letters hardly occur in a postcode, is it right?" },
    /* keys */
    { "active", "in gebruik", "active" },
    { "left", "deelnemer is vertrokken", "the member has left" },
    { "retired", "uit dienst", "retired" },
    { "revoked", "ingetrokken", "revoked" },
    { "not admitted", "nog niet toegelaten", "not admitted yet" },
    /* signals */
    { "yes", "ja", "yes" },
    { "no", "nee", "no" },
    { "deferred", "uitgesteld", "deferred" },
    { "threatening", "BEDREIGEND", "THREATENING" },
};
/* clang-format on */

const char *
words_say(const struct cli_context *context, const char *word)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].word, word) == 0)
            return say_text(context, words[i].nl, words[i].en);
    }
    return word;
}

const char *
words_time(const struct cli_context *context, const char *text,
           char out[static WORDS_TIME_MAX])
{
    struct tm utc = { 0 };
    struct tm local = { 0 };
    time_t at = 0;

    out[0] = '\0';
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &utc.tm_year, &utc.tm_mon,
               &utc.tm_mday, &utc.tm_hour, &utc.tm_min, &utc.tm_sec) != 6)
        return out;
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    at = timegm(&utc);
    if (localtime_r(&at, &local) == NULL)
        return out;
    if (strcmp(context->lang, "en") == 0)
        (void)strftime(out, WORDS_TIME_MAX, "%Y-%m-%d %H:%M", &local);
    else
        (void)strftime(out, WORDS_TIME_MAX, "%d-%m-%Y %H:%M", &local);
    return out;
}
