### Ce que dit la ligne de commande. Un échec est une paire : ce qui ne va pas, et (.do) ce qu’il faut faire.

## Général

yes = oui
no = non
file-unreadable = { $path } ne peut pas être lu.
    .do = Vérifiez le chemin et le droit de lire ce fichier.
file-unwritable = { $path } ne peut pas être écrit.
    .do = Vérifiez le chemin, la place libre et le droit d’y écrire.
file-exists = { $path } existe déjà et n’est pas remplacé.
    .do = Choisissez un autre nom, ou déplacez le fichier s’il ne sert vraiment plus.
nobody-to-ask = Il n’y a personne pour répondre : « { $question } ».
    .do = Lancez la commande dans un terminal, ou donnez la réponse par une option (voir --help).
zone-unknown = Il n’y a pas de fuseau horaire « { $zone } ».
    .do = Écrivez-le ainsi : Europe/Paris ou America/Montreal.
time-unreadable = « { $time } » n’est pas une date et une heure.
    .do = Écrivez 2026-12-01T12:00:00Z, 2026-12-01T13:00:00+01:00, ou « 2026-12-01 13:00 » avec un fuseau.
time-ambiguous = L’heure locale « { $time } » n’existe pas ou existe deux fois, à cause du changement d’heure.
    .do = Écrivez-la avec Z ou avec un décalage comme +01:00.

## Serveur

server-address = « { $server } » n’est pas l’adresse d’un serveur.
    .do = Écrivez-la ainsi : https://vote.example.org.
server-not-https = { $server } serait joint sans chiffrement.
    .do = Utilisez son adresse https. Seul un serveur sur cette machine peut être joint en http.
server-unreachable = { $server } ne répond pas.
    .do = Vérifiez l’adresse et la connexion, puis recommencez : toute commande peut être répétée.
server-refused = Le serveur refuse (code { $status }, { $reason }).
    .do = Lisez la raison ; si elle n’est pas claire, montrez-la à l’exploitant du serveur.
server-answer = La réponse du serveur n’est pas celle attendue.
    .do = Vérifiez que l’adresse est celle d’un serveur Isoloir de cette version.
serve-failed = Le serveur ne fonctionne pas.
    .do = Vérifiez l’adresse d’écoute, l’adresse publique et le dossier des données.
serve-tls = Le serveur ne peut pas parler TLS avec ces réglages.
    .do = Donnez le certificat avec ceux qui le relient à une racine connue (fullchain.pem) et sa propre clé privée (privkey.pem), tous deux en fichiers PEM lisibles par l’utilisateur du serveur, et une adresse publique qui commence par https.
serve-database-address = L’adresse de la base de données n’est pas comprise.
    .do = Écrivez-la ainsi : postgres://utilisateur@hôte/nom, avec des paramètres de PostgreSQL après un point d’interrogation, comme sslmode=verify-full.
serve-mirror-key = « { $key } » n’est pas la clé d’un miroir.
    .do = Recopiez la clé telle que « isoloir mirror » l’affiche au démarrage.
serve-no-organiser = Aucun organisateur ne peut ouvrir de scrutin sur ce serveur : indiquez leurs fichiers publics avec --organiser.
settings-unreadable = Le fichier de réglages { $path } est incompréhensible.
    .do = Corrigez la ligne indiquée ci-dessous ; packaging/serve.toml montre tous les réglages.
settings-key = { $path } contient un réglage inconnu, « { $key } ». Vouliez-vous dire « { $nearest } » ?
    .do = Corrigez le nom, ou supprimez la ligne.
settings-missing = Le réglage « { $key } » manque.
    .do = Donnez --{ $option }, ou un fichier avec « { $key } » par --config.
serve-listens = Le serveur écoute sur { $address } ; les électeurs le joignent à { $url }.
serve-stopped = Le serveur est arrêté.

## Scrutins et liens

link-unreadable = Ce n’est pas un lien vers un scrutin.
    .do = Copiez le lien entier, de https:// jusqu’à la fin.
election-file-unreadable = { $path } n’est pas un fichier de scrutin.
    .do = Utilisez le fichier écrit par « isoloir election new », ou un lien vers une page du scrutin.
manifest-invalid = La description du scrutin enfreint une règle.
    .do = Corrigez dans la description ce qui est nommé ci-dessus.
manifest-of-another = C’est un autre scrutin : { $found } au lieu de { $expected }.
    .do = Vérifiez quel fichier ou lien on vous a donné, et qui. Si un serveur le montre sous ce lien, prévenez les témoins.
description-unreadable = La description { $path } ne peut pas être comprise.
    .do = Corrigez la ligne nommée ci-dessus ; la documentation montre un exemple complet.
public-file-unreadable = { $path } n’est pas un fichier public.
    .do = Demandez à son propriétaire le fichier .pub.json écrit par keygen.
public-file-of-another-role = { $path } est le fichier public d’un rôle « { $found } », et non « { $expected } ».
    .do = Nommez-le sous le bon rôle dans la description.
summary-title = Scrutin : { $title }
summary-times = Ouvert de { $opens } à { $closes }, plus { $grace } minutes de grâce
summary-question = Question { $number } : { $title } ({ $options } options, au moins { $min }, au plus { $max })
summary-tellers = { $tellers } scrutateurs ; { $threshold } d’entre eux ouvrent le résultat (et pourraient ensemble rompre le secret) ; s’ils ne sont pas tous là, il faut les rapports de { $quorum }. Comparez les clés :
summary-registrars = Responsables de la liste : { $registrars }. Comparez les clés :
summary-witnesses = Témoins : { $witnesses }, quorum { $quorum }. Comparez les clés :
named-key = {"  "}{ $name } : { $fingerprint }
description-good = { $warnings ->
    [0] La description est utilisable.
    [one] La description est utilisable ; il y a un avertissement ci-dessus.
   *[other] La description est utilisable ; il y a { $warnings } avertissements ci-dessus.
}
election-made = Le scrutin { $id } est annoncé. Donnez { $path } à toutes les personnes qui y participent.
election-links = Résultat : { $results }
    Scrutateurs : { $tellers }
    Vérification : { $audit }
witnesses-demanded = Un scrutateur peut manquer, mais il y a moins de deux témoins.
    .do = Ajoutez deux témoins (le délégué d’un concurrent peut faire tourner le programme), ou dites --fewer-witnesses.

## Avertissements sur une description

warn-witnesses = { $threshold } scrutateurs sur { $tellers } suffisent, mais moins de deux témoins doivent être d’accord.
    .do = Sans témoins, un serveur malhonnête pourrait montrer des urnes différentes aux scrutateurs. Ajoutez deux témoins.
warn-single-teller = Un seul scrutateur peut lire tous les votes.
    .do = Nommez au moins trois scrutateurs qui ne se font pas confiance, et un seuil de deux.
warn-no-absent-teller = Les { $tellers } scrutateurs sont tous nécessaires : si l’un perd sa clé, il n’y aura pas de résultat.
    .do = Nommez un scrutateur de plus que le seuil.
warn-single-registrar = Il y a un seul responsable de la liste, qui détient un instant l’unique code de chaque électeur.
    .do = Avec deux responsables et deux canaux, personne ne peut voter à la place d’un adhérent.
warn-opens-in-the-past = Le vote ouvrirait dans le passé.
    .do = Corrigez « opens », sauf s’il doit ouvrir aussitôt.
warn-closes-in-the-past = Le vote fermerait dans le passé.
    .do = Corrigez « closes ».
warn-no-zone = Les heures sans décalage ni fuseau sont prises en UTC.
    .do = Ajoutez zone = "Europe/Paris" ou écrivez les heures avec Z.
warn-no-grace = Il n’y a pas de délai de grâce à la fermeture : qui est alors sur la page ne peut pas terminer.
    .do = Mettez grace_minutes à 15, sauf si votre règlement l’interdit.
warn-short-report = Les scrutateurs n’ont que { $minutes } minutes pour leur rapport.
    .do = Mettez report_minutes à 60 ou plus, pour que les électeurs puissent vérifier leurs récépissés.
warn-language-missing = Des textes manquent dans une langue que d’autres ont : { $languages }.
    .do = Ajoutez les traductions manquantes.
warn-roll-too-small = La liste a { $members } membres, moins que le plus petit groupe de { $smallest } : rien ne pourrait être compté.
    .do = Baissez smallest_group, en sachant que de petits groupes révèlent les votes.
