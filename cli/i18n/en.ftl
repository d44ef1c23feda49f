### What the command line says. A failure is a pair: what is wrong, and (.do) what to do.

## General

yes = yes
no = no
file-unreadable = { $path } cannot be read.
    .do = Check the path and that you may read the file.
file-unwritable = { $path } cannot be written.
    .do = Check the path, the free space and that you may write there.
file-exists = { $path } is already there and is not overwritten.
    .do = Choose another name, or move the file away if it is really not needed any more.
nobody-to-ask = There is nobody to ask: “{ $question }”.
    .do = Run the command in a terminal, or give the answer with an option (see --help).
zone-unknown = There is no time zone “{ $zone }”.
    .do = Write it as Europe/Paris or America/Montreal.
time-unreadable = “{ $time }” is not a time.
    .do = Write it as 2026-12-01T12:00:00Z, as 2026-12-01T13:00:00+01:00, or as “2026-12-01 13:00” with a zone.
time-ambiguous = The local time “{ $time }” does not exist or exists twice, because the clocks change.
    .do = Write it with Z or with an offset such as +01:00.

## Server

server-address = “{ $server }” is not the address of a server.
    .do = Write it as https://vote.example.org.
server-not-https = { $server } would be reached without encryption.
    .do = Use its https address. Only a server on this very machine may be reached by http.
server-unreachable = { $server } does not answer.
    .do = Check the address and the connection, then try again: every command may be repeated.
server-refused = The server refuses (status { $status }, { $reason }).
    .do = Read the reason; if it is unclear, show it to whoever runs the server.
server-answer = The answer of the server is not what it should be.
    .do = Check that the address is that of an Isoloir server of this version.
serve-failed = The server does not run.
    .do = Check the address to listen on, the public address and the data folder.
serve-tls = The server cannot speak TLS with these settings.
    .do = Give the certificate with those between it and a known root (fullchain.pem) and its own private key (privkey.pem), both as PEM files that the server’s user can read, and a public address that begins with https.
serve-database-address = The address of the database is not understood.
    .do = Write it as postgres://user@host/name, with parameters of PostgreSQL after a question mark, such as sslmode=verify-full.
serve-mirror-key = “{ $key }” is not the key of a mirror.
    .do = Copy the key as “isoloir mirror” prints it when it starts.
serve-no-organiser = No organiser may begin an election on this server: name their public files with --organiser.
settings-unreadable = The settings file { $path } cannot be understood.
    .do = Correct the line named below; packaging/serve.toml shows every setting.
settings-key = There is no setting “{ $key }” in { $path }. Is “{ $nearest }” meant?
    .do = Correct the name, or remove the line.
settings-missing = The setting “{ $key }” is missing.
    .do = Give --{ $option }, or a file with “{ $key }” as --config.
serve-listens = The server listens on { $address }; voters reach it at { $url }.
serve-stopped = The server has stopped.

## Elections and links

link-unreadable = This is not a link to an election.
    .do = Copy the whole link, from https:// to its end.
election-file-unreadable = { $path } is not an election file.
    .do = Use the file that “isoloir election new” wrote, or a link to a page of the election.
manifest-invalid = The election’s description breaks a rule.
    .do = Correct what is named above in the description.
manifest-of-another = This is another election: { $found } instead of { $expected }.
    .do = Check which election file or link you were given, and by whom. If a server shows it under this link, tell the witnesses.
description-unreadable = The description { $path } cannot be understood.
    .do = Correct the line named above; the documentation shows a complete example.
public-file-unreadable = { $path } is not a public file.
    .do = Ask its owner for the .pub.json file that keygen wrote.
public-file-of-another-role = { $path } is the public file of a { $found }, not of a { $expected }.
    .do = Name it under the right role in the description.
summary-title = Election: { $title }
summary-times = Open from { $opens } until { $closes }, plus { $grace } minutes of grace
summary-question = Question { $number }: { $title } ({ $options } options, at least { $min }, at most { $max })
summary-tellers = { $tellers } tellers; { $threshold } of them open the result (and could break the secrecy together); without all, it takes the reports of { $quorum }. Compare the keys:
summary-registrars = Registrars: { $registrars }. Compare the keys:
summary-witnesses = Witnesses: { $witnesses }, quorum { $quorum }. Compare the keys:
named-key = {"  "}{ $name }: { $fingerprint }
description-good = { $warnings ->
    [0] The description can be used.
    [one] The description can be used; there is one warning above.
   *[other] The description can be used; there are { $warnings } warnings above.
}
election-made = The election { $id } is announced. Give { $path } to everybody who takes part.
election-links = Result: { $results }
    Tellers: { $tellers }
    Audit: { $audit }
witnesses-demanded = A teller may be absent, but there are fewer than two witnesses.
    .do = Add two witnesses (any rival’s delegate can run the witness program), or say --fewer-witnesses.

## Warnings about a description

warn-witnesses = { $threshold } of { $tellers } tellers are enough, but fewer than two witnesses must agree.
    .do = Without witnesses a dishonest server could show the tellers different ballot boxes. Add two witnesses.
