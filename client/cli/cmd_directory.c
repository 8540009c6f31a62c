#include "client/cli/cmd_directory.h"

#include <string.h>

#include "client/cli/say.h"
#include "client/govern/govern.h"

#define PREFIX "directory "

/* clang-format off */
#define FOLDER_OPTION \
    { "folder", "DIR", "de map van het beheer (anders de huidige)", \
      "the governance's folder (else the current one)" }
#define END_OPTIONS { NULL, NULL, NULL, NULL }
#define FINGERPRINT_OPTIONS \
    { "fingerprint", "TEXT", "de vingerafdruk die de deelnemer voorlas", \
      "the fingerprint that the member read out" }, \
    { "yes", NULL, "de vingerafdruk is al vergeleken", \
      "the fingerprint was compared already" }
#define MEMBER_OPTIONS \
    { "name", "TEXT", "naam (anders als in de aanvraag)", "name (else as in the request)" }, \
    { "domain", "CODE", "leefgebied, als wonen; nodig voor een nieuwe deelnemer", \
      "domain, as wonen; needed for a new member" }, \
    { "supplier", "TEXT", "leverancier van zijn programma", "supplier of its program" }, \
    { "desk", "NAME", "een loket; wat volgt geldt voor dit loket, wat ervoor staat voor alle", \
      "a desk; what follows is for this desk, what stands before it for all" }, \
    { "title", "TEXT", "naam van het loket voor mensen", "the desk's name for people" }, \
    { "mandate", "TEXT", "wat het loket mag en doet", "what the desk may and does" }, \
    { "hours", "TEXT", "wanneer het bereikbaar is", "when it can be reached" }, \
    { "phone", "TEXT", "telefoon", "telephone" }, \
    { "stand-in", "OIN/NAME", "loket dat vervangt", "desk that stands in" }, \
    { "area", "1500-1599", "postcodes die het loket dekt", "postcodes that the desk covers" }, \
    { "role", "CIRCLE=ROLE,...", "rollen in een kring, als schulden=signal,feedback", \
      "roles in a circle, as schulden=signal,feedback" }, \
    { "links", "CIRCLE=LINK,...", "wat het loket in een kring mag aanmelden: address, person, parent, name (alles)", \
      "what the desk may register in a circle: address, person, parent, name (all)" }, \
    { "label", "CIRCLE=LABEL", "label van de deelnemer in een kring met reveal = mutual", \
      "the member's label in a circle with reveal = mutual" }