warn-groups-merged = { $count ->
    [one] Un groupe a moins de { $smallest } membres et sera fusionné avant le dépouillement.
   *[other] { $count } groupes ont moins de { $smallest } membres et seront fusionnés avant le dépouillement.
}
    .do = Rien, si leurs membres acceptent que leur résultat ne soit pas montré à part.
warn-groups-empty = { $count ->
    [one] Un groupe n’a aucun membre.
   *[other] { $count } groupes n’ont aucun membre.
}
    .do = Vérifiez l’orthographe des groupes dans la liste et la description.
warn-rare-weight = { $members ->
    [one] Un seul membre a
   *[other] Seuls { $members } membres ont
} { $weight } voix, moins de { $smallest } : les totaux peuvent révéler leur vote.
    .do = Envisagez de donner à tous le même nombre de voix.

## Clés

ask-passphrase = Phrase secrète de { $path } :
ask-passphrase-again = La même phrase encore une fois :
passphrase-differs = Les deux phrases diffèrent.
    .do = Recommencez et tapez lentement.
passphrase-suggested = Une phrase secrète que personne ne devinera, si elle vous convient : { $passphrase }
passphrase-short = La phrase secrète est trop courte.
    .do = Prenez au moins { $characters } caractères : quatre ou cinq mots que personne ne devinerait.
passphrase-wrong = La phrase secrète n’ouvre pas { $path }.
    .do = Vérifiez les majuscules et le clavier, et que c’est bien la phrase de cette clé.
key-file-unreadable = { $path } n’est pas un fichier de clé, ou il est abîmé.
    .do = Utilisez votre copie de secours.
key-file-of-another-role = { $path } n’est pas le fichier de clé d’un rôle « { $expected } ».
    .do = Donnez avec --key le fichier du bon rôle.
key-in-use = Un autre programme travaille avec { $path }.
    .do = Attendez qu’il ait fini.
key-not-in-manifest = Cette clé n’est pas nommée dans ce scrutin.
    .do = Vérifiez le fichier de clé et le scrutin.
key-made = La clé est dans { $path }. Gardez-la séparée de sa phrase secrète, avec une copie de secours. Envoyez { $public } à l’organisateur.
key-fingerprint = Empreinte à comparer : { $fingerprint }

## Liste électorale

roll-too-large = La liste a { $bytes } octets, plus de { $limit }.
    .do = Enregistrez-la en CSV, sans autres feuilles ni images.
roll-empty = La liste n’a aucun membre.
    .do = Vérifiez le fichier : la première ligne nomme les colonnes, chaque ligne suivante est un membre.
roll-row-unreadable = Ligne { $row } : elle ne peut pas être lue.
    .do = Vérifiez ses guillemets.
roll-column-missing = Il n’y a pas de colonne « { $column } ».
    .do = Nommez les colonnes dans la première ligne : numéro, nom, courriel, section, et au besoin prénom, voix, langue.
roll-column-twice = Il y a deux colonnes « { $column } ».
    .do = Gardez-en une.
roll-no-number = Ligne { $row } : pas de numéro d’adhérent.
    .do = Ajoutez-le.
roll-no-name = Ligne { $row } : pas de nom.
    .do = Ajoutez-le.
roll-control-character = Ligne { $row } : un saut de ligne ou autre caractère de commande dans le numéro ou le nom.
    .do = Enlevez-le.
roll-no-contact = Ligne { $row } : l’adhérent { $number } n’a pas d’adresse électronique.
    .do = Trouvez l’adresse, ou une autre voie pour cette personne, avant que la liste soit arrêtée.
roll-bad-contact = Ligne { $row } : l’adresse électronique de l’adhérent { $number } n’en est pas une.
    .do = Corrigez-la.
roll-unknown-group = Ligne { $row } : le scrutin n’a pas de groupe « { $group } ».
    .do = Corrigez la ligne, ou ajoutez le groupe à la description avant d’annoncer le scrutin.
roll-group-spelling = Ligne { $row } : « { $group } » s’écrit « { $near } » dans le scrutin.
    .do = Corrigez la ligne.
roll-bad-weight = Ligne { $row } : « { $weight } » n’est pas un nombre de voix.
    .do = Écrivez un nombre entier à partir de 1.
roll-unknown-language = Ligne { $row } : il n’y a pas de messages en « { $language } ».
    .do = Écrivez fr ou en, ou laissez le champ vide.
roll-number-twice = Ligne { $row } : le numéro { $number } est déjà à la ligne { $first }.
    .do = Corrigez l’une des deux ; personne n’est enlevé automatiquement.
roll-name-twice = Les lignes { $first } et { $row } portent le même nom.
    .do = Vérifiez que ce sont deux personnes. Les deux restent sur la liste.
roll-address-twice = Les lignes { $first } et { $row } ont la même adresse électronique.
    .do = Qui lit cette boîte reçoit les deux codes. Corrigez, ou dites --allow-shared-addresses si les deux adhérents sont d’accord.
roll-windows-1252 = La liste n’est pas en UTF-8 ; elle a été lue en Windows-1252.
    .do = Vérifiez que les accents ci-dessous sont justes.
slots-unreadable = La ligne { $row } du fichier des numéros d’électeur n’est pas comme elle devrait.
    .do = Utilisez le fichier tel que le premier responsable l’a écrit.
slots-missing = Le fichier des numéros d’électeur { $path } n’est pas là.
    .do = Demandez-le au premier responsable de la liste : tous ont besoin du même.
slots-member-missing = Ligne { $row } : l’adhérent { $number } n’a pas de numéro d’électeur.
    .do = Utilisez le fichier des numéros de cette liste, ou faites ajouter l’adhérent par le premier responsable.
slots-changed = Les { $count } premières lignes du fichier des numéros ne sont pas celles sous lesquelles des codes ont été envoyés.
    .do = Utilisez le fichier tel qu’il était : sinon des adhérents recevraient les codes d’autres.
slots-written = { $path } : { $added } ajoutés, { $count } en tout. Donnez-le aux autres responsables et gardez-le pour un second tour.
roll-row-differs = Ligne { $row } (électeur { $slot }) : la liste de l’autre responsable a un autre groupe ou nombre de voix, ou pas cet adhérent.
    .do = Comparez les deux listes ; elles doivent nommer les mêmes adhérents, groupes et voix.
roll-slot-lacking = L’électeur { $slot } est sur la liste de l’autre responsable et pas sur celle-ci.
    .do = Comparez les deux listes.

## Codes et messages

sender-unreadable = « { $from } » n’est pas un expéditeur.
    .do = Écrivez-le ainsi : "Congrès <vote@example.org>".
template-no-subject = Le modèle n’a pas d’objet.
    .do = Commencez sa première ligne par « Subject: ».
template-no-code = Le modèle n’utilise pas { $field }.
    .do = Mettez { $field } seul sur une ligne.
template-code-in-subject = Le modèle a le code dans l’objet, où il serait montré sur un écran verrouillé.
    .do = Mettez-le dans le texte.
template-brace = Le modèle a une accolade qui n’appartient à aucun champ.
    .do = Écrivez les champs comme dans les modèles fournis, sans autres accolades.
template-unknown-field = Il n’y a pas de champ « { $field } ».
    .do = Utilisez name, number, title, organiser, registrar, slot, opens, closes, server, test, check, et link ou code.
template-empty-field = Le champ « { $field } » serait vide.
    .do = Remplissez-le : un message avec un blanc n’est jamais envoyé.
message-faulty = Un message ne serait pas juste ({ $what }).
    .do = Rien n’a été envoyé. Vérifiez le modèle et l’expéditeur.
message-for-row = Le message de la ligne { $row } ne peut pas être fait.
    .do = Rien n’a été envoyé.
message-undelivered = Ligne { $row } (électeur { $slot }) : le message n’a pas été pris en charge.
    .do = Relancez la commande ; elle reprend où elle s’est arrêtée.
smtp-address = « { $address } » n’est pas l’adresse d’un serveur de courrier.
    .do = Écrivez smtps://hôte, smtp://hôte:587 ou smtp://localhost:25 ; l’utilisateur et le mot de passe ont leurs options.
smtp-refused = Le serveur de courrier n’a pas confirmé le message de l’électeur { $slot } (code { $status }).
    .do = Vérifiez l’adresse, l’utilisateur, le mot de passe et les limites du serveur de courrier.