warn-single-teller = A single teller can read every vote.
    .do = Name at least three tellers who do not trust each other, and a threshold of two.
warn-no-absent-teller = All { $tellers } tellers are needed: if one loses the key, there will be no result.
    .do = Name one teller more than the threshold.
warn-single-registrar = There is one registrar, who for a moment holds the only code of every voter.
    .do = With two registrars who use two channels nobody can vote for a member.
warn-opens-in-the-past = The vote would open in the past.
    .do = Correct “opens”, unless it shall be open at once.
warn-closes-in-the-past = The vote would close in the past.
    .do = Correct “closes”.
warn-no-zone = Times without an offset and without a zone are taken as UTC.
    .do = Add zone = "Europe/Paris" or write the times with Z.
warn-no-grace = There is no grace at the closing: whoever is on the page at that moment cannot finish.
    .do = Set grace_minutes to 15, unless your rules forbid it.
warn-short-report = The tellers have only { $minutes } minutes to report.
    .do = Set report_minutes to 60 or more, so that voters can check their receipts meanwhile.
warn-language-missing = Some texts lack a language that others have: { $languages }.
    .do = Add the missing translations.
warn-roll-too-small = The roll has { $members } members, fewer than the smallest group of { $smallest }: nothing could be counted.
    .do = Lower smallest_group, knowing that small groups reveal votes.
warn-groups-merged = { $count ->
    [one] One group has fewer than { $smallest } members and will be merged before counting.
   *[other] { $count } groups have fewer than { $smallest } members and will be merged before counting.
}
    .do = Nothing, if its members agree that their result is not shown by itself.
warn-groups-empty = { $count ->
    [one] One group has no member.
   *[other] { $count } groups have no member.
}
    .do = Check the spelling of the groups in roll and description.
warn-rare-weight = { $members ->
    [one] Only one member has
   *[other] Only { $members } members have
} { $weight } votes, fewer than { $smallest }: totals may reveal how they voted.
    .do = Consider giving all members equal weights.

## Keys

ask-passphrase = Passphrase for { $path }:
ask-passphrase-again = The same passphrase again:
passphrase-differs = The two passphrases differ.
    .do = Start again and type slowly.
passphrase-suggested = A passphrase that nobody guesses, if you like it: { $passphrase }
passphrase-short = The passphrase is too short.
    .do = Use at least { $characters } characters: four or five words that nobody would guess.
passphrase-wrong = The passphrase does not open { $path }.
    .do = Check capitals and keyboard layout, and that it is the passphrase of this key.
key-file-unreadable = { $path } is not a key file, or it is damaged.
    .do = Use your backup of the key file.
key-file-of-another-role = { $path } is not the key file of a { $expected }.
    .do = Give the key file of the right role with --key.
key-in-use = Another program is working with { $path }.
    .do = Wait until it has finished.
key-not-in-manifest = This key is not named in the election.
    .do = Check that it is the right key file and the right election.
key-made = The key is in { $path }. Keep it and its passphrase apart, with a backup. Send { $public } to the organiser.
key-fingerprint = Fingerprint to compare: { $fingerprint }

## Roll

roll-too-large = The roll has { $bytes } bytes, more than { $limit }.
    .do = Save it as CSV without other sheets and pictures.
roll-empty = The roll has no members.
    .do = Check the file: the first line names the columns, each further line is a member.
roll-row-unreadable = Row { $row }: the line cannot be read.
    .do = Check its quotation marks.
roll-column-missing = There is no column “{ $column }”.
    .do = Name the columns in the first line: number, name, e-mail, group, and if need be first name, weight, language.
roll-column-twice = There are two columns for “{ $column }”.
    .do = Keep one of them.
roll-no-number = Row { $row }: no member number.
    .do = Add it.
roll-no-name = Row { $row }: no name.
    .do = Add it.
roll-control-character = Row { $row }: a line break or another control character in number or name.
    .do = Remove it.
roll-no-contact = Row { $row }: member { $number } has no e-mail address.
    .do = Find the address, or another way for this member, before the roll is frozen.
roll-bad-contact = Row { $row }: the e-mail address of member { $number } is not one.
    .do = Correct it.
roll-unknown-group = Row { $row }: the election has no group “{ $group }”.
    .do = Correct the row, or add the group to the description before the election is announced.
roll-group-spelling = Row { $row }: “{ $group }” is spelled “{ $near }” in the election.
    .do = Correct the row.
roll-bad-weight = Row { $row }: “{ $weight }” is not a number of votes.
    .do = Write a whole number from 1.
roll-unknown-language = Row { $row }: there are no messages in “{ $language }”.
    .do = Write fr or en, or leave the field empty.
roll-number-twice = Row { $row }: number { $number } is already in row { $first }.
    .do = Correct one of them; nobody is removed by itself.
roll-name-twice = Rows { $first } and { $row } have the same name.
    .do = Check that they are two people. Both stay on the roll.
roll-address-twice = Rows { $first } and { $row } have the same e-mail address.
    .do = Whoever reads that mailbox gets both codes. Correct it, or say --allow-shared-addresses if both members agree.