static const struct cli_option init_rows[] = {
    { "governor", "NAME", "de eerste beheerder", "the first governor" },
    { "key", "FILE", "zijn sleutelbestand, buiten de map; wordt gemaakt als het er niet is",
      "their key file, outside the folder; made when absent" },
    { "threshold", "N", "hoeveel beheerders een versie moeten tekenen (1)",
      "how many governors must sign a version (1)" },
    END_OPTIONS,
};
static const struct cli_option keygen_rows[] = {
    { "name", "NAME", "van wie de sleutel is", "whose key it is" },
    END_OPTIONS,
};
static const struct cli_option governor_rows[] = {
    FOLDER_OPTION,
    { "pk", "HEX", "zijn publieke sleutel, van sein directory keygen",
      "their public key, of sein directory keygen" },
    { "replace", NULL, "geef een bestaande beheerder deze sleutel", "give an existing governor this key" },
    { "remove", NULL, "haal de beheerder weg", "remove the governor" },
    { "threshold", "N", "hoeveel beheerders een versie moeten tekenen",
      "how many governors must sign a version" },
    END_OPTIONS,
};
static const struct cli_option broker_rows[] = {
    FOLDER_OPTION,
    { "replace", NULL, "geef een bestaand seinhuis deze sleutels", "give an existing broker these keys" },
    END_OPTIONS,
};
static const struct cli_option invite_rows[] = {
    FOLDER_OPTION,
    { "broker", "NAME", "welk seinhuis, als er meer zijn", "which broker, when there are several" },
    END_OPTIONS,
};
static const struct cli_option admit_rows[] = {
    FOLDER_OPTION, FINGERPRINT_OPTIONS, MEMBER_OPTIONS,
    { "from", "WHEN", "vanaf wanneer de sleutel geldt (nu)", "from when the key is valid (now)" },
    END_OPTIONS,
};
static const struct cli_option rotate_rows[] = {
    FOLDER_OPTION, FINGERPRINT_OPTIONS, MEMBER_OPTIONS,
    { "from", "WHEN", "vanaf wanneer de sleutel geldt (nu)", "from when the key is valid (now)" },
    { "old", "KEY", "de sleutel die uit dienst gaat (anders die met dezelfde loketten)",
      "the key that is retired (else those with the same desks)" },
    { "at", "WHEN", "wanneer hij uit dienst gaat (over 7 dagen)", "when it is retired (in 7 days)" },
    END_OPTIONS,
};
static const struct cli_option at_rows[] = {
    FOLDER_OPTION,
    { "at", "WHEN", "now, een dag als 2027-12-31, of 2027-12-31T12:00:00Z (nu)",
      "now, a day as 2027-12-31, or 2027-12-31T12:00:00Z (now)" },
    END_OPTIONS,
};
static const struct cli_option circle_rows[] = {
    FOLDER_OPTION,
    { "title", "TEXT", "naam voor mensen", "name for people" },
    { "purpose", "TEXT", "waarvoor er gedeeld wordt", "what is shared for" },
    { "basis", "TEXT", "de grondslag in de wet", "the legal basis" },
    { "basis-ends", "DAY", "de laatste dag waarop die geldt", "the last day on which it holds" },
    { "retention-days", "N", "bewaartermijn in dagen, 1 tot 731", "retention in days, 1 to 731" },
    { "collect-days", "N", "na hoeveel dagen een brief niet opgehaald is (14)",
      "after how many days a letter was not collected (14)" },
    { "reveal", "none|direct|mutual", "hoe namen bekend worden", "how names become known" },
    { "kind", "CODE=[arrears|]NL|EN", "een soort sein, als huur=arrears|Huurachterstand|Rent arrears",
      "a kind of signal, as huur=arrears|Huurachterstand|Rent arrears" },
    { "outcome", "CODE=NL|EN", "een uitkomst voor terugmelding", "an outcome for feedback" },
    { "label", "OIN=LABEL", "label van een deelnemer", "a member's label" },
    { "exception", "LABEL=REASON", "een label dat minder dan drie deelnemers dekt, met de reden",
      "a label that covers fewer than three members, with the reason" },
    { "link-pairs", "A-B,...", "wat elkaar treft, als address-address,person-parent",
      "what meets, as address-address,person-parent" },
    { "quota-per-day", "N", "kenmerken die een deelnemer per dag mag laten berekenen (200)",
      "handles that a member may have evaluated in a day (200)" },
    { "quota", "OIN=N|FROM|UNTIL", "een ander quotum voor een deelnemer, van dag tot en met dag",
      "another quota for a member, from a day through a day" },
    { "regie-order", "OIN/NAME,...", "wie voorgaat als twee loketten tegelijk de regie nemen",
      "who goes first when two desks take regie at once" },
    { "regie-silence-days", "N", "na hoeveel dagen stilte de regie vrijkomt (nooit)",
      "after how many days of silence regie is vacant (never)" },
    { "from", "FILE", "begin met dit bestand", "begin with this file" },
    END_OPTIONS,
};
static const struct cli_option epoch_rows[] = {
    FOLDER_OPTION,
    { "epoch", "N", "het nummer van de sleutel, van 1 af oplopend", "the key's number, going up from 1" },
    { "threshold", "T", "hoeveel houders er samen nodig zijn, ten minste 2",
      "how many holders are needed together, at least 2" },
    { "holders", "OIN/NAME,...", "de loketten die een deel krijgen, ten hoogste 16; zij krijgen rol keyholder",
      "the desks that get a share, at most 16; they get role keyholder" },
    { "not-before", "DAY", "de eerste dag van gebruik", "the first day of use" },
    { "match-until", "DAY", "de laatste dag van gebruik", "the last day of use" },
    END_OPTIONS,
};
static const struct cli_option sign_rows[] = {
    FOLDER_OPTION,
    { "key", "FILE", "sleutelbestand van een beheerder; zonder: alleen een ontwerp",
      "a governor's key file; without: only a draft" },
    { "days", "N", "geldigheid in dagen, 1 tot 45 (45)", "validity in days, 1 to 45 (45)" },
    { "detached", "FILE", "schrijf de handtekening in een eigen bestandje, voor gather elders",
      "write the signature to a small file of its own, for gather elsewhere" },
    { "new", NULL, "maak een nieuw ontwerp, ook als het oude nog klopt",
      "make a new draft, even when the old one still holds" },
    END_OPTIONS,
};
static const struct cli_option folder_rows[] = { FOLDER_OPTION, END_OPTIONS };