code-unusable = Un code n’a pas pu être utilisé.
    .do = Relancez la commande.
slot-without-code = L’électeur { $slot } n’a pas de code confirmé.
    .do = Relancez la commande.
journal-in-use = Un autre programme travaille avec le journal { $path }.
    .do = Attendez qu’il ait fini.
journal-unreadable = La ligne { $row } du journal n’est pas comme elle devrait.
    .do = N’allez pas plus loin : reprenez une copie de secours du journal, ou refaites tous les codes dans un nouveau scrutin.
journal-of-another = Le journal est celui d’un autre scrutin ou d’un autre responsable ({ $election }).
    .do = Donnez le bon avec --journal.
journal-order = Le journal ne permet pas cette étape maintenant.
    .do = Vérifiez ce qui a été fait ; les codes d’une liste terminée se changent avec « registrar replace ».
journal-broken = Le journal n’a pas pu être écrit ; rien de plus n’a été envoyé.
    .do = Vérifiez la place libre, puis relancez la commande ; elle reprend où elle s’est arrêtée.
issue-preview = { $members } adhérents dans { $groups } groupes.
issue-preview-group = {"  "}{ $group } : { $members }
issue-sample = Un message tel qu’il sera (son code ne marche nulle part) :
    ----
    { $text }
    ----
issue-dry-run = Rien n’a été fait et rien n’a été envoyé.
issue-progress = { $done } messages remis sur { $total }
issue-carried = { $count } adhérents gardent les codes du tour précédent.
issue-incomplete = { $left } adhérents sur { $total } n’ont pas encore de message confirmé ; la liste n’a pas été publiée.
    .do = Relancez la commande ; elle reprend où elle s’est arrêtée.
member-unknown = Il n’y a pas d’adhérent { $number } sur la liste et dans le fichier des numéros.
    .do = Vérifiez le numéro.
roll-part-invalid = La liste publique ne serait pas acceptée.
    .do = Vérifiez la liste et le journal ; rien n’a été publié.
roll-part-of-another-run = Le registre a déjà une liste signée de cette clé que ce journal n’a pas faite.
    .do = Trouvez le journal de cette exécution. Si personne ne la connaît, la clé est en de mauvaises mains : prévenez aussitôt l’organisateur.
roll-changed-after-seal = La liste n’est pas celle dont la partie publique a été faite.
    .do = Utilisez cette liste ; un code perdu se remplace avec « registrar replace ».
roll-part-written = La partie publique est dans { $path } ; relancez sans --no-post pour la publier.
roll-part-posted = La liste publique de { $count } adhérents est au registre. Tous les codes sont effacés de cet appareil.
roll-parts-missing = Le registre n’est pas assez avancé pour cela.
    .do = Regardez « isoloir election status » pour savoir qui doit encore agir.
previous-needed = Le scrutin continue { $id } : les codes de ce tour restent valables.
    .do = Donnez ce scrutin avec --previous et votre journal de ce scrutin avec --previous-journal.
previous-not-closed = Le tour précédent n’est pas fermé.
    .do = Attendez qu’il le soit.
previous-journal-differs = Le journal du tour précédent et son registre ne disent pas la même chose de l’électeur { $slot }.
    .do = Vérifiez que c’est le journal de ce responsable pour ce scrutin.
registrar-consented = Votre accord pour être responsable de la liste de « { $title } » est au registre.
replaced = L’électeur { $slot } a un nouveau code ; l’ancien est mort. Un bulletin déposé avec lui reste jusqu’à ce que l’adhérent revote.

## Registre

checkpoint-invalid = L’état signé du registre n’est pas signé comme il devrait.
    .do = N’allez pas plus loin. Prévenez les témoins et les autres scrutateurs.
log-forked = Le registre de taille { $size } n’est pas celui montré avant, ou celui que dit son état signé.
    .do = C’est la preuve d’un registre falsifié. Gardez les lignes ci-dessus, ne signez rien, prévenez tout le monde.
log-damaged = Les entrées reçues ne sont pas celles que le registre a signées ({ $size } entrées). Elles ont été abîmées en route, ou le serveur en envoie d’autres ; cela ne prouve rien.
    .do = Rien n’a été signé. Réessayez, si cela dure par un autre réseau, et prévenez l’exploitant du serveur.
log-shrank = Le registre avait { $before } entrées et n’en a plus que { $now }.
    .do = Réessayez dans une minute. Si cela dure, prévenez les témoins.
log-breaks-rules = L’entrée { $index } du registre enfreint les règles ({ $check }).
    .do = Ne signez rien. Prévenez les témoins et les autres scrutateurs.
clocks-differ = Des entrées du registre sont datées { $minutes } minutes après l’horloge de cet appareil.
    .do = Mettez à l’heure cet appareil ; s’il l’est déjà, prévenez l’exploitant du serveur et les témoins.
replay-over = La relecture de ce registre s’est terminée par une faute.
    .do = Relancez le programme.
entry-refused = Le registre n’accepterait pas cela maintenant.
    .do = Lisez la raison ci-dessus, et « isoloir election status ».

## Organisateur

phase-setup = en préparation
phase-open = ouvert
phase-suspended = suspendu
phase-closed = fermé, rapports des scrutateurs
phase-fixed = bulletins arrêtés, sommes des scrutateurs
phase-counted = dépouillé
status-title = { $title } : { $phase } ({ $size } entrées)
status-turnout = { $ballots } électeurs sur { $voters } ont voté.
status-registrar = Responsable { $name } : accord { $consent }, liste { $roll }
status-teller = Scrutateur { $name } : accord { $consent }, rapport { $report }, sommes { $sums }
status-witness = Le témoin { $name } a contresigné { $size } entrées sur { $log }.
status-witness-never = Le témoin { $name } n’a pas encore contresigné.
status-notice = Annonce du { $time } : { $text }
lacks-registrar-consent = Le responsable { $name } n’a pas encore donné son accord.
    .do = Il lance « isoloir registrar consent ».
lacks-roll-part = La liste de { $name } manque.
    .do = Il lance « isoloir registrar issue ».
lacks-teller-consent = Le scrutateur { $name } n’a pas encore donné son accord.
    .do = Il utilise la page des scrutateurs ou « isoloir teller consent ».
opened = Signé : { $voters } électeurs peuvent voter à partir de { $opens }.
close-not-opened = Le vote n’a jamais été ouvert.
    .do = Lancez « isoloir election open ».
close-waits = Le registre se ferme de lui-même à { $end }. Personne ne peut le fermer plus tôt ; « election notice suspend » arrête le vote aussitôt.
closed = Fermé avec { $ballots } bulletins pour { $voters } électeurs.
closed-awaits = Le rapport du scrutateur { $name } est attendu.
closing-code = Code de clôture : { $code }
counting-code = Code de dépouillement : { $code }
notice-too-long = Le texte est trop long.
    .do = Prenez au plus { $most } caractères.
notice-posted = L’annonce est l’entrée { $index } du registre.

## Scrutateurs

consent-witnesses = « { $title } » a { $count } témoins, dont { $quorum } doivent être d’accord. Comparez chaque empreinte avec celle que ce témoin a publiée :
ask-witnesses-compared = Les avez-vous comparées ? (oui/non)
witnesses-not-compared = Les clés des témoins n’ont pas été comparées.
    .do = Comparez-les d’abord : avec de faux témoins, un serveur malhonnête pourrait vous montrer une autre urne.
teller-consented = Votre accord est au registre.
teller-drilled = L’exercice est au registre : chacun voit que vos clés s’ouvrent.
not-closed-yet = Le vote n’est pas encore fermé ; il finit à { $end }.
    .do = Revenez alors, ou dites --wait.
not-fixed-yet = Les bulletins ne sont pas encore arrêtés : { $reports } rapports ; il les faut tous, ou { $quorum } quand le délai est passé.
    .do = Revenez plus tard, ou dites --wait.
report-window-open = Les bulletins ont été arrêtés avant la fin du délai des rapports selon l’horloge de cet appareil ({ $until }).
    .do = Vérifiez l’horloge de cet appareil. Si elle est juste, ne signez pas : prévenez les autres scrutateurs.
witnesses-missing = Moins de { $quorum } témoins ont signé le registre à ce point.
    .do = Demandez aux témoins si leur programme tourne, puis réessayez ou dites --wait.