roll-windows-1252 = The roll is not UTF-8; it was read as Windows-1252.
    .do = Check that the accents below are right.
slots-unreadable = Row { $row } of the slots file is not what it should be.
    .do = Use the file as the first registrar wrote it, unchanged.
slots-missing = The slots file { $path } is not there.
    .do = Ask the first registrar for it: all registrars need the same one.
slots-member-missing = Row { $row }: member { $number } has no slot number.
    .do = Use the slots file of this roll, or have the first registrar add the member.
slots-changed = The first { $count } lines of the slots file are not those under which codes were already sent.
    .do = Use the slots file as it was: with another one members would get each other’s codes.
slots-written = { $path }: { $added } added, { $count } in all. Give it to the other registrars and keep it for a second round.
roll-row-differs = Row { $row } (slot { $slot }): the other registrar’s roll has another group or weight, or not this member.
    .do = Compare the two rolls; they must list the same members, groups and weights.
roll-slot-lacking = Slot { $slot } is on the other registrar’s roll and not on this one.
    .do = Compare the two rolls.

## Codes and messages

sender-unreadable = “{ $from }” is not a sender.
    .do = Write it as "Congress <vote@example.org>".
template-no-subject = The template has no subject.
    .do = Begin its first line with “Subject: ”.
template-no-code = The template does not use { $field }.
    .do = Put { $field } on a line of its own.
template-code-in-subject = The template has the code in its subject, where it would be shown on locked screens.
    .do = Put it into the text.
template-brace = The template has a brace that belongs to no field.
    .do = Write fields as in the built-in templates, and no other braces.
template-unknown-field = There is no field “{ $field }”.
    .do = Use name, number, title, organiser, registrar, slot, opens, closes, server, test, check, and link or code.
template-empty-field = The field “{ $field }” would be empty.
    .do = Fill it in: a message with a gap is never sent.
message-faulty = A message would not be right ({ $what }).
    .do = Nothing was sent. Check the template and the sender.
message-for-row = The message of row { $row } cannot be made.
    .do = Nothing was sent.
message-undelivered = Row { $row } (slot { $slot }): the message was not taken over.
    .do = Run the command again; it goes on where it stopped.
smtp-address = “{ $address }” is not the address of a mail server.
    .do = Write smtps://host, smtp://host:587 or smtp://localhost:25; user and password have their own options.
smtp-refused = The mail server did not confirm the message of slot { $slot } (status { $status }).
    .do = Check address, user, password and the limits of the mail server.
code-unusable = A code could not be used.
    .do = Run the command again.
slot-without-code = Slot { $slot } has no confirmed code.
    .do = Run the command again.
journal-in-use = Another program is working with the journal { $path }.
    .do = Wait until it has finished.
journal-unreadable = Line { $row } of the journal is not what it should be.
    .do = Do not go on: restore the journal from a backup, or issue all codes anew under a new election.
journal-of-another = The journal belongs to another election or registrar ({ $election }).
    .do = Give the right one with --journal.
journal-order = The journal does not allow this step now.
    .do = Check what was done before; codes of a finished roll part are changed with “registrar replace”.
journal-broken = The journal could not be written; nothing more was sent.
    .do = Check the free space, then run the command again; it goes on where it stopped.
issue-preview = { $members } members in { $groups } groups.
issue-preview-group = {"  "}{ $group }: { $members }
issue-sample = A message as it will look (its code works nowhere):
    ----
    { $text }
    ----
issue-dry-run = Nothing was made and nothing was sent.
issue-progress = { $done } of { $total } messages handed over
issue-carried = { $count } members keep the codes of the earlier round.
issue-incomplete = { $left } of { $total } members have no confirmed message yet; the roll part was not posted.
    .do = Run the command again; it goes on where it stopped.
member-unknown = There is no member { $number } on the roll and in the slots file.
    .do = Check the number.
roll-part-invalid = The roll part would not be accepted.
    .do = Check roll and journal; nothing was posted.
roll-part-of-another-run = The log already has a roll part of this key that this journal did not make.
    .do = Find the journal of that run. If nobody knows of it, the key is in wrong hands: tell the organiser at once.
roll-changed-after-seal = The roll is not the one whose roll part was made.
    .do = Use that roll; a lost code is replaced with “registrar replace”.
roll-part-written = The roll part is in { $path }; run the command without --no-post to post it.
roll-part-posted = The roll part with { $count } members is in the log. All codes are erased from this device.
roll-parts-missing = The log is not far enough for this.
    .do = Look at “isoloir election status” to see who has still to act.
previous-needed = The election continues { $id }: codes of that round stay valid.
    .do = Give that election with --previous and your journal of it with --previous-journal.
previous-not-closed = The earlier round is not closed.
    .do = Wait until it is.
previous-journal-differs = The journal of the earlier round and its log disagree about slot { $slot }.
    .do = Check that it is this registrar’s journal of that election.
registrar-consented = Your consent to serve as registrar in “{ $title }” is in the log.
replaced = Slot { $slot } has a new code; the old one is dead. A ballot that was cast with it stays until the member votes again.