static const struct cli_command rows[] = {
    { PREFIX "init", directory_init, "FOLDER", 1, 1,
      "begin een map met een eerste beheerder", "begin a folder with a first governor", init_rows, false },
    { PREFIX "keygen", directory_keygen, "FILE", 1, 1,
      "maak de sleutel van een beheerder; geeft de publieke sleutel",
      "make a governor's key; gives the public key", keygen_rows, false },
    { PREFIX "governor", directory_governor, "[NAME]", 0, 1,
      "voeg een beheerder toe, haal hem weg, of zet de drempel",
      "add or remove a governor, or set the threshold", governor_rows, false },
    { PREFIX "broker", directory_broker, "LINE", 1, 1,
      "voeg een seinhuis toe, met de regel van seinhuisd --init",
      "add a broker, with the line of seinhuisd --init", broker_rows, false },
    { PREFIX "fingerprint", directory_fingerprint, "", 0, 0,
      "de vingerafdruk van het beheer, voor seinhuisd --governance",
      "the fingerprint of the governance, for seinhuisd --governance", folder_rows, false },
    { PREFIX "invite", directory_invite, "", 0, 0,
      "geef de uitnodiging van een regel; er staat geen geheim in",
      "give the one-line invitation; there is no secret in it", invite_rows, false },
    { PREFIX "admit", directory_admit, "LINE", 1, 1,
      "laat een deelnemer toe, of een volgende sleutel van een deelnemer",
      "admit a member, or a further key of a member", admit_rows, false },
    { PREFIX "leave", directory_leave, "OIN", 1, 1,
      "een deelnemer vertrekt ordelijk: wat aangenomen is wordt nog bezorgd",
      "a member leaves orderly: what was accepted is still delivered", at_rows, false },
    { PREFIX "retire", directory_retire, "KEY", 1, 1,
      "een sleutel gaat uit dienst: wat ervoor aangenomen is blijft echt",
      "a key is retired: what was accepted before stays genuine", at_rows, false },
    { PREFIX "revoke", directory_revoke, "KEY", 1, 1,
      "een sleutel is gelekt: niets ervan geldt nog als echt",
      "a key was compromised: nothing of it counts as genuine any more", at_rows, false },
    { PREFIX "rotate", directory_rotate, "LINE", 1, 1,
      "laat een nieuwe sleutel toe en zet de oude uit dienst",
      "admit a new key and retire the old one", rotate_rows, false },
    { PREFIX "circle", directory_circle, "NAME", 1, 1,
      "maak of wijzig een kring; zonder opties: kijk haar na",
      "make or change a circle; without options: check it", circle_rows, false },
    { PREFIX "epoch", directory_epoch, "CIRCLE", 1, 1,
      "noem de sleutelhouders van een kring, voor zij hun sleutel maken",
      "name the keyholders of a circle, before they make their key", epoch_rows, false },
    { PREFIX "epoch-record", directory_epoch_record, "FILE", 1, 1,
      "neem het verslag op van een sleutel die gemaakt is, door al zijn houders getekend",
      "take in the record of a key that was made, signed by all its holders", folder_rows, false },
    { PREFIX "pepper", directory_pepper, "CIRCLE EPOCH CHECKHEX", 3, 3,
      "zet het controlegetal waarop ieders kringpakket moet kloppen",
      "set the check that everybody's circle pack must answer to", folder_rows, false },
    { PREFIX "sign", directory_sign, "", 0, 0,
      "kijk alles na, toon het verschil, en teken de volgende versie",
      "check all, show the difference, and sign the next version", sign_rows, false },
    { PREFIX "gather", directory_gather, "FILE...", 1, 16,
      "neem handtekeningen op die elders gezet zijn", "take in signatures that were made elsewhere",
      folder_rows, false },
    { PREFIX "diff", directory_diff, "[FROM [TO]]", 0, 2,
      "het verschil tussen de laatste versie en de map, of tussen twee versies",
      "the difference of the last version and the folder, or of two versions", folder_rows, false },
    { PREFIX "verify", directory_verify, "", 0, 0,
      "kijk de keten van getekende versies na", "check the chain of signed versions", folder_rows, false },
    { PREFIX "show", directory_show, "[VERSION]", 0, 1,
      "toon wat er in de map staat, of in een versie", "show what is in the folder, or in a version",
      folder_rows, false },
    { NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, false },
};
/* clang-format on */