ask-only-device = Est-ce le seul appareil où cette clé sert pour ce scrutin ? (oui/non)
teller-other-device = La clé a pu signer pour une autre urne sur un autre appareil.
    .do = Continuez avec cet appareil-là, dont le fichier d’état sait ce qui a été signé.
teller-other-root = Cet appareil a déjà signé pour une autre urne de ce scrutin ({ $known }, maintenant { $found }).
    .do = Ne signez jamais les deux. Quelqu’un montre des registres différents : prévenez les autres scrutateurs et les témoins.
teller-state-unreadable = Le fichier d’état { $path } n’est pas comme il devrait.
    .do = Ne le supprimez pas : il empêche de signer deux fois. Reprenez une copie de secours.
ask-code-of-others = Tapez le code que les autres scrutateurs vous lisent :
codes-differ = Les codes diffèrent ; ici c’est { $code }.
    .do = Relisez-les. S’ils diffèrent vraiment, personne ne signe : on montre aux scrutateurs des registres différents.
rare-weight = Dans { $groups }, moins de { $smallest } bulletins pèsent { $weight } : les totaux peuvent révéler ces votes.
boxes-progress = { $checked } boîtes vérifiées sur { $current }
boxes-missing = { $count ->
    [one] Une boîte manque.
   *[other] { $count } boîtes manquent.
}
    .do = Réclamez-les : qui a voté peut les rapporter avec la page de vote. On ne peut les déclarer manquantes qu’à partir de { $from }.
boxes-missing-now = { $count ->
    [one] Une boîte manque encore.
   *[other] { $count } boîtes manquent encore.
}
    .do = Si personne ne les a, dites --report-missing : la perte devient publique et les bulletins restent comptés.
boxes-missing-for-sums = { $count ->
    [one] La boîte d’un bulletin compté manque ; sans elle, pas de sommes.
   *[other] { $count } boîtes de bulletins comptés manquent ; sans elles, pas de sommes.
}
    .do = Demandez une copie de secours à l’exploitant du serveur, et aux électeurs de les rapporter. Il suffit d’autant de scrutateurs complets que le seuil.
opener-stopped = Les boîtes ne peuvent pas être ouvertes maintenant.
    .do = Vérifiez que c’est la bonne clé et que le registre est fermé.
too-few-ballots = Trop peu de bulletins ont été déposés : les compter révélerait les votes.
    .do = Il n’y a pas de dépouillement ; le scrutin finit sans résultat.
report-already = Le rapport de ce scrutateur est déjà au registre.
reported = Le rapport est au registre : { $checked } boîtes vérifiées, { $complaints } plaintes, { $missing } manquantes.
sums-already = Les sommes de ce scrutateur sont déjà au registre.
sums-without-report = Ce scrutateur n’a pas fait de rapport.
    .do = Lancez d’abord « isoloir teller report ».
summed = Les sommes sont au registre ; il faut { $need } scrutateurs pour le résultat, il y en a { $have } maintenant.

## Papier et fichiers portés à la main

paper-title = Isoloir : la clé d’un scrutateur
paper-code-title = 1. La clé verrouillée
paper-code-text = La phrase secrète l’ouvre. Scannez ce code sur la page des scrutateurs, ou avec n’importe quel lecteur de codes QR.
paper-words-title = 2. La clé elle-même, en mots
paper-words-text = Quiconque lit ces mots est le scrutateur. Coupez ici et gardez cette moitié sous enveloppe fermée, loin du reste. Elle sert quand le fichier et la phrase secrète sont perdus.
paper-written = La feuille est dans { $path }. Ouvrez-la dans un navigateur, imprimez-la et détruisez le fichier : les mots qu’elle porte sont la clé.
paper-too-long = Le fichier de clé ne tient pas dans un code QR.
    .do = Prenez la copie enregistrée quand la clé a été faite.
paper-code-unreadable = { $path } n’est pas le texte du code QR d’un scrutateur.
    .do = Scannez encore le code et enregistrez tout son texte.
ask-words = Mots { $from } à { $to } :
paper-count = { $found } mots ont été donnés, une feuille en a { $words }.
    .do = Cherchez un mot oublié ou tapé deux fois.
paper-unknown = Les mots { $places } ne sont pas dans la liste.
    .do = Relisez ces mots ; les quatre premières lettres suffisent.
paper-wrong = Les mots { $places } sont faux.
    .do = Relisez ces mots.
paper-swapped = Les mots { $places } ont changé de place.
    .do = Tapez ces deux mots dans l’ordre de la feuille.
paper-damaged = Plus de deux mots sont faux.
    .do = Relisez toute la feuille, ligne par ligne.
paper-restored = La clé est dans { $path }. Comparez son empreinte avec celle du scrutin : { $fingerprint }
mirror-asked = Demandé à { $mirror } ; boîtes encore manquantes : { $missing }
mirror-left-aside = Le miroir { $mirror } est laissé de côté.
entry-file-unreadable = { $path } n’est pas une entrée de ce scrutin faite sur une machine sans réseau.
    .do = Choisissez le dernier fichier enregistré par l’autre machine, et le bon scrutin.
entry-sent = C’est dans le journal, entrée { $index }.

## Témoins

witness-name = « { $name } » ne peut pas être le nom d’un témoin.
    .do = Prenez des lettres, chiffres et points, sans espace ni +, comme temoin.example.org.
witness-state-unreadable = La mémoire du témoin { $path } n’est pas comme elle devrait.
    .do = Reprenez une copie de secours, ou une nouvelle clé dans un nouveau scrutin.
witness-alarm = ALERTE : le registre n’est plus ce qu’il était. Plus rien n’est contresigné ; la preuve est dans { $path }.
    .do = Publiez ce fichier, et prévenez les scrutateurs avant qu’ils signent quoi que ce soit.
witness-alarmed = Ce témoin a déjà donné l’alerte ; la preuve est dans { $path }.
    .do = Publiez ce fichier. Ce témoin ne contresigne plus ce registre.
witness-follows = { $name } suit « { $title } ».
witness-cosigned = { $size } entrées contresignées.

## Copies

copy-listens = Ce qui est gardé est servi : cette copie écoute sur { $address }.
copy-failed = La copie ne peut pas être gardée.
    .do = Voyez si le disque est plein et si un autre programme utilise le dossier. Ce qui était gardé avant est toujours là.
mirror-key = Pour recevoir aussi les boîtes, donnez cette clé à l’exploitant du serveur, pour « isoloir serve --mirror » : { $key }
mirror-kept = « { $title } » : { $size } entrées sont gardées.
mirror-boxes = « { $title } » : boîtes qui ne sont pas gardées : { $missing }
mirror-no-boxes = Le serveur ne donne pas de boîtes de « { $title } » à ce miroir ; le registre est gardé sans elles.
    .do = Demandez à l’exploitant de nommer la clé de ce miroir avec « isoloir serve --mirror ». L’essai est répété de lui-même.
mirror-alarm = ALERTE : le registre n’est plus ce qu’il était. Plus rien n’en est copié ; la preuve est dans { $path }.
    .do = Publiez ce fichier : il contient les deux points de contrôle que le registre a signés. Ce qui était gardé reste servi, avec l’alerte.
mirror-alarmed = Ce miroir a déjà donné l’alerte ; la preuve est dans { $path }.
    .do = Publiez ce fichier. Plus rien n’est copié de ce registre tant qu’il est là.
mirror-alarm-unreadable = La preuve d’une alerte { $path } n’est pas comme elle devrait.
    .do = Gardez le fichier et demandez à qui a pu le changer.

## Vote, récépissés

code-of-another = Le code du responsable { $registrar } n’est pas celui de cet électeur.
    .do = Prenez le message le plus récent.
code-lacking = Il n’y a pas un code de chaque responsable.
    .do = Prenez les deux messages.
choice-not-allowed = Ce choix n’est pas permis.
    .do = Choisissez autant d’options que la question le demande.
receipt-wrong = Le récépissé donné par le serveur n’est pas celui de ce bulletin.
    .do = Gardez-le et prévenez l’organisateur : le bulletin n’est peut-être pas dans l’urne.
receipt-unreadable = { $path } n’est pas un récépissé.
    .do = Utilisez le fichier que la page de vote vous a donné.