## Log

checkpoint-invalid = The log’s checkpoint is not signed as it should be.
    .do = Do not go on. Tell the witnesses and the other tellers.
log-forked = The log of size { $size } is not the one that was shown before, or that its checkpoint says.
    .do = This is proof of a forged log. Keep the lines above, do not sign anything, tell everybody.
log-damaged = The entries that came are not those that the log has signed ({ $size } entries). They were damaged on the way, or the server sends others; this proves nothing.
    .do = Nothing was signed. Try again, if it stays so over another network, and tell the operator of the server.
log-shrank = The log was { $before } entries long and is now { $now }.
    .do = Try again in a minute. If it stays so, tell the witnesses.
log-breaks-rules = Entry { $index } of the log breaks the rules ({ $check }).
    .do = Do not sign anything. Tell the witnesses and the other tellers.
clocks-differ = Entries of the log are dated { $minutes } minutes later than this device’s clock.
    .do = Set this device’s clock; if it is right, tell the server’s operator and the witnesses.
replay-over = The replay of this log ended with a fault.
    .do = Start the program again.
entry-refused = The log would not take this now.
    .do = Read the reason above, and “isoloir election status”.

## Organiser

phase-setup = being prepared
phase-open = open
phase-suspended = suspended
phase-closed = closed, tellers report
phase-fixed = ballots fixed, tellers sum
phase-counted = counted
status-title = { $title }: { $phase } ({ $size } entries)
status-turnout = { $ballots } of { $voters } voters have voted.
status-registrar = Registrar { $name }: consent { $consent }, roll part { $roll }
status-teller = Teller { $name }: consent { $consent }, report { $report }, sums { $sums }
status-witness = Witness { $name } has cosigned { $size } of { $log } entries.
status-witness-never = Witness { $name } has not cosigned yet.
status-notice = Notice of { $time }: { $text }
lacks-registrar-consent = The registrar { $name } has not consented yet.
    .do = They run “isoloir registrar consent”.
lacks-roll-part = The roll part of { $name } is missing.
    .do = They run “isoloir registrar issue”.
lacks-teller-consent = The teller { $name } has not consented yet.
    .do = They use the tellers’ page or “isoloir teller consent”.
opened = Signed: { $voters } voters can vote from { $opens }.
close-not-opened = The vote was never opened.
    .do = Run “isoloir election open”.
close-waits = The log closes by itself at { $end }. Nobody can close it earlier; “election notice suspend” stops voting at once.
closed = Closed with { $ballots } ballots of { $voters } voters.
closed-awaits = The report of teller { $name } is awaited.
closing-code = Closing code: { $code }
counting-code = Counting code: { $code }
notice-too-long = The text is too long.
    .do = Use at most { $most } characters.
notice-posted = The notice is entry { $index } of the log.

## Tellers

consent-witnesses = “{ $title }” has { $count } witnesses, of whom { $quorum } must agree. Compare each fingerprint with what that witness published:
ask-witnesses-compared = Have you compared them? (yes/no)
witnesses-not-compared = The witnesses’ keys were not compared.
    .do = Compare them first: with wrong witnesses a dishonest server could show you another ballot box.
teller-consented = Your consent is in the log.
teller-drilled = The drill is in the log: everybody can see that your keys open.
not-closed-yet = The vote is not closed yet; it ends at { $end }.
    .do = Come back then, or say --wait.
not-fixed-yet = The ballots are not fixed yet: { $reports } reports; it takes all, or { $quorum } when the window is over.
    .do = Come back later, or say --wait.
report-window-open = The ballots were fixed before the window for reports is over by this device’s clock ({ $until }).
    .do = Check this device’s clock. If it is right, do not sign: tell the other tellers.
witnesses-missing = Fewer than { $quorum } witnesses have signed the log at this point.
    .do = Ask the witnesses whether their program runs, then try again or say --wait.
ask-only-device = Is this the only device on which this key is used for this election? (yes/no)
teller-other-device = The key may have signed for another ballot box on another device.
    .do = Go on with that device, whose state file knows what was signed.
teller-other-root = This device has already signed for another ballot box of this election ({ $known }, now { $found }).
    .do = Never sign both. Somebody shows different logs: tell the other tellers and the witnesses.
teller-state-unreadable = The state file { $path } is not what it should be.
    .do = Do not delete it: it prevents signing twice. Restore it from a backup.
ask-code-of-others = Type the code that the other tellers read to you:
codes-differ = The codes differ; here it is { $code }.
    .do = Read them again. If they really differ, nobody signs: the tellers are shown different logs.
rare-weight = In { $groups } fewer than { $smallest } ballots weigh { $weight }: totals may reveal those votes.
boxes-progress = { $checked } of { $current } boxes checked
boxes-missing = { $count ->
    [one] One box is missing.
   *[other] { $count } boxes are missing.
}
    .do = Ask for them: whoever voted can bring them back with the voting page. They may be reported as missing only from { $from }.
boxes-missing-now = { $count ->
    [one] One box is still missing.
   *[other] { $count } boxes are still missing.
}
    .do = If nobody has them, say --report-missing: the loss becomes public and the ballots stay counted.
