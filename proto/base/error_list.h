/* The rows of error.h; see there for the columns and the number ranges. */
#ifndef SEIN_PROTO_BASE_ERROR_LIST_H
#define SEIN_PROTO_BASE_ERROR_LIST_H

/* clang-format off */
#define SEIN_ERROR_LIST(X) \
X(SEIN_OK, 0, "ok", \
  "ok", "in orde") \
X(SEIN_EUNKNOWN, 1, "unknown", \
  "an error that this version does not know; update this program", \
  "een fout die deze versie niet kent; werk dit programma bij") \
X(SEIN_EINTERNAL, 2, "internal", \
  "a mistake in the program itself; report it with the log lines around it", \
  "een fout in het programma zelf; meld deze met de logregels eromheen") \
X(SEIN_ENOMEM, 3, "no_memory", \
  "out of memory; free some or raise the limit, then try again", \
  "te weinig geheugen; maak ruimte of verhoog de grens en probeer opnieuw") \
X(SEIN_ENOTSUP, 4, "not_supported", \
  "this version does not do that; update both sides or leave it out", \
  "deze versie kan dat niet; werk beide kanten bij of laat het weg") \
X(SEIN_ENOENT, 5, "absent", \
  "there is no such thing; look at the name or id", \
  "dat bestaat niet; kijk de naam of het nummer na") \
X(SEIN_EEXIST, 6, "exists", \
  "that exists already; choose another name or remove it first", \
  "dat bestaat al; kies een andere naam of verwijder het eerst") \
X(SEIN_EIO, 7, "io", \
  "the disk or file could not be read or written; look at the disk and the rights", \
  "de schijf of het bestand kon niet gelezen of geschreven worden; kijk schijf en rechten na") \
X(SEIN_EFULL, 8, "disk_full", \
  "the disk is full; free some space, nothing that was accepted is lost", \
  "de schijf is vol; maak ruimte, niets dat is aangenomen gaat verloren") \
X(SEIN_ETOOLONG, 9, "too_long", \
  "it is longer than its limit; shorten it", \
  "het is langer dan toegestaan; maak het korter") \
X(SEIN_ERANGE, 10, "out_of_range", \
  "a number is outside its range; look at the allowed range", \
  "een getal valt buiten zijn bereik; kijk wat toegestaan is") \
X(SEIN_EFORMAT, 11, "bad_format", \
  "it is not written as it should be; look at the expected form", \
  "het is niet geschreven zoals het hoort; kijk de verwachte vorm na") \
X(SEIN_ECANCELED, 12, "cancelled", \
  "it was stopped before it was done; run it again, it goes on where it was", \
  "het is gestopt voor het klaar was; start opnieuw, het gaat verder waar het was") \
X(SEIN_ETIMEOUT, 13, "timeout", \
  "no answer in time; try again later", \
  "geen antwoord op tijd; probeer het later opnieuw") \
/* wire */ \
X(SEIN_EWIRE, 20, "wire_malformed", \
  "the message is not well-formed; the other program is broken or not ours", \
  "het bericht is niet goed gevormd; het andere programma is stuk of niet van ons") \
X(SEIN_EVERSION, 21, "version_unknown", \
  "the message has an unknown version; update the older side", \
  "het bericht heeft een onbekende versie; werk de oudste kant bij") \
X(SEIN_EKIND, 22, "kind_unknown", \
  "the message has an unknown kind; update the older side", \
  "het bericht heeft een onbekende soort; werk de oudste kant bij") \
X(SEIN_ESUITE, 23, "suite_unknown", \
  "the letter uses an unknown suite; update the older side", \
  "de brief gebruikt een onbekende suite; werk de oudste kant bij") \
X(SEIN_EDEPTH, 24, "wire_depth", \
  "the message is nested too deep; the other program is broken or not ours", \
  "het bericht is te diep genest; het andere programma is stuk of niet van ons") \