receipt-where = Il n’y a nulle part où chercher le récépissé.
    .do = Nommez le serveur avec --server, un témoin avec --witness ou une archive avec --archive.
receipt-not-found = Le serveur ne connaît pas de bulletin de l’électeur { $slot } avec le code de récépissé { $code }.
    .do = Vérifiez le numéro et le code. S’ils sont justes, le bulletin manque : montrez votre fichier à l’organisateur.
receipt-counted = Récépissé { $code } de l’électeur { $slot } : ce bulletin est dans l’urne et il est compté.
receipt-current = Récépissé { $code } de l’électeur { $slot } : ce bulletin est dans l’urne et c’est le dernier de l’électeur.
receipt-superseded = Récépissé { $code } de l’électeur { $slot } : ALERTE, un bulletin plus récent a été déposé avec vos codes ; si ce n’est pas vous, signalez-le.
receipt-void = Récépissé { $code } de l’électeur { $slot } : ce bulletin est exclu ({ $reason }).
receipt-invalid = Récépissé { $code } de l’électeur { $slot } : ce récépissé ne tient pas face au registre.
receipt-log-fails = Le registre lui-même ne passe pas ses vérifications ; un récépissé n’y vaut pas grand-chose. Lancez « isoloir audit ».
receipt-at = Chez { $name }, qui a { $size } entrées :
receipt-witness-behind = { $name } n’est pas encore arrivé à ce récépissé : redemandez dans une minute. Si cela dure, demandez à qui le fait tourner.
receipt-witness-alarm = { $name } a donné l’ALERTE : le serveur lui a montré deux registres différents. Les deux points de contrôle signés sont dans son état.
receipt-server-away = Le serveur { $server } n’a pas été joint ; les témoins ont été interrogés seuls.
receipt-compared = Comparé au registre chez { $name } :
receipt-disagree = Ils ne sont PAS d’accord : quelqu’un montre un autre registre. Gardez le récépissé et prévenez les témoins, les scrutateurs et l’organisateur.

## Vérification

archive-unreadable = { $source } n’est pas une archive lisible.
    .do = Donnez le dossier ou le zip avec entries.bin et checkpoint, ou un lien vers le scrutin. Si cette copie est abîmée, prenez-en une autre : au serveur, à un miroir ou chez un témoin.
audit-which-election = Le serveur a { $count } scrutins : { $ids }
    .do = Donnez un lien vers celui que vous voulez, comme https://hôte/audit/#SCRUTIN.
check-v1 = chaque entrée est lisible, l’arbre a la racine signée, assez de témoins l’ont signée
check-v2 = le manifeste est dans les bornes et signé, scrutateurs et responsables ont donné leur accord
check-v3 = chaque liste est signée et chaque clé prouvée, toutes nomment les mêmes électeurs
check-v4 = les entrées viennent dans le bon ordre et aux bons moments
check-v5 = chaque bulletin est prouvé et signé avec la clé de son électeur
check-v6 = chaque bulletin remplace le précédent
check-v7 = les remplacements et annonces sont signés et récents
check-v8 = les rapports et leurs plaintes tiennent
check-v9 = les bulletins comptés et les groupes sont les bons
check-v10 = les sommes de chaque scrutateur ouvrent les engagements
check-v11 = le résultat publié est celui que donnent les sommes
check-v12 = les récépissés donnés sont au registre et comptés
audit-check-passed = { $check }  tient       { $what }
audit-check-undecided = { $check }  indécis     { $what } : une faute antérieure a arrêté la relecture
audit-check-failed = { $check }  NE TIENT PAS  { $what } : { $reasons }
check-v1-means = Le registre a été modifié, dédoublé ou mal daté, ou trop peu de témoins l’ont confirmé.
check-v2-means = L’annonce ou un accord n’est pas valable.
check-v3-means = La liste contient un électeur ou une clé sans preuve.
check-v4-means = Une entrée est venue quand les règles ne le permettent pas.
check-v5-means = Un bulletin accepté n’est pas valable, ou n’est d’aucun électeur.
check-v6-means = Les bulletins d’un électeur ne se remplacent pas selon les règles.
check-v7-means = Un code remplacé ou une annonce n’est pas signé, ou trop ancien.
check-v8-means = Un rapport ou une plainte de scrutateur n’est pas valable.
check-v9-means = D’autres bulletins ou groupes ont été comptés que ceux des règles.
check-v10-means = Les sommes d’un scrutateur ne sont pas celles des bulletins scellés.
check-v11-means = Les totaux publiés ne sont pas ceux que donnent les sommes.
check-v12-means = Un récépissé donné n’est pas au registre, ou son bulletin ne compte pas.
fault-leaf = l’entrée est illisible
fault-time = elle est datée d’avant l’entrée précédente
fault-manifest-first = l’annonce est la première entrée, et aucune autre
fault-body = le contenu de { $kind } est illisible
fault-manifest = l’annonce sort de ses bornes
fault-signature = { $kind } : la signature n’est pas celle de la clé annoncée
fault-unknown-role = l’annonce ne connaît pas de { $role } { $number }
fault-consent-log = { $role } { $number } a donné son accord à un autre registre
fault-not-opened = { $kind } est venu avant l’ouverture
fault-already-opened = { $kind } est venu après l’ouverture
fault-not-closed = { $kind } est venu avant la clôture
fault-already-closed = { $kind } est venu après la clôture
fault-not-fixed = { $kind } est venu avant que les bulletins comptés soient arrêtés
fault-twice = il y en a déjà : { $kind }
fault-too-early = { $kind } est venu trop tôt
fault-too-late = { $kind } est venu trop tard
fault-data = les données de { $kind } manquent ou sont autres
fault-roll = la liste du responsable { $number } n’est pas valable
fault-roll-rows = le responsable { $number } ne nomme pas les mêmes électeurs que les autres
fault-slot-key = la clé de l’électeur { $slot } n’en est pas une
fault-parts-missing = listes manquantes : { $count }
fault-no-consent = { $role } { $number } n’a pas donné son accord
fault-suspended = le vote était suspendu
fault-unknown-slot = il n’y a pas d’électeur { $slot }
fault-ballot = la preuve du bulletin de l’électeur { $slot } ne tient pas
fault-box = une part scellée du bulletin de l’électeur { $slot } n’est pas la sienne
fault-supersedes = il ne remplace pas le dernier bulletin de l’électeur { $slot }
fault-no-revote = l’électeur { $slot } a déjà voté
fault-not-fresh = { $kind } a été signé pour un autre point du registre, ou figure deux fois
fault-signed-at = { $kind } a été signé trop longtemps avant ou après son inscription
fault-notice-state = l’annonce ne convient pas : suspendu deux fois, ou une clôture qui n’est pas plus tardive
fault-report-log = le scrutateur { $number } fait rapport sur un autre registre
fault-complaint = une plainte du scrutateur { $number } n’est pas prouvée
fault-complaint-index = le scrutateur { $number } se plaint d’une entrée qui n’est pas un bulletin en cours
fault-late-complaint = le scrutateur { $number } se plaint après que les bulletins comptés ont été arrêtés
fault-not-reported = le scrutateur { $number } n’a pas fait de rapport
fault-too-few = il y a trop peu de bulletins pour compter sans révéler des votes
fault-counted = le scrutateur { $number } a additionné d’autres bulletins
fault-sums-data = les sommes du scrutateur { $number } sont illisibles
fault-sums = les sommes du scrutateur { $number } ne sont pas celles des bulletins scellés
fault-sums-missing = { $found } sommes sur { $needed } sont là
fault-totals = les totaux ne sont pas ceux que donnent les sommes
fault-checkpoint = un point de contrôle est illisible, ou n’est pas signé par le registre
fault-other-tree = le point de contrôle de { $size } entrées est d’un autre registre
fault-objections = témoins qui contestent les heures : { $count }
fault-quorum = { $found } témoins sur { $needed } ont signé le registre à partir de { $size } entrées
fault-previous-other = l’archive antérieure n’est pas celle du tour précédent
fault-previous-fails = l’archive antérieure n’est pas close ou ne tient pas
fault-previous-key = l’électeur { $slot } a une autre clé qu’à la fin du tour précédent
fault-previous-returned = l’électeur { $slot } a manqué un tour et revient avec une ancienne clé
fault-source = la source { $number } a un autre registre de { $size } entrées ou plus, signé de la même clé
fault-receipt = le récépissé { $number } ne tient pas
kind-manifest = l’annonce
kind-consent = un accord
kind-roll-part = une liste
kind-open = l’ouverture
kind-ballot = un bulletin
kind-replacement = un code remplacé
kind-notice = une annonce de l’organisateur
kind-close = la clôture
kind-report = un rapport de scrutateur
kind-sums = les sommes d’un scrutateur
kind-result = le résultat
kind-fix = l’arrêt des bulletins comptés
role-teller = scrutateur
role-registrar = responsable
void-malformed = une boîte qui n’en est pas une
void-open = une boîte qui ne s’ouvre pas
void-encoding = une part qui n’est pas un nombre
void-share = une part qui ne convient pas
void-missing = une boîte qui manque
audit-source-same = { $name } a le même registre, jusqu’à { $size } entrées.
audit-source-differs = { $name } a UN AUTRE registre, à partir de { $size } entrées.
audit-source-signed = {"    "}La clé du registre a signé les deux : gardez les deux fichiers, ils prouvent que son gardien a montré deux histoires.
audit-source-other = { $name } est d’une autre élection.
audit-source-unsigned = { $name } ne contient rien que ce registre ait signé.
audit-more = et { $count } de plus
audit-means = {"    "}→ { $means }
audit-failure-entry = entrée { $entry } : { $facts }
audit-election = { $title } ({ $id })
audit-size = { $size } entrées, { $voters } électeurs, { $ballots } bulletins
audit-objections = { $count ->
    [one] Un témoin conteste des heures du registre.
   *[other] { $count } témoins contestent des heures du registre.
}
audit-wrong-cosignatures = { $count ->
    [one] Une contresignature est fausse et a été ignorée.
   *[other] { $count } contresignatures sont fausses et ont été ignorées.
}
audit-void = Le bulletin de l’entrée { $index } est nul : plainte du scrutateur { $teller }, { $reason }.
audit-missing-box = La boîte du bulletin de l’entrée { $index } est déclarée manquante par le scrutateur { $tellers }.
audit-no-result = Il n’y a pas de résultat au registre.
audit-holds = Toutes les vérifications tiennent.
audit-fails = Toutes les vérifications NE tiennent PAS : cette archive ne prouve aucun résultat.
result-question = { $title }
result-line = {"  "}{ $name } : { $votes }
result-blank = Blanc
result-bucket = {"    "}{ $groups } : { $votes }