boxes-missing-for-sums = { $count ->
    [one] The box of a counted ballot is missing; without it there are no sums.
   *[other] { $count } boxes of counted ballots are missing; without them there are no sums.
}
    .do = Ask the server’s operator for a backup and the voters to bring them back. Any tellers up to the threshold who have all boxes are enough.
opener-stopped = The boxes cannot be opened now.
    .do = Check that it is the right key and that the log is closed.
too-few-ballots = Too few ballots were cast: counting them would reveal votes.
    .do = There is no count; the election ends without a result.
report-already = The report of this teller is already in the log.
reported = The report is in the log: { $checked } boxes checked, { $complaints } complaints, { $missing } missing.
sums-already = The sums of this teller are already in the log.
sums-without-report = This teller has not reported.
    .do = Run “isoloir teller report” first.
summed = The sums are in the log; it takes { $need } tellers for the result, there are { $have } now.

## Paper and carried files

paper-title = Isoloir: a teller’s key
paper-code-title = 1. The locked key
paper-code-text = The passphrase opens it. Scan it on the tellers’ page, or with any reader of QR codes.
paper-words-title = 2. The key itself, in words
paper-words-text = Whoever reads these words is the teller. Cut here, keep this half in a sealed envelope, away from everything else. It helps when file and passphrase are lost.
paper-written = The sheet is in { $path }. Open it in a browser, print it, and destroy the file: the words on it are the key.
paper-too-long = The key file does not fit a QR code.
    .do = Use the copy that was saved when the key was made.
paper-code-unreadable = { $path } is not the text of a teller’s QR code.
    .do = Scan the code again and save its whole text.
ask-words = Words { $from } to { $to }:
paper-count = { $found } words were given, a sheet has { $words }.
    .do = Look for a word that was left out or typed twice.
paper-unknown = Words { $places } are not in the list.
    .do = Read these words again; the first four letters are enough.
paper-wrong = Words { $places } are wrong.
    .do = Read these words again.
paper-swapped = Words { $places } changed places.
    .do = Type these two in the order of the sheet.
paper-damaged = More than two words are wrong.
    .do = Read the whole sheet again, line by line.
paper-restored = The key is in { $path }. Compare its fingerprint with the election’s: { $fingerprint }
mirror-asked = Asked { $mirror }; boxes still missing: { $missing }
mirror-left-aside = The mirror { $mirror } is left aside.
entry-file-unreadable = { $path } is not an entry of this election made on a machine without a network.
    .do = Choose the file that the other machine saved last, and the right election.
entry-sent = It is in the log, entry { $index }.

## Witnesses

witness-name = “{ $name }” cannot be a witness’s name.
    .do = Use letters, digits and dots without spaces or +, such as witness.example.org.
witness-state-unreadable = The witness’s memory { $path } is not what it should be.
    .do = Restore it from a backup, or start with a new key in a new election.
witness-alarm = ALARM: the log is not what it was. Nothing is cosigned any more; the evidence is in { $path }.
    .do = Publish that file, and tell the tellers before they sign anything.
witness-alarmed = This witness has raised an alarm before; the evidence is in { $path }.
    .do = Publish that file. This witness cosigns this log no more.
witness-follows = { $name } follows “{ $title }”.
witness-cosigned = Cosigned { $size } entries.

## Copies

copy-listens = What is kept is served: this copy listens on { $address }.
copy-failed = The copy cannot be kept.
    .do = See whether the disk is full and whether another program uses the folder. What was kept before is still there.
mirror-key = To get boxes as well, give this key to the operator of the server, for “isoloir serve --mirror”: { $key }
mirror-kept = “{ $title }”: { $size } entries are kept.
mirror-boxes = “{ $title }”: boxes that are not kept: { $missing }
mirror-no-boxes = The server gives no boxes of “{ $title }” to this mirror; the log is kept without them.
    .do = Ask the operator to name this mirror’s key with “isoloir serve --mirror”. It is tried again by itself.
mirror-alarm = ALARM: the log is not what it was. Nothing more is copied of it; the evidence is in { $path }.
    .do = Publish that file: it holds both checkpoints that the log signed. What was kept goes on being served, with the alarm.
mirror-alarmed = This mirror has raised an alarm before; the evidence is in { $path }.
    .do = Publish that file. Nothing more is copied of this log as long as it lies there.
mirror-alarm-unreadable = The evidence of an alarm { $path } is not what it should be.
    .do = Keep the file and ask whoever may have changed it.

## Voting, receipts

code-of-another = The code of registrar { $registrar } is not that of this slot.
    .do = Use the newest message.
code-lacking = There is not one code of every registrar.
    .do = Use both messages.
choice-not-allowed = The choice is not allowed.
    .do = Choose as many options as the question asks for.
receipt-wrong = The receipt that the server gave is not that of this ballot.
    .do = Keep it and tell the organiser: the ballot may not be in the ballot box.
receipt-unreadable = { $path } is not a receipt.
    .do = Use the file that the voting page gave you.