X(SEIN_ETRAILING, 25, "wire_trailing", \
  "there are bytes behind the message; the other program is broken or not ours", \
  "er staan bytes achter het bericht; het andere programma is stuk of niet van ons") \
X(SEIN_ECANON, 26, "wire_not_canonical", \
  "the message is not in the one allowed form; the other program must send it so", \
  "het bericht heeft niet de ene toegestane vorm; het andere programma moet dat wel doen") \
/* trust */ \
X(SEIN_ESIG, 40, "signature_wrong", \
  "a signature does not verify; do not trust it, tell the governance", \
  "een handtekening klopt niet; vertrouw dit niet en meld het aan het beheer") \
X(SEIN_EKEY, 41, "key_unknown", \
  "the key is not in the directory; ask the governance to admit it", \
  "de sleutel staat niet in het register; vraag het beheer om toelating") \
X(SEIN_EREVOKED, 42, "key_revoked", \
  "the key was revoked; call the organisation, then join with a new key", \
  "de sleutel is ingetrokken; bel de organisatie en sluit aan met een nieuwe sleutel") \
X(SEIN_ERETIRED, 43, "key_retired", \
  "the key was retired before this was made; use the member's current key", \
  "de sleutel was al uit dienst toen dit gemaakt werd; gebruik de huidige sleutel") \
X(SEIN_ENOTYET, 44, "key_not_yet", \
  "the key is not active yet; wait until its first day", \
  "de sleutel is nog niet actief; wacht tot zijn eerste dag") \
X(SEIN_ELEFT, 45, "member_left", \
  "the member has left; nothing new is taken from it or for it", \
  "de deelnemer is vertrokken; er wordt niets nieuws van of voor hem aangenomen") \
X(SEIN_EMEMBER, 46, "member_unknown", \
  "no such member in the directory; look at the OIN", \
  "geen deelnemer met dit OIN in het register; kijk het OIN na") \
X(SEIN_EDESK, 47, "desk_unknown", \
  "no such desk in the directory; look at OIN/name", \
  "dit loket staat niet in het register; kijk OIN/naam na") \
X(SEIN_EDESKKEY, 48, "desk_not_yours", \
  "this key may not act for that desk; use the home of that desk or ask the governance", \
  "deze sleutel mag niet voor dat loket handelen; gebruik de map van dat loket of vraag het beheer") \
X(SEIN_ECIRCLE, 49, "circle_unknown", \
  "no such circle in the directory; look at its name", \
  "deze kring staat niet in het register; kijk de naam na") \
X(SEIN_ECIRCLEENDED, 50, "circle_ended", \
  "the circle's legal basis has ended; ask the governance to renew it", \
  "de grondslag van de kring is verlopen; vraag het beheer om verlenging") \
X(SEIN_EROLE, 51, "role_missing", \
  "the desk lacks the role for this in the circle; ask the governance or choose another desk", \
  "het loket heeft hiervoor geen rol in de kring; vraag het beheer of kies een ander loket") \
X(SEIN_EDIREXPIRED, 52, "directory_expired", \
  "the directory has expired; the governance must sign a new one, reading goes on", \
  "het register is verlopen; het beheer moet een nieuw ondertekenen, lezen kan nog") \
X(SEIN_EDIRROLLBACK, 53, "directory_rolled_back", \
  "an older directory was offered; keep the newer one and tell the governance", \
  "er werd een ouder register aangeboden; houd het nieuwere en meld dit aan het beheer") \
X(SEIN_EDIRCHAIN, 54, "directory_chain_broken", \
  "the directory does not follow on the one before; fetch the versions in between", \
  "het register sluit niet aan op het vorige; haal de versies ertussen op") \
X(SEIN_EDIRTHRESHOLD, 55, "directory_under_signed", \
  "too few governors signed the directory; gather the missing signatures", \
  "te weinig beheerders tekenden het register; verzamel de ontbrekende handtekeningen") \