## Démonstration

demo-folder-not-empty = { $path } n’est ni vide ni le dossier d’une démonstration.
    .do = Choisissez-en un autre avec --folder.
demo-command = Cette commande de la démonstration a échoué : { $command }
    .do = Voyez commands.log dans le dossier de la démonstration.
demo-cast = Un adhérent n’a pas pu voter.
    .do = Voyez server.log dans le dossier de la démonstration.
demo-script = La partie « { $part } » du navigateur a échoué.
    .do = Voyez ce qu’elle a affiché ci-dessus.
demo-totals-differ = Le résultat { $counted } n’est pas ce qui a été voté : { $cast }.
    .do = Cela ne doit pas arriver ; gardez le dossier et signalez-le.
demo-server = Le serveur tourne à { $url }.
demo-keys = Clés faites : organisateur, { $registrars } responsables de la liste, { $tellers } scrutateurs (2 ouvrent le résultat), { $witnesses } témoins.
demo-announced = Annoncé : { $title }
demo-issued = { $messages } messages avec les codes de { $members } adhérents sont dans les boîtes aux lettres.
demo-opened = Ouvert. Fermeture à { $closes }.
demo-ballots = { $ballots } adhérents sur { $voters } ont voté.
demo-waits-for-close = En attente de la fermeture.
demo-extended = Prolongé jusqu’à { $closes }.
demo-archive = L’archive publique est dans { $path }. Sa vérification :
demo-totals-agree = Les totaux vérifiés sont exactement les { $votes } votes déposés.
demo-links-voters =
    {""}
    Votez comme l’un de ces adhérents (chaque lien est personnel) :
demo-link-voter = {"  "}Électeur { $slot } : { $link }
demo-link-second = {"    "}second code, de l’autre responsable : { $code }
demo-links-pages =
    {""}
    Résultat : { $results }
    Vérification : { $audit }
    Scrutateurs : { $tellers }
demo-teller = {"  "}{ $name } : fichier de clé { $key }, phrase secrète { $passphrase }
demo-file = Les mêmes en JSON : { $path }
demo-what-next =
    {""}
    Le vote ferme à { $closes }. Ensuite, deux scrutateurs font rapport puis somme sur leur page ; avec les trois, c’est immédiat, avec deux, après 15 minutes.
    Plus de temps : { $program } election notice extend --election { $election } --key { $organiser } --passphrase-file { $passphrase } --text "…" --until HEURE
    Tout vérifier : { $program } audit '{ $archive }'
demo-runs = Le serveur tourne jusqu’à ce que vous appuyiez sur Ctrl+C.

## Aide. En anglais elle est dans le code ; « help-any--x » vaut pour l’option --x de toute commande.