receipt-where = There is nowhere to look for the receipt.
    .do = Name the server with --server, a witness with --witness or an archive with --archive.
receipt-not-found = The server knows no ballot of voter { $slot } with the receipt code { $code }.
    .do = Check number and code. If they are right, the ballot is missing: show your receipt file to the organiser.
receipt-counted = Receipt { $code } of voter { $slot }: this ballot is in the ballot box and is counted.
receipt-current = Receipt { $code } of voter { $slot }: this ballot is in the ballot box and is the voter’s current one.
receipt-superseded = Receipt { $code } of voter { $slot }: ALARM, a later ballot was cast with your codes; if not by you, report it.
receipt-void = Receipt { $code } of voter { $slot }: this ballot is excluded ({ $reason }).
receipt-invalid = Receipt { $code } of voter { $slot }: this receipt does not hold against the log.
receipt-log-fails = The log itself does not pass its checks; a receipt in it is worth little. Run “isoloir audit”.
receipt-at = At { $name }, which has { $size } entries:
receipt-witness-behind = { $name } has not come as far as this receipt yet: ask again in a minute. If it stays so, ask whoever runs it.
receipt-witness-alarm = { $name } has raised an ALARM: the server showed it two different logs. Both signed checkpoints are in its status.
receipt-server-away = The server { $server } was not reached; the witnesses were asked alone.
receipt-compared = Compared with the log at { $name }:
receipt-disagree = They do NOT agree: somebody shows another log. Keep the receipt and tell the witnesses, the tellers and the organiser.

## Audit

archive-unreadable = { $source } is not an archive that can be read.
    .do = Give the folder or the zip with entries.bin and checkpoint, or a link to the election. If this copy is damaged, take another one: from the server, a mirror or a witness.
audit-which-election = The server has { $count } elections: { $ids }
    .do = Give a link to the one you mean, such as https://host/audit/#ELECTION.