X(SEIN_EFINGERPRINT, 56, "fingerprint_differs", \
  "the governance keys are not those of the invitation; call the governance and compare", \
  "de beheersleutels zijn niet die van de uitnodiging; bel het beheer en vergelijk") \
X(SEIN_EDIRINVALID, 57, "directory_invalid", \
  "the directory contradicts itself; the governance must correct and sign it again", \
  "het register spreekt zichzelf tegen; het beheer moet het verbeteren en opnieuw tekenen") \
X(SEIN_EDIRNEWER, 58, "directory_newer_known", \
  "the other side knows a newer directory; fetch it first", \
  "de andere kant kent een nieuwer register; haal dat eerst op") \
X(SEIN_EPREKEYBACK, 59, "prekey_rolled_back", \
  "an older prekey was offered; nothing is sent, tell the governance", \
  "er werd een oudere sleutel aangeboden; er wordt niets verstuurd, meld dit aan het beheer") \
X(SEIN_ENOPREKEY, 60, "prekey_absent", \
  "the desk has no valid key yet; the letter waits until that desk connects", \
  "het loket heeft nog geen geldige sleutel; de brief wacht tot dat loket verbinding maakt") \
X(SEIN_EPROOF, 61, "receipt_wrong", \
  "a receipt does not verify; keep it as evidence and tell the governance", \
  "een ontvangstbewijs klopt niet; bewaar het als bewijs en meld dit aan het beheer") \
X(SEIN_ECHAIN, 62, "head_chain_broken", \
  "the broker's log does not follow on what it showed before; tell the governance", \
  "het logboek van het seinhuis sluit niet aan op wat het eerder toonde; meld dit aan het beheer") \
X(SEIN_ELABEL, 63, "label_too_small", \
  "a reveal label covers fewer than three members; widen it or sign the exception", \
  "een label dekt minder dan drie deelnemers; maak het ruimer of teken de uitzondering") \
X(SEIN_EEPOCH, 64, "epoch_not_open", \
  "the circle has no such key in use now; fetch the newest directory and try again", \
  "de kring heeft nu geen zulke sleutel in gebruik; haal het nieuwste register op en probeer opnieuw") \
X(SEIN_ELINK, 65, "link_not_allowed", \
  "the circle does not let the desk register that kind of handle; ask the governance", \
  "de kring staat het loket die soort kenmerk niet toe; vraag het beheer") \
X(SEIN_EHOLDERS, 66, "holders_not_apart", \
  "one member, one supplier or the broker could hold too much of a key; name other keyholders", \
  "een deelnemer, een leverancier of het seinhuis kan te veel van een sleutel houden; noem andere houders") \
X(SEIN_ERECORD, 67, "epoch_record_wrong", \
  "the record of a key is not what the directory named, or not signed by all its holders; make it again", \
  "het verslag van een sleutel is niet wat het register noemde of mist een handtekening; maak hem opnieuw") \
/* blind and letters */ \
X(SEIN_EPOSTCODE, 70, "postcode_invalid", \
  "the postcode is not four digits and two letters as issued; correct it, as 1506AB", \
  "de postcode is geen uitgegeven vier cijfers en twee letters; verbeter deze, zoals 1506AB") \
X(SEIN_EHUISNUMMER, 71, "huisnummer_invalid", \
  "the house number does not begin with a number from 1 to 99999; correct it", \
  "het huisnummer begint niet met een getal van 1 tot 99999; verbeter het") \
X(SEIN_ETOEVOEGING, 72, "toevoeging_invalid", \
  "letter and addition together are not at most 8 letters and digits; correct them", \
  "letter en toevoeging samen zijn niet hooguit 8 letters en cijfers; verbeter ze") \
X(SEIN_EAANDUIDING, 73, "aanduiding_invalid", \
  "the aanduiding is not 'to' or 'by'; correct it or leave it empty", \
  "de aanduiding is niet 'to' of 'by'; verbeter deze of laat leeg") \