help = Vote vérifiable par internet : organiser, dépouiller, observer et vérifier des scrutins.
help-any--lang = Langue des phrases : en ou fr (par défaut : celle de l’environnement)
help-any--election = Le fichier du scrutin, ou un lien vers une page du scrutin
help-any--key = Le fichier de clé
help-any--passphrase-file = Fichier dont la première ligne est la phrase secrète (par défaut : demandée au clavier)
help-any--name = Le nom tel que les électeurs le voient
help-any--out = Le fichier à écrire
help-any--description = La description (TOML ou JSON)
help-any--roll = La liste : CSV avec les colonnes numéro, nom, courriel, section et, au besoin, prénom, voix, langue
help-any--allow-shared-addresses = Continuer bien que plusieurs adhérents aient la même adresse électronique
help-any--slots = Le fichier des numéros d’électeur ; l’exécution du premier responsable l’écrit, les autres le reçoivent
help-any--previous = Le scrutin précédent dont les codes servent encore (second tour)
help-any--server = L’adresse du serveur
help-any--text = Ce que lisent les électeurs : la raison, et quand ils en sauront plus
help-any--zone = Le fuseau des heures sans décalage, comme Europe/Paris
help-serve = Faire tourner le serveur
help-serve--data = Dossier de la base de données et des clés des registres
help-serve--database = Base PostgreSQL, sous la forme postgres://utilisateur@hôte/nom, à la place de SQLite dans le dossier. Plusieurs serveurs peuvent la partager, chacun avec les clés des registres dans son propre dossier. D’autres programmes de la machine voient ce qui est écrit ici : mettez le mot de passe dans la variable PGPASSWORD ou le fichier ~/.pgpass
help-serve--config = Fichier de réglages ; les autres options passent avant ce qu’il dit
help-serve--listen = Où écouter (par défaut : 127.0.0.1:8080). Une socket transmise par systemd passe avant
help-serve--tls-certificate = Fichier du certificat (PEM, avec ceux qui le relient à une racine connue), pour parler TLS sans intermédiaire. Relu quand il change
help-serve--tls-key = Clé privée du certificat (PEM, sans phrase secrète)
help-serve--public-url = L’adresse que voient les électeurs ; son hôte fait partie pour toujours du nom de chaque registre
help-serve--organiser = Fichier public d’un organisateur qui peut ouvrir des scrutins ici
help-serve--open-to-any-organiser = Laisser n’importe qui ouvrir des scrutins (pour essayer)
help-serve--pages = Dossier de pages construites depuis la source, à la place de celles du programme
help-serve--witness-url = Adresse d’un témoin qui sert ce qu’il a vu ; les pages le nomment et peuvent l’interroger sur les récépissés. Plusieurs fois s’il y en a plusieurs
help-serve--mirror = Clé publique d’un miroir qui peut copier les boîtes, telle que « isoloir mirror » l’affiche ; plusieurs fois s’il y en a plusieurs
help-serve--look = Fichier JSON avec le nom, la couleur, le logo et le fuseau horaire de l’organisateur, montrés sur les pages
help-serve--metrics = Où les programmes de surveillance lisent les chiffres
help-serve--log-format = Forme des lignes du journal (par défaut : text)
help-election = Pour les organisateurs : décrire, annoncer, ouvrir et suivre un scrutin
help-election-keygen = Faire une clé d’organisateur
help-election-check = Relire une description, sans rien faire
help-election-new = Annoncer un scrutin : faire, signer et publier son manifeste
help-election-new--fewer-witnesses = Continuer avec moins de deux témoins bien qu’un scrutateur puisse manquer
help-election-slots = Donner à chaque membre d’une liste un numéro d’électeur, pour tous les responsables
help-election-status = Montrer où en est un scrutin
help-election-open = Signer l’ouverture, quand toutes les listes et tous les accords sont là
help-election-close = Attendre la fermeture et montrer le code de clôture
help-election-close--no-wait = Dire ce qui manque et revenir sans attendre
help-election-notice = Suspendre, reprendre ou prolonger le vote, ou dire quelque chose aux électeurs
help-election-notice-suspend = Ne plus accepter de bulletins ; ceux déposés restent
help-election-notice-resume = Accepter de nouveau des bulletins
help-election-notice-extend = Reporter la fermeture à plus tard
help-election-notice-extend--until = La nouvelle fermeture, comme 2026-12-03T21:00:00Z ou sans Z dans --zone
help-election-notice-message = Dire quelque chose aux électeurs
help-registrar = Pour les responsables de la liste : remettre les codes de vote
help-registrar-keygen = Faire une clé de responsable
help-registrar-keygen--channel = Par quelle voie partent ses codes, tel qu’on le dit aux électeurs
help-registrar-consent = Accepter de servir dans un scrutin
help-registrar-issue = Faire un code pour chaque membre, remettre les messages et publier la liste publique
help-registrar-issue--dry-run = Tout vérifier et montrer un exemple ; ne rien faire ni envoyer
help-registrar-issue--again = Faire et envoyer un nouveau code à ce numéro d’adhérent bien que son message ait été confirmé (seulement avant la fin de la liste)
help-registrar-issue--no-post = Écrire la liste publique dans ce fichier au lieu de la publier
help-registrar-issue--previous-journal = Au second tour : le journal de ce responsable pour le scrutin précédent
help-registrar-replace = Faire un nouveau code pour un membre qui a perdu le sien, et publier le remplacement
help-registrar-replace--number = Le numéro d’adhérent, comme dans la liste
help-any--journal = Le journal (par défaut : à côté de la clé, un par scrutin)
help-any--maildir = Remettre dans ce dossier maildir, un fichier .eml par membre
help-any--smtp = Remettre par ce serveur de courrier : smtps://hôte[:port], smtp://hôte[:port] (STARTTLS) ou smtp://localhost:port
help-any--smtp-user = Nom d’utilisateur du serveur de courrier
help-any--smtp-password-file = Fichier dont la première ligne est le mot de passe du serveur de courrier
help-any--from = L’expéditeur des messages, comme "Congrès <vote@example.org>"
help-any--template = Votre propre modèle : première ligne « Subject: … », puis le texte avec {"{link}"} ou {"{code}"}
help-any--message-lang = Langue des messages aux membres dont la ligne n’en nomme pas (par défaut : celle du programme)
help-teller = Pour les scrutateurs : clés, accord, rapport et sommes
help-teller-keygen = Faire les clés d’un scrutateur
help-teller-consent = Accepter de servir dans un scrutin, et ses témoins
help-teller-consent--witnesses-compared = Les clés des témoins ont été comparées avec ce qu’ils ont publié
help-teller-drill = Montrer à tous que les clés s’ouvrent encore
help-teller-paper = Écrire une feuille à imprimer, d’où les clés peuvent être retrouvées
help-teller-paper--out = La page à écrire, à ouvrir dans un navigateur et à imprimer ; détruisez-la ensuite
help-teller-restore = Retrouver les clés d’après les mots d’une feuille ou le texte de son code QR
help-teller-restore--out = Le fichier de clé à écrire ; FICHIER.pub.json à côté est comme avant
help-teller-restore--code-file = Fichier avec le texte du code QR (par défaut : les mots sont demandés)
help-teller-restore--words-file = Fichier avec les mots de la feuille (par défaut : demandés au clavier)
help-teller-restore--passphrase-file = Fichier dont la première ligne est la phrase secrète : celle du code, ou une nouvelle pour les mots
help-teller-send = Envoyer une entrée faite sur une machine sans réseau
help-teller-send--entry = Le fichier enregistré par l’autre machine
help-any--mirror = Où demander les boîtes que le serveur n’a pas ; plusieurs fois si besoin
help-teller-report = Après la fermeture : vérifier et ouvrir les boîtes, comparer le code de clôture, faire rapport
help-teller-sums = Après les rapports : comparer le code de dépouillement, publier les sommes
help-any--code = Le code tel que les autres scrutateurs le lisent (par défaut : demandé au clavier)
help-any--only-device = Cette clé n’a fait de rapport sur ce scrutin d’aucun autre appareil
help-any--wait = Attendre que le registre soit fermé (rapport) ou les bulletins arrêtés (sommes)
help-any--report-missing = Dans le dernier tiers du délai : déclarer manquantes les boîtes que personne n’a
help-witness = Pour les témoins : voir qu’il n’y a qu’un seul registre
help-witness-keygen = Faire une clé de témoin ; son nom dans les signatures est sans espace, comme temoin.example.org
help-witness-run = Suivre un registre et le contresigner
help-witness-run--state = Où il retient ce qu’il a vu (par défaut : à côté de la clé, un par scrutin)
help-witness-run--listen = Garder tout le registre et le servir ici, pour que chacun puisse vérifier auprès de ce témoin
help-witness-run--data = Dossier de ce qu’il garde (par défaut : à côté de la clé, un par scrutin)
help-witness-run--public-url = L’adresse où on l’atteint de l’extérieur, si un mandataire est devant
help-witness-run--pages = Dossier de pages construites depuis les sources, au lieu de celles du programme
help-witness-run--once = Regarder une fois, contresigner et revenir
help-witness-run--every = Secondes entre deux regards
help-site = Pour tous : voir si un serveur distribue les pages d’une version
help-site-check = Comparer ce qu’un serveur distribue avec la liste d’empreintes d’une version
help-site-check--url = L’adresse du serveur
help-site-check--list = La liste hashes.txt de la version (par défaut : celle de ce programme)
help-audit = Vérifier tout un scrutin depuis son archive publique
help-audit--archive = L’archive : un dossier, un zip, un lien vers une page du scrutin, ou l’adresse d’un serveur qui n’en a qu’un
help-audit--receipts = Des récépissés à y chercher : fichiers, dossiers ou zips
help-audit--previous = Archive du tour précédent dont les codes ont resservi ; de plusieurs tours, le dernier d’abord
help-audit--compare = Ce qu’un autre a du même registre : une archive, l’adresse d’un miroir, un point de contrôle, la mémoire d’un témoin
help-audit--json = Tout donner en JSON (docs/audit-report.md)
help-mirror = Pour les exploitants et les concurrents : garder une copie entière des scrutins d’un serveur et la servir
help-mirror--url = Le serveur dont les scrutins sont copiés, ou un lien du seul scrutin à copier
help-mirror--listen = Où écouter
help-mirror--data = Dossier de ce qu’il garde, et de la clé avec laquelle il demande les boîtes
help-mirror--public-url = L’adresse où on l’atteint de l’extérieur, si un mandataire est devant
help-mirror--pages = Dossier de pages construites depuis les sources, au lieu de celles du programme
help-mirror--every = Secondes entre deux regards
help-receipt = Pour les électeurs : vérifier un récépissé
help-receipt-check = Vérifier un récépissé face au registre entier de son scrutin
help-receipt-check--receipt = Le fichier du récépissé, ou son lien
help-receipt-check--witness = Un témoin ou miroir à interroger aussi, ou seul ; plusieurs fois s’il y en a plusieurs. Le registre du serveur est comparé au leur
help-receipt-check--archive = Une archive où chercher, au lieu de celle du serveur
help-demo = Jouer sur cette machine un scrutin de 300 membres
help-demo--folder = Dossier des clés, messages, serveur et archive ; une démonstration antérieure y est enlevée
help-demo--port = Port du serveur sur cette machine (0 : un port libre)
help-demo--members = Membres de la liste
help-demo--registrars = Responsables de la liste : avec deux, il faut à un membre les codes de deux messages
help-demo--minutes = Minutes jusqu’à la fermeture (par défaut : 60 ; avec --auto 2)
help-demo--auto = Jouer le scrutin jusqu’au résultat vérifié, garder l’archive et finir
help-demo--browser-script = Avec --auto : une commande qui joue deux électeurs et deux scrutateurs dans un navigateur ; appelée COMMANDE FICHIER vote puis COMMANDE FICHIER count