check-v1 = every entry can be read, the tree has the signed root, enough witnesses have signed it
check-v2 = the manifest is in bounds and signed, tellers and registrars have consented
check-v3 = every roll part is signed and every key part proven, all parts list the same voters
check-v4 = the entries come in the right order and at the right times
check-v5 = every ballot is proven and signed with its voter’s key
check-v6 = every ballot replaces the one before it
check-v7 = replacements and notices are signed and fresh
check-v8 = reports and their complaints hold
check-v9 = the counted ballots and the groups are the right ones
check-v10 = each teller’s sums open the commitments
check-v11 = the published result is the one that the sums give
check-v12 = the given receipts are in the log and counted
audit-check-passed = { $check }  holds      { $what }
audit-check-undecided = { $check }  undecided  { $what }: an earlier fault stopped the replay
audit-check-failed = { $check }  FAILS      { $what }: { $reasons }
check-v1-means = The log was changed, forked or badly timed, or too few witnesses confirmed it.
check-v2-means = The announcement or an agreement is not valid.
check-v3-means = The roll has a voter or a key that is not proved.
check-v4-means = An entry came when the rules do not allow it.
check-v5-means = A ballot was accepted that is not valid, or is of no voter.
check-v6-means = A voter’s ballots do not replace each other as the rules say.
check-v7-means = A replaced code or a notice is not signed, or too old.
check-v8-means = A teller’s report or complaint is not valid.
check-v9-means = Other ballots or groups were counted than the rules say.
check-v10-means = A teller’s sums are not those of the sealed ballots.
check-v11-means = The published totals are not what the sums give.
check-v12-means = A given receipt is not in the log, or its ballot does not count.
fault-leaf = the entry cannot be read
fault-time = it is dated before the entry before it
fault-manifest-first = the announcement is the first entry and no other
fault-body = the content of { $kind } cannot be read
fault-manifest = the announcement is out of its bounds
fault-signature = { $kind } is not signed by the key that was announced
fault-unknown-role = the announcement knows no { $role } { $number }
fault-consent-log = { $role } { $number } agreed to another log
fault-not-opened = { $kind } came before the vote was opened
fault-already-opened = { $kind } came after the vote was opened
fault-not-closed = { $kind } came before the vote was closed
fault-already-closed = { $kind } came after the vote was closed
fault-not-fixed = { $kind } came before the counted ballots were fixed
fault-twice = there is one already: { $kind }
fault-too-early = { $kind } came before its time
fault-too-late = { $kind } came after its time
fault-data = the data of { $kind } are missing or others
fault-roll = the roll part of registrar { $number } is not valid
fault-roll-rows = registrar { $number } lists other voters than the others
fault-slot-key = the key of voter { $slot } is none
fault-parts-missing = roll parts are missing: { $count }
fault-no-consent = { $role } { $number } has not agreed
fault-suspended = the vote was suspended
fault-unknown-slot = there is no voter { $slot }
fault-ballot = the proof of the ballot of voter { $slot } does not hold
fault-box = a sealed part of the ballot of voter { $slot } is not the ballot’s
fault-supersedes = it does not replace the last ballot of voter { $slot }
fault-no-revote = voter { $slot } has voted already
fault-not-fresh = { $kind } was signed for another point of the log, or stands twice
fault-signed-at = { $kind } was signed too long before or after it was logged
fault-notice-state = the notice does not fit: suspended twice, or a closing time that is not later
fault-report-log = teller { $number } reports about another log
fault-complaint = a complaint of teller { $number } is not proved
fault-complaint-index = teller { $number } complains about an entry that is no current ballot
fault-late-complaint = teller { $number } complains after the counted ballots were fixed
fault-not-reported = teller { $number } has not reported
fault-too-few = there are too few ballots to count without revealing votes
fault-counted = teller { $number } added up other ballots
fault-sums-data = the sums of teller { $number } cannot be read
fault-sums = the sums of teller { $number } are not those of the sealed ballots
fault-sums-missing = { $found } of { $needed } sums are there
fault-totals = the totals are not those that the sums give
fault-checkpoint = a checkpoint cannot be read, or is not signed by the log
fault-other-tree = the checkpoint of { $size } entries is of another log
fault-objections = witnesses who object to the times: { $count }
fault-quorum = { $found } of { $needed } witnesses have signed the log from { $size } entries on
fault-previous-other = the earlier archive is not that of the round before
fault-previous-fails = the earlier archive is not closed or does not pass
fault-previous-key = voter { $slot } has another key than at the end of the round before
fault-previous-returned = voter { $slot } was left out of a round and came back with an old key
fault-source = source { $number } has another log of { $size } entries or more, signed by the same key
fault-receipt = receipt { $number } does not hold
kind-manifest = the announcement
kind-consent = a consent
kind-roll-part = a roll part
kind-open = the opening
kind-ballot = a ballot
kind-replacement = a replaced code
kind-notice = a notice
kind-close = the closing
kind-report = a teller’s report
kind-sums = a teller’s sums
kind-result = the result
kind-fix = the fixing of the counted ballots
role-teller = teller
role-registrar = registrar
void-malformed = a box that is none
void-open = a box that does not open
void-encoding = a share that is no number
void-share = a share that does not fit
void-missing = a box that is missing
audit-source-same = { $name } has the same log, as far as { $size } entries.
audit-source-differs = { $name } has ANOTHER log, from { $size } entries on.
audit-source-signed = {"    "}The log’s own key signed both: keep the two files, they prove that its keeper showed two histories.
audit-source-other = { $name } is of another election.
audit-source-unsigned = { $name } holds nothing that this log signed.
audit-more = and { $count } more
audit-means = {"    "}→ { $means }
audit-failure-entry = entry { $entry }: { $facts }
audit-election = { $title } ({ $id })
audit-size = { $size } entries, { $voters } voters, { $ballots } ballots
audit-objections = { $count ->
    [one] One witness objects to times in the log.
   *[other] { $count } witnesses object to times in the log.
}
audit-wrong-cosignatures = { $count ->
    [one] One cosignature does not verify and was ignored.
   *[other] { $count } cosignatures do not verify and were ignored.
}
audit-void = The ballot at entry { $index } is void: complaint of teller { $teller }, { $reason }.
audit-missing-box = The box of the ballot at entry { $index } was reported missing by teller { $tellers }.
audit-no-result = There is no result in the log.
audit-holds = Every check holds.
audit-fails = NOT every check holds: this archive proves no result.
result-question = { $title }
result-line = {"  "}{ $name }: { $votes }
result-blank = Blank
result-bucket = {"    "}{ $groups }: { $votes }

## Demonstration

demo-folder-not-empty = { $path } is not empty and not a demonstration’s folder.
    .do = Choose another with --folder.
demo-command = This command of the demonstration failed: { $command }
    .do = See commands.log in the demonstration’s folder.
demo-cast = A member could not vote.
    .do = See server.log in the demonstration’s folder.
demo-script = The browser’s part “{ $part }” failed.
    .do = See what it printed above.
demo-totals-differ = The result { $counted } is not what was voted: { $cast }.
    .do = This must not happen; keep the folder and report it.
demo-server = The server runs at { $url }.
demo-keys = Keys made: organiser, { $registrars } registrars, { $tellers } tellers (2 open the result), { $witnesses } witnesses.
demo-announced = Announced: { $title }
demo-issued = { $messages } messages with codes for { $members } members lie in the maildirs.
demo-opened = Open. It closes at { $closes }.
demo-ballots = { $ballots } of { $voters } members have voted.
demo-waits-for-close = Waiting for the closing.
demo-extended = Extended until { $closes }.
demo-archive = The public archive is in { $path }. Its audit:
demo-totals-agree = The verified totals are exactly the { $votes } votes that were cast.
demo-links-voters =
    {""}
    Vote as one of these members (each link is personal):
demo-link-voter = {"  "}Voter { $slot }: { $link }
demo-link-second = {"    "}second code, from the other registrar: { $code }
demo-links-pages =
    {""}
    Result: { $results }
    Audit: { $audit }
    Tellers: { $tellers }