X(SEIN_EBSN, 74, "bsn_invalid", \
  "the BSN is not nine digits that pass the eleven test; look it up again", \
  "het BSN is geen negen cijfers die de elfproef doorstaan; zoek het opnieuw op") \
X(SEIN_ENAME, 75, "name_invalid", \
  "the name has no letters to compare or has other signs; write the surname", \
  "de naam heeft geen letters om te vergelijken of heeft andere tekens; schrijf de achternaam") \
X(SEIN_EDATE, 76, "date_invalid", \
  "the date does not exist or is not written as 2026-01-31 or 31-01-2026; correct it", \
  "de datum bestaat niet of is niet geschreven als 2026-01-31 of 31-01-2026; verbeter deze") \
X(SEIN_EOIN, 77, "oin_invalid", \
  "the OIN is not 20 characters with a known prefix and zeros at its end; correct it", \
  "het OIN is geen 20 tekens met een bekend begin en nullen aan het eind; verbeter het") \
X(SEIN_EUTF8, 78, "not_utf8", \
  "the text is not UTF-8; convert it with iconv -f WINDOWS-1252 -t UTF-8", \
  "de tekst is geen UTF-8; zet om met iconv -f WINDOWS-1252 -t UTF-8") \
X(SEIN_EOPEN, 79, "letter_not_for_us", \
  "the letter does not open with this desk's keys; ask the sender to send it again", \
  "de brief gaat niet open met de sleutels van dit loket; vraag de afzender hem opnieuw te sturen") \
X(SEIN_EPADDING, 80, "letter_padding", \
  "the letter's filling is not zeros; the sender's program is broken or not ours", \
  "de opvulling van de brief is niet nul; het programma van de afzender is stuk of niet van ons") \
X(SEIN_EHEADER, 81, "letter_header_differs", \
  "the letter's outside and inside differ; it is refused and kept as evidence", \
  "buiten- en binnenkant van de brief verschillen; hij is geweigerd en bewaard als bewijs") \
X(SEIN_EEXPIRED, 82, "letter_expired", \
  "the letter has expired; the sender must send it again", \
  "de brief is verlopen; de afzender moet hem opnieuw sturen") \
X(SEIN_EREPLAY, 83, "letter_seen", \
  "the letter was received before; nothing to do", \
  "de brief is al eerder ontvangen; er hoeft niets te gebeuren") \
X(SEIN_ETIME, 84, "clock_differs", \
  "the time in it is too far from ours; set the clock of the machine right", \
  "de tijd erin wijkt te ver af van de onze; zet de klok van de machine gelijk") \
X(SEIN_ELOWORDER, 85, "point_refused", \
  "a public key is a weak point; the other side is broken or hostile", \
  "een publieke sleutel is een zwak punt; de andere kant is stuk of vijandig") \
X(SEIN_ECONTENT, 86, "content_invalid", \
  "the content of the letter does not follow its form; the sender must correct it", \
  "de inhoud van de brief volgt zijn vorm niet; de afzender moet dit verbeteren") \
X(SEIN_EPARTY, 87, "not_a_party", \
  "the desk is no party in this thread; only the two that opened it may write", \
  "het loket is geen partij in dit gesprek; alleen de twee die het begonnen mogen schrijven") \
X(SEIN_ESCALAR, 88, "scalar_refused", \
  "a number of a key is not in its one allowed form; the other side is broken or hostile", \
  "een getal van een sleutel heeft niet de ene toegestane vorm; de andere kant is stuk of vijandig") \
X(SEIN_EDLEQ, 89, "proof_wrong", \
  "a keyholder's proof does not verify; ask another, and tell the governance who it was", \
  "het bewijs van een sleutelhouder klopt niet; vraag een ander en meld het beheer wie het was") \
X(SEIN_ESHARES, 90, "shares_too_few", \
  "too few different keyholders answered; try again when more of them are there", \
  "te weinig verschillende sleutelhouders antwoordden; probeer opnieuw als er meer zijn") \