static const struct cli_command *
find_row(const char *name)
{
    for (const struct cli_command *at = rows; at->name != NULL; at++) {
        if (strcmp(at->name + strlen(PREFIX), name) == 0)
            return at;
    }
    return NULL;
}

static int
print_overview(const struct cli_context *context)
{
    fprintf(context->out, "sein directory %s\n\n  %s\n\n",
            say_text(context, "OPDRACHT", "COMMAND"),
            say_text(context,
                     "het register van het beheer: leesbare bestanden in een "
                     "map, zonder netwerk",
                     "the governance's directory: readable files in a folder, "
                     "offline"));
    for (const struct cli_command *at = rows; at->name != NULL; at++)
        fprintf(context->out, "  %-12s %s\n", at->name + strlen(PREFIX),
                say_text(context, at->nl, at->en));
    fprintf(context->out, "\n%s\n",
            say_text(context, "sein directory OPDRACHT --help zegt meer.",
                     "sein directory COMMAND --help says more."));
    return CLI_OK;
}

static bool
asks_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

int
cmd_directory(struct cli_context *context, int argc, char **argv)
{
    const struct cli_command *row = NULL;

    if (argc < 2)
        return say_usage(context, "sein directory COMMAND",
                         say_text(context, "er ontbreekt een opdracht",
                                  "a command is missing"));
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return print_overview(context);
    row = find_row(argv[1]);
    if (row == NULL)
        return say_usage(context, "sein directory COMMAND", argv[1]);
    if (asks_help(argc - 1, argv + 1)) {
        options_help(context, row);
        return CLI_OK;
    }
    return row->run(context, argc - 1, argv + 1);
}

/* ---- what the commands share
 * -------------------------------------------------- */

int
directory_parse(struct directory_run *run, const struct cli_context *context,
                int argc, char **argv)
{
    enum sein_err err = SEIN_OK;

    *run = (struct directory_run){ .context = context };
    err = govern_now(&run->now_ms);
    if (err != SEIN_OK)
        return say_error(context, err, "clock", NULL);
    return options_parse(context, find_row(argv[0]), argc, argv, &run->parsed);
}

const char *
directory_folder(const struct directory_run *run)
{
    const char *folder = options_value(&run->parsed, "folder");

    return folder == NULL ? "." : folder;
}