## Les pages d’une version

site-list-unreadable = { $source } n’est pas une liste d’empreintes d’une version.
    .do = Donnez le fichier hashes.txt de la version, faite avec les pages.
site-no-list = Ce programme a été fait sans pages : il n’a pas de liste à lui.
    .do = Nommez la liste de la version : --list hashes.txt
site-changed = MODIFIÉ  { $path } : le serveur envoie d’autres octets que la version.
site-changed-encoded = MODIFIÉ  { $path }, compressé en { $encoding } : le serveur, ou un intermédiaire devant lui, envoie d’autres octets que la version.
site-missing = ABSENT   { $path } : le serveur répond avec le code { $status }.
site-policy = RISQUE   { $path } : la politique de sécurité du contenu manque ou permet plus qu’il n’en faut.
site-holds = { $server } distribue les pages de la version { $build } : { $files } fichiers, chaque octet comme listé.
site-fails = { $server } ne distribue PAS les pages de la version { $build } : { $count } différences. Ne votez pas par lui avant que son exploitant les ait expliquées.
site-one-answer = Un serveur peut donner d’autres pages à d’autres. Recommencez depuis d’autres lieux et d’autres réseaux.

## Copies de la base d’un serveur

backup-made = La copie est dans { $path }. Elle contient des bulletins scellés : gardez-la en lieu sûr, et effacez-la quand le serveur efface les siens, 7 jours après le résultat.
backup-exists = { $path } existe déjà.
    .do = Nommez un nouveau fichier pour la copie, ou un dossier sans base pour la remettre.
backup-damaged = Le registre { $log } de cette copie ne se rejoue pas.
    .do = Prenez une copie plus ancienne ou une autre. Rien n’a été remis.
backup-failed = La copie ne peut pas être faite ou lue : { $path }.
    .do = Vérifiez que le dossier contient isoloir.sqlite, qu’il reste de la place, et que vous pouvez y lire et écrire.
restore-log = Registre { $log } : { $size } entrées, rejouées et conformes au point de contrôle signé.
restore-no-key = La clé du registre { $log } n’est pas dans { $path } : son scrutin peut être lu mais pas continuer.
restore-old = La copie est remise. Si des bulletins ont reçu une réponse après cette copie, leurs récépissés n’y seront pas : prévenez électeurs, scrutateurs et témoins avant de la servir.

help-backup = Pour les exploitants : copier la base d’un serveur, même pendant qu’il tourne
help-backup--data = Le dossier du serveur
help-backup--keys = Copier aussi les clés des registres dans ce dossier ; gardez-le ailleurs que la copie de la base
help-backup--file = La copie, un nouveau fichier
help-restore = Pour les exploitants : vérifier une copie et la remettre dans un dossier vide
help-restore--data = Le dossier du serveur, sans base
help-restore--keys = Où sont les copies des clés des registres
help-restore--file = La copie

## La surveillance de l’extérieur

watch-good = Tout va bien : le serveur répond, le registre continue, les témoins signent, les bulletins seraient reçus.
watch-down = { $server } ne répond pas comme il le devrait.
    .do = Demandez à son exploitant. Les pages des électeurs réessaient seules ; rien de ce qui a reçu une réponse n’est perdu.
watch-clock = L’horloge du serveur et celle de cet appareil diffèrent de { $seconds } secondes.
    .do = Voyez laquelle des deux est fausse. Le vote ouvre et ferme à l’heure du serveur.
watch-log = ALERTE : le registre n’est plus ce qu’il était, ou ne peut pas être lu. Le point de contrôle qui était bon est gardé dans { $path }.
    .do = Lisez la suite. Si le registre est un autre, gardez ce fichier et prévenez les scrutateurs, les témoins et le public.
watch-times = L’entrée { $index } du registre est datée de plus tard que maintenant.
    .do = Regardez les horloges du serveur et de cet appareil.
watch-witness = Ces témoins n’ont pas signé ce qui est dans le registre depuis longtemps ({ $size } entrées) : { $names }.
    .do = Demandez à ceux qui les font tourner. Le dépouillement a besoin d’assez de témoins.
watch-slot = Ce que le serveur dit de l’électeur { $slot } n’est pas ce que dit le registre.
    .do = Prévenez l’exploitant et le public : la page d’un électeur serait trompée. Que les électeurs attendent.
watch-ballots = Le serveur ne prend pas les bulletins comme il le devrait.
    .do = Demandez aussitôt à son exploitant. Les pages des électeurs gardent leurs bulletins et les renvoient.
watch-pages = Le serveur n’envoie pas les pages de la version { $build } : { $count } différences.
    .do = Ne votez pas par lui avant que son exploitant ne les ait expliquées. « site check » nomme les fichiers.
watch-slow = Le serveur a mis { $seconds } secondes à répondre.
    .do = Demandez à l’exploitant s’il est surchargé.
watch-late = Le vote a fini il y a { $seconds } secondes, et le registre ne le dit pas.
    .do = Demandez à l’exploitant : l’horloge du serveur a peut-être sauté, ou sa base est absente. Rien ne peut être dépouillé avant.
watch-behind = Le serveur montre un registre de { $shown } entrées, alors qu’il y en a { $known }.
    .do = Demandez à l’exploitant. Si cela dure, des entrées sont retenues : prévenez les témoins et le public.
watch-witness-down = { $name } ne répond pas comme il le devrait.
    .do = Demandez à qui le fait tourner.
watch-witness-alarm = ALERTE : on a montré à { $name } un registre qui ne continue pas ce qu’il avait vu.
    .do = Demandez les deux points de contrôle à qui le fait tourner, et prévenez les scrutateurs et le public.
watch-witness-fork = ALERTE : les { $size } entrées que { $name } possède ne sont pas celles que le serveur montre.
    .do = Gardez les deux points de contrôle, et prévenez les scrutateurs, les témoins et le public.
watch-canary = ALERTE : un bulletin fait de ce que le serveur dit à l’électeur { $slot } ne serait pas son bulletin dans ce scrutin.
    .do = Prévenez l’exploitant et le public : que les électeurs attendent.
watch-forged = ALERTE : le serveur a pris un bulletin avec un mauvais code pour l’électeur { $slot }.
    .do = Prévenez les scrutateurs, les témoins et le public. Qui vérifie le registre le trouvera.
watch-mail = L’alerte n’a pas pu être envoyée par courrier (code { $status }).
    .do = Vérifiez l’adresse, l’utilisateur, le mot de passe et les limites du serveur de courrier.
watch-subject = Surveillance Isoloir : { $title }
watch-hook = Le programme { $path } n’a pas pu être lancé ou a échoué.
    .do = Lancez-le une fois à la main, avec une ligne de texte en entrée.
watch-state-unreadable = { $path } n’est pas ce que cette surveillance a écrit sur ce scrutin.
    .do = Donnez à chaque scrutin son propre fichier avec --state.

help-watch = Pour tous : surveiller un scrutin de l’extérieur et donner l’alerte
help-watch--state = Où elle retient ce qu’était le registre ; un fichier par scrutin
help-watch--list = La liste hashes.txt de la version dont le serveur devrait envoyer les pages
help-watch--no-pages = Ne pas regarder les pages
help-watch--once = Regarder une fois ; code de sortie 1 si quelque chose ne va pas (pour cron)
help-watch--every = Secondes entre deux regards
help-watch--patience = Secondes après lesquelles un serveur compte comme muet ; la moitié est lent
help-watch--witness-patience = Minutes après lesquelles un témoin devrait avoir signé ce qui est nouveau
help-watch--witness = Un témoin ou un miroir qui sert ce qu’il garde, à regarder aussi ; plusieurs fois s’il y en a plusieurs
help-watch--mail-to = Adresse à laquelle écrire quand quelque chose commence ou cesse d’aller mal ; plusieurs fois si besoin
help-watch--mail-from = L’expéditeur de ces messages
help-watch--hook = Programme à lancer quand quelque chose commence ou cesse d’aller mal ; il reçoit les phrases en entrée