X(SEIN_ESHARE, 91, "share_wrong", \
  "a share does not fit its commitments; stop the ceremony, its signed letter names who sent it", \
  "een aandeel past niet bij zijn toezeggingen; stop de ceremonie, de getekende brief zegt van wie het kwam") \
X(SEIN_EMAC, 92, "presence_not_ours", \
  "a match was not made by who knows this household; nothing is shown, the evidence is kept", \
  "een match komt niet van wie dit huishouden kent; er wordt niets getoond, het bewijs is bewaard") \
X(SEIN_EPEPPER, 93, "pepper_differs", \
  "the circle pack is not that of the signed directory; take in the right pack of the steward", \
  "het kringpakket is niet dat van het getekende register; lees het juiste pakket van de kringbeheerder in") \
X(SEIN_ENORMALISER, 94, "normaliser_differs", \
  "this program writes handles in another version than the circle signed; update this program", \
  "dit programma schrijft aanduidingen in een andere versie dan de kring tekende; werk het bij") \
X(SEIN_EEVAL, 95, "keyholder_wrong", \
  "a keyholder's answer is not to what was asked, or not signed by it; ask another, and tell the governance", \
  "het antwoord van een sleutelhouder hoort niet bij de vraag of is niet door hem getekend; vraag een ander en meld het beheer") \
X(SEIN_EREGIE, 96, "regie_held", \
  "another desk holds the regie of this household; propose that it lets go, or wait until it is vacant", \
  "een ander loket heeft de regie over dit huishouden; stel voor dat het loslaat, of wacht tot zij vrij is") \
/* broker */ \
X(SEIN_ESESSION, 100, "no_session", \
  "the broker does not know this connection; say hello first", \
  "het seinhuis kent deze verbinding niet; meld eerst aan") \
X(SEIN_EHOME, 101, "desk_read_elsewhere", \
  "the desk is read by another home; use that one, or take over with sein take-over", \
  "het loket wordt door een andere map gelezen; gebruik die, of neem over met sein take-over") \
X(SEIN_EQUOTA, 102, "quota_exceeded", \
  "the member's quota is used up; try again at the time given", \
  "het quotum van de deelnemer is op; probeer opnieuw op de genoemde tijd") \
X(SEIN_EBUSY, 103, "busy", \
  "the broker is stopping or busy; try again at the time given", \
  "het seinhuis stopt of is druk; probeer opnieuw op de genoemde tijd") \
X(SEIN_EDUPLICATE, 104, "duplicate", \
  "the same was accepted before; this is the first receipt", \
  "hetzelfde is al eerder aangenomen; dit is het eerste ontvangstbewijs") \
X(SEIN_ECONFLICT, 105, "id_reused", \
  "the id was used before for something else; use a new id", \
  "het nummer is al eerder voor iets anders gebruikt; gebruik een nieuw nummer") \
X(SEIN_EDELIVERED, 106, "already_delivered", \
  "the letter was delivered already; a withdrawal letter must follow it", \
  "de brief is al bezorgd; er moet een intrekkingsbrief achteraan") \
X(SEIN_ECOLLECTED, 107, "not_outstanding", \
  "that delivery is not outstanding here any more; it is delivered again", \
  "die bezorging staat hier niet meer open; zij wordt opnieuw bezorgd") \
X(SEIN_ESIZE, 108, "letter_size", \
  "the letter is not one of the four sizes; the sender's program must pad it", \
  "de brief heeft niet een van de vier maten; het programma van de afzender moet opvullen") \
X(SEIN_ELIFE, 109, "letter_life", \
  "the letter lives longer than 30 days or is already over; seal it anew", \
  "de brief leeft langer dan 30 dagen of is al verlopen; verzegel opnieuw") \
/* client */ \
X(SEIN_EDAMAGED, 110, "row_damaged", \
  "something that was stored is damaged; look at the disk and restore a backup", \
  "iets dat bewaard was is beschadigd; kijk de schijf na en zet een reservekopie terug") \