int
directory_begin(struct directory_run *run, const struct cli_context *context,
                int argc, char **argv)
{
    int code = directory_parse(run, context, argc, argv);
    enum sein_err err = SEIN_OK;

    if (code != CLI_OK)
        return code;
    err = govern_open(directory_folder(run), run->now_ms, &run->govern);
    if (err == SEIN_ENOENT)
        return say_reason(context, err, "--folder", directory_folder(run),
                          "in deze map staat geen governance.conf; geef de map "
                          "van het beheer met --folder, of begin met sein "
                          "directory init",
                          "there is no governance.conf in this folder; give "
                          "the governance's folder with --folder, or begin "
                          "with sein directory init");
    return err == SEIN_OK
               ? CLI_OK
               : say_error(context, err, "--folder", directory_folder(run));
}

void
directory_end(struct directory_run *run)
{
    govern_close(&run->govern);
}

static void
json_pair(FILE *out, const char *name, const char *value, const char *comma)
{
    fprintf(out, "%s\"%s\":", comma, name);
    say_json_text(out, value);
}

/* "members/1.conf:12: [desk noord] areas" */
static void
place_text(const struct govern_problem *problem, char *out, size_t max)
{
    int len = snprintf(out, max, "%s", problem->file);

    if (problem->line > 0 && len >= 0 && (size_t)len < max)
        len += snprintf(out + len, max - (size_t)len, ":%zu", problem->line);
    if (*problem->section != '\0' && len >= 0 && (size_t)len < max)
        len += snprintf(out + len, max - (size_t)len, "%s[%s]",
                        len > 0 ? ": " : "", problem->section);
    if (*problem->field != '\0' && len >= 0 && (size_t)len < max)
        (void)snprintf(out + len, max - (size_t)len, "%s%s",
                       len > 0 ? ": " : "", problem->field);
}

int
directory_problem(const struct directory_run *run,
                  const struct govern_problem *problem)
{
    char place[512];

    place_text(problem, place, sizeof place);
    return say_reason(run->context, problem->err, place, problem->detail,
                      problem->nl, problem->en);
}

static void
json_note(FILE *out, const struct govern_problem *problem, const char *place)
{
    json_pair(out, "note", place, "{");
    json_pair(out, "detail", problem->detail, ",");
    json_pair(out, "nl", problem->nl, ",");
    json_pair(out, "en", problem->en, ",");
    fputs("}\n", out);
}

void
directory_warn(const struct directory_run *run,
               const struct govern_problem *problem)
{
    const struct cli_context *context = run->context;
    char place[512];

    if (context->quiet)
        return;
    place_text(problem, place, sizeof place);
    if (context->json) {
        json_note(context->err, problem, place);
        return;
    }
    fprintf(context->err, "%s: %s: ", say_text(context, "let op", "note"),
            place);
    if (*problem->detail != '\0')
        fprintf(context->err, "%s: ", problem->detail);
    fprintf(context->err, "%s\n", say_text(context, problem->nl, problem->en));
}

int
directory_fail(const struct directory_run *run, enum sein_err err,
               const char *field, const char *detail)
{
    const struct govern_problem *why =
        run->govern == NULL ? NULL : govern_why(run->govern);

    if (why != NULL && why->err == err)
        return directory_problem(run, why);
    return say_error(run->context, err, field, detail);
}

static void
print_change(const struct directory_run *run,
             const struct govern_change *change, bool inside)
{
    const struct cli_context *context = run->context;
    const char *kind = say_text(context, change->kind_nl, change->kind);
    const char *space = *change->id == '\0' ? "" : " ";
    const char *none = say_text(context, "(niets)", "(nothing)");

    if (inside)
        fprintf(context->out, "      %s = %s\n", change->field, change->after);
    else if (change->op == '~')
        fprintf(context->out, "  ~ %s%s%s: %s: %s -> %s\n", kind, space,
                change->id, change->field,
                *change->before == '\0' ? none : change->before,
                *change->after == '\0' ? none : change->after);
    else
        fprintf(context->out, "  %c %s%s%s\n", change->op, kind, space,
                change->id);
}