demo-teller = {"  "}{ $name }: key file { $key }, passphrase { $passphrase }
demo-file = The same as JSON: { $path }
demo-what-next =
    {""}
    The vote closes at { $closes }. Then any two tellers report and sum on their page; with all three it goes on at once, with two after 15 minutes.
    More time: { $program } election notice extend --election { $election } --key { $organiser } --passphrase-file { $passphrase } --text "…" --until TIME
    Verify everything: { $program } audit '{ $archive }'
demo-runs = The server runs until you press Ctrl+C.

## The pages of a release

site-list-unreadable = { $source } is not a list of hashes of a release.
    .do = Give the file hashes.txt of the release, made by the build of the pages.
site-no-list = This program was built without pages, so it has no list of its own.
    .do = Name the list of the release: --list hashes.txt
site-changed = CHANGED  { $path }: the server sends other bytes than the release has.
site-changed-encoded = CHANGED  { $path }, compressed as { $encoding }: the server or a proxy before it sends other bytes than the release has.
site-missing = MISSING  { $path }: the server answers with status { $status }.
site-policy = UNSAFE   { $path }: the content security policy is missing or allows more than the pages need.
site-holds = { $server } hands out the pages of the release { $build }: { $files } files, every byte as listed.
site-fails = { $server } does NOT hand out the pages of the release { $build }: { $count } differences. Do not vote through it before its operator has explained them.
site-one-answer = A server can give others other pages. Check again from other places and networks.

## Copies of a server's database

backup-made = The copy is in { $path }. It holds sealed ballots: keep it safe, and delete it when the server deletes its own, 7 days after the result.
backup-exists = { $path } is there already.
    .do = Name a new file for a copy, or a folder without a database to bring one back.
backup-damaged = The log { $log } of this copy does not replay.
    .do = Take an older or another copy. Nothing was brought back.
backup-failed = The copy cannot be made or read: { $path }.
    .do = Check that the folder holds isoloir.sqlite, that there is room, and that you may read and write there.
restore-log = Log { $log }: { $size } entries, replayed and equal to the signed checkpoint.
restore-no-key = The key of log { $log } is not in { $path }: its election can be read but cannot go on.
restore-old = Brought back. If ballots were answered after this copy was made, their receipts will not be found: tell voters, tellers and witnesses before you serve it.

## The watch from outside

watch-good = All is well: the server answers, the log continues, the witnesses sign, ballots would be received.
watch-down = { $server } does not answer as it should.
    .do = Ask its operator. Voters’ pages try again by themselves; nothing that was answered is lost.
watch-clock = The server’s clock and this device’s differ by { $seconds } seconds.
    .do = Look which of the two is wrong. Voting opens and closes by the server’s clock.
watch-log = ALARM: the log is not what it was, or cannot be read. The checkpoint that was good is kept in { $path }.
    .do = Read what follows. If the log is another one, keep that file and tell the tellers, the witnesses and the public.
watch-times = Entry { $index } of the log is dated later than now.
    .do = Look at the clocks of the server and of this device.
watch-witness = These witnesses have not signed what has been in the log for long ({ $size } entries): { $names }.
    .do = Ask whoever runs them. The count needs enough witnesses.
watch-slot = What the server says of voter { $slot } is not what the log says.
    .do = Tell the operator and the public: a voter’s page would be misled. Voters should wait.
watch-ballots = The server does not take ballots as it should.
    .do = Ask its operator at once. Voters’ pages keep their ballots and send them again.
watch-pages = The server does not send the pages of the release { $build }: { $count } differences.
    .do = Do not vote through it before its operator has explained them. “site check” names the files.
watch-slow = The server took { $seconds } seconds to answer.
    .do = Ask the operator whether it is busy.
watch-late = Voting ended { $seconds } seconds ago, and the log does not say so.
    .do = Ask the operator: the server’s clock may have jumped, or its database may be away. Nothing can be counted before.
watch-behind = The server shows a log of { $shown } entries, although there are { $known }.
    .do = Ask the operator. If it lasts, entries are being held back: tell the witnesses and the public.
watch-witness-down = { $name } does not answer as it should.
    .do = Ask whoever runs it.
watch-witness-alarm = ALARM: { $name } has been shown a log that does not continue what it saw.
    .do = Ask whoever runs it for both checkpoints, and tell the tellers and the public.
watch-witness-fork = ALARM: the { $size } entries that { $name } has are not those that the server shows.
    .do = Keep both checkpoints, and tell the tellers, the witnesses and the public.
watch-canary = ALARM: a ballot made from what the server tells voter { $slot } would not be that voter’s ballot in this election.
    .do = Tell the operator and the public: voters should wait.
watch-forged = ALARM: the server has taken a ballot with a wrong code for voter { $slot }.
    .do = Tell the tellers, the witnesses and the public. Whoever checks the log will find it.
watch-mail = The alarm could not be sent by mail (status { $status }).
    .do = Check address, user, password and the limits of the mail server.
watch-subject = Isoloir watch: { $title }
watch-hook = The program { $path } could not be run or failed.
    .do = Run it by hand once, with a line of text as its input.
watch-state-unreadable = { $path } is not what this watch has written about this election.
    .do = Give each election a file of its own with --state.