X(SEIN_EDEPOSIT, 111, "deposit_contradicts", \
  "the parts of the presence contradict each other; it is refused and kept as evidence", \
  "de delen van de aanwezigheid spreken elkaar tegen; zij is geweigerd en bewaard als bewijs") \
X(SEIN_EAWAY, 112, "keyholder_away", \
  "that keyholder is not connected; ask another one, or try again later", \
  "die sleutelhouder is niet verbonden; vraag een andere of probeer het later opnieuw") \
X(SEIN_EPRESENCELIFE, 113, "presence_life", \
  "the presence lives longer than its circle or key allows, or is already over; make it anew", \
  "de aanwezigheid leeft langer dan haar kring of sleutel toestaat, of is al voorbij; maak haar opnieuw") \
X(SEIN_ENOHOME, 140, "home_missing", \
  "there is no home in that folder; make one with sein init", \
  "er is geen thuismap op die plek; maak er een met sein init") \
X(SEIN_ELOCKED, 141, "home_in_use", \
  "another program is using this home; wait for it or stop it", \
  "een ander programma gebruikt deze thuismap; wacht erop of stop het") \
X(SEIN_EPASSPHRASE, 142, "passphrase_wrong", \
  "the passphrase or key file does not open this home; try again", \
  "het wachtwoord of sleutelbestand opent deze thuismap niet; probeer opnieuw") \
X(SEIN_ESEALED, 143, "home_sealed", \
  "the home is not unlocked; run sein unlock or give --key-file", \
  "de thuismap is niet ontgrendeld; gebruik sein unlock of geef --key-file") \
X(SEIN_EUNREACHABLE, 144, "broker_unreachable", \
  "the broker does not answer; what you sent waits in the outbox, try again later", \
  "het seinhuis antwoordt niet; wat u stuurde wacht in de uitgaande post, probeer later opnieuw") \
X(SEIN_ENOTADMITTED, 145, "not_admitted", \
  "the broker does not admit this key; send the join request to the governance", \
  "het seinhuis laat deze sleutel niet toe; stuur het aansluitverzoek aan het beheer") \
X(SEIN_ENOTJOINED, 146, "not_joined", \
  "this home has not joined yet; run sein join with the invitation", \
  "deze thuismap is nog niet aangesloten; gebruik sein join met de uitnodiging") \
X(SEIN_EATTEST, 147, "attestation_missing", \
  "an arrears signal needs its four attestations with a date; fill in the missing one", \
  "een achterstandssein vraagt vier verklaringen met een datum; vul de ontbrekende in") \
X(SEIN_EINFORMED, 148, "informed_missing", \
  "say whether the resident was informed; when deferred or not, give the reason and review date", \
  "zeg of de inwoner is ingelicht; bij uitstel of nee ook de reden en de datum van herziening") \
X(SEIN_ENODESK, 149, "no_desk_for_postcode", \
  "no desk of this circle covers that postcode; name a desk or ask the governance", \
  "geen loket van deze kring dekt die postcode; noem een loket of vraag het beheer") \
X(SEIN_ECODE, 150, "code_unknown", \
  "the code is not on the circle's list; choose one of the list", \
  "de code staat niet op de lijst van de kring; kies er een van de lijst") \
X(SEIN_ESHIELD, 151, "shielded_needs_desk", \
  "a shielded household goes to a named desk only; fill in the desk", \
  "een afgeschermd huishouden gaat alleen naar een genoemd loket; vul het loket in") \
X(SEIN_ECOLUMN, 152, "column_unknown", \
  "the file has a column that is not known; rename or remove it", \
  "het bestand heeft een onbekende kolom; hernoem of verwijder deze") \
X(SEIN_EREQUIRED, 153, "field_missing", \
  "a required field is empty; fill it in", \
  "een verplicht veld is leeg; vul het in") \
X(SEIN_ETWICE, 154, "source_id_twice", \
  "the same source_id stands twice in the file with different content; keep one", \
  "dezelfde source_id staat tweemaal in het bestand met andere inhoud; houd er een") \