static void
json_change(FILE *out, const struct govern_change *change)
{
    char op[2] = { change->op, '\0' };

    json_pair(out, "op", op, "{");
    json_pair(out, "kind", change->kind, ",");
    json_pair(out, "id", change->id, ",");
    if (change->op == '~') {
        json_pair(out, "field", change->field, ",");
        json_pair(out, "before", change->before, ",");
        json_pair(out, "after", change->after, ",");
    }
    fputc('}', out);
}

void
directory_changes(const struct directory_run *run,
                  const struct govern_change *changes, size_t count)
{
    const struct govern_change *thing = NULL; /* the last new one */

    if (run->context->json)
        fputs("\"changes\":[", run->context->out);
    for (size_t i = 0; i < count; i++) {
        const struct govern_change *change = &changes[i];

        if (run->context->json) {
            fputs(i == 0 ? "" : ",", run->context->out);
            json_change(run->context->out, change);
            continue;
        }
        if (change->op != '~')
            thing = change;
        print_change(run, change,
                     thing != NULL && thing->op == '+' && change->op == '~' &&
                         strcmp(thing->kind, change->kind) == 0 &&
                         strcmp(thing->id, change->id) == 0);
    }
    if (run->context->json)
        fputc(']', run->context->out);
}

static bool
is_changed(const char *const *files, const char *file)
{
    for (; *files != NULL; files++) {
        if (strcmp(*files, file) == 0)
            return true;
    }
    return false;
}

/* Problems of the changed files: those within one are refused. */
static int
check_changed(struct directory_run *run, const char *const *files)
{
    size_t count = 0;
    const struct govern_problem *problems =
        govern_problems(run->govern, &count);
    int code = CLI_OK;

    for (size_t i = 0; i < count; i++) {
        if (!is_changed(files, problems[i].file))
            continue;
        if (problems[i].whole)
            directory_warn(run, &problems[i]);
        else if (code == CLI_OK)
            code = directory_problem(run, &problems[i]);
        else
            (void)directory_problem(run, &problems[i]);
    }
    return code;
}

static void
json_files(const struct directory_run *run, const char *const *files)
{
    FILE *out = run->context->out;
    const char *comma = "";

    fputs("\"files\":[", out);
    for (; *files != NULL; files++) {
        fputs(comma, out);
        say_json_text(out, *files);
        comma = ",";
    }
    fputs("],", out);
}

static void
print_applied(struct directory_run *run, const char *extra,
              const char *const *files, const struct govern_change *changes,
              size_t count)
{
    const struct cli_context *context = run->context;

    if (context->json) {
        fprintf(context->out, "{\"dry_run\":%s,",
                context->dry_run ? "true" : "false");
        if (extra != NULL)
            fprintf(context->out, "%s,", extra);
        json_files(run, files);
        directory_changes(run, changes, count);
        fputs("}\n", context->out);
        return;
    }
    if (context->quiet)
        return;
    directory_changes(run, changes, count);
    if (context->dry_run)
        say_line(context, "proef: er is niets geschreven",
                 "dry run: nothing was written");
    else if (count > 0)
        say_line(context,
                 "dit geldt vanaf de volgende getekende versie: sein "
                 "directory sign",
                 "this holds from the next signed version on: sein directory "
                 "sign");
    else
        say_line(context, "er is niets veranderd", "nothing has changed");
}

int
directory_apply(struct directory_run *run, const char *extra)
{
    const char *const *files = govern_files(run->govern);
    const struct govern_change *changes = NULL;
    size_t count = 0;
    enum sein_err err = SEIN_OK;
    int code = CLI_OK;

    if (files == NULL)
        return directory_fail(run, SEIN_ENOMEM, NULL, NULL);
    code = check_changed(run, files);
    if (code != CLI_OK)
        return code;
    err = govern_changes(run->govern, GOVERN_SINCE_OPENED, &changes, &count);
    if (err == SEIN_OK && !run->context->dry_run)
        err = govern_commit(run->govern);
    if (err != SEIN_OK)
        return directory_fail(run, err, directory_folder(run), NULL);
    print_applied(run, extra, files, changes, count);
    return CLI_OK;
}