X(SEIN_EWITHDRAWN, 155, "withdrawn", \
  "the signal was withdrawn; send a new one under another source_id", \
  "het sein is ingetrokken; stuur een nieuw onder een andere source_id") \
X(SEIN_ECLOSED, 156, "closed", \
  "the signal was closed; send a new one", \
  "het sein is gesloten; stuur een nieuw") \
X(SEIN_ETAMPERED, 157, "home_damaged", \
  "a row of this home does not verify; restore the home from its backup", \
  "een regel van deze thuismap klopt niet; zet de reservekopie van de map terug") \
X(SEIN_EUSAGE, 158, "usage", \
  "the command is not written as it should be; see --help", \
  "de opdracht is niet goed geschreven; zie --help") \
X(SEIN_ECONFIG, 159, "configuration", \
  "the configuration is wrong; correct the line named", \
  "de configuratie klopt niet; verbeter de genoemde regel") \
X(SEIN_EQUOTES, 160, "csv_quotes", \
  "a quoted field is not closed or has text behind its quote; correct the line", \
  "een veld tussen aanhalingstekens is niet gesloten of heeft tekst erachter; verbeter de regel") \
X(SEIN_EMIXEDADDRESS, 161, "handle_missing", \
  "the row names no household; give postcode and huisnummer, or a BSN", \
  "de regel noemt geen huishouden; geef postcode en huisnummer, of een BSN") \
X(SEIN_ENOTE, 162, "note_too_long", \
  "the note has more than 1000 characters; shorten it", \
  "de toelichting heeft meer dan 1000 tekens; maak haar korter") \
X(SEIN_EAMBIGUOUS, 163, "desk_ambiguous", \
  "more than one desk covers that postcode; name the desk", \
  "meer dan een loket dekt die postcode; noem het loket") \
X(SEIN_EFIELDS, 164, "csv_fields", \
  "the row has another number of fields than the header; look for a separator or quote too many or too few", \
  "de regel heeft een ander aantal velden dan de kop; zoek een scheidingsteken of aanhalingsteken te veel of te weinig") \
X(SEIN_EEMPTYFILE, 165, "csv_empty", \
  "the file is empty; its first line must name the columns", \
  "het bestand is leeg; de eerste regel moet de kolommen noemen") \
X(SEIN_ECOLUMNTWICE, 166, "column_twice", \
  "a column or option is there twice; give it once", \
  "een kolom of optie staat er tweemaal; geef hem een keer") \
X(SEIN_ENOCOLUMN, 167, "column_missing", \
  "the file lacks a column that every row needs; add it to the first line", \
  "het bestand mist een kolom die elke regel nodig heeft; zet hem in de eerste regel") \
X(SEIN_ENOPACK, 168, "pack_missing", \
  "this home has no pack of that circle and epoch; take in the one of the steward", \
  "deze thuismap heeft geen kringpakket van die kring en periode; lees dat van de kringbeheerder in") \
X(SEIN_EINSTITUTION, 169, "institution_address", \
  "the address is that of a known institution, so it links nobody; the signal itself goes on", \
  "het adres is dat van een bekende instelling en koppelt dus niemand; het sein zelf gaat door") \
X(SEIN_ENOMATCH, 170, "no_match", \
  "there is no notice of that kind around this household; look in the inbox", \
  "rond dit huishouden is er geen zo'n melding; kijk in de inbox") \
X(SEIN_EACCEPTED, 171, "accepted_already", \
  "it was accepted already; unlink it when it is another household", \
  "er is al ja gezegd; ontkoppel als het een ander huishouden is") \
X(SEIN_EALONE, 172, "not_introduced", \
  "nobody is introduced to you around this household yet; accept the notice and wait for the others", \
  "rond dit huishouden is nog niemand aan u voorgesteld; zeg ja op de melding en wacht op de anderen")
/* clang-format on */

#endif
