// The vote page: loads the election, finds out what is possible now, and leads through
// identify → choose → review → cast → receipt.

import catalogues from "virtual:catalogues/vote";

import { chooseElection } from "../../components/choose-election";
import { errorScreen } from "../../components/errors";
import { working } from "../../components/parts";
import { startPage, type Shell } from "../../components/shell";
import { api, serverNow, type Status } from "../../lib/api";
import { takeFragment, type Fragment } from "../../lib/fragment";
import { t } from "../../lib/i18n";
import { isoloir } from "../../lib/isoloir";
import { votingNow } from "../../lib/phase";
import { reloadOnNewLink } from "../../lib/reload";
import { resupply } from "../../lib/resupply";
import type { Isoloir } from "../../wasm/types";
import { showChoose } from "./choose";
import { showEarly, type Early } from "./early";
import { identify, showWelcome } from "./identify";
import { showPhase } from "./phases";
import { showReceipt } from "./receipt";
import { showReview } from "./review";
import { resume } from "./send";
import { draftOf, keep, kept, type Vote } from "./state";
import { watch } from "./watch";

// Before anything else: the fragment may hold a code.
const fragment = takeFragment();
reloadOnNewLink();
void start();

async function start(): Promise<void> {
  const shell = await startPage({ catalogues, name: "vote.page" });
  const election = await chooseElection(shell, fragment?.election ?? null);
  await load(shell, { election, slot: fragment?.slot ?? null, code: fragment?.code ?? null });
}

async function load(shell: Shell, link: Fragment & { election: string }): Promise<void> {
  shell.show({ render: () => working(t("common.loading")) });
  try {
    const module = isoloir();
    module.catch(() => undefined);
    const status = await api.status(link.election);
    const early = showEarly(shell, status, link);
    await begin(shell, link, status, early, await module.catch((error: unknown) => {
      // Where the module cannot run, at least the phase is told: there may be nothing to do here.
      if (votingNow(status, serverNow(), null) === "closed") return null;
      throw error;
    }));
  } catch (error) {
    shell.show({ render: () => errorScreen(error, () => load(shell, link)) });
  }
}

async function begin(shell: Shell, link: Fragment & { election: string }, status: Status, early: Early | null, module: Isoloir | null): Promise<void> {
  if (!module) return showPhase(shell, status, null);
  const info = await module.election(link.election);
  const before = kept(module, link.election);
  const vote: Vote = {
    shell, isoloir: module, info, status,
    slot: link.slot ?? before?.slot ?? null,
    codes: before?.codes ?? info.manifest.registrars.map(() => null),
    loose: before?.loose ?? null,
    typed: early?.typed ?? {},
    early,
    voter: null,
    draft: draftOf(info, before),
    prepared: null,
    receipt: null,
    openedAt: before?.openedAt ?? serverNow(),
    seen: 0,
    screen: "identify",
    back: before?.screen ?? null,
    sent: false,
  };
  if (before && link.slot !== null && before.slot !== link.slot) {
    vote.codes = info.manifest.registrars.map(() => null);
    vote.loose = null;
    vote.draft = draftOf(info, null);
    vote.back = null;
  }
  if (link.code !== null) vote.loose = link.code;
  keep(vote);
  onBack(vote);
  void resupply(module, info, status);
  watch(vote, () => route(vote));
  await route(vote);
}

/** Shows what is possible now. A ballot on its way comes before everything else. */
export async function route(vote: Vote): Promise<void> {
  const kept = vote.isoloir.page.pending.list(vote.info.id);
  const waiting = kept.find((pending) => pending.receipt === null);
  if (waiting) return resume(vote, waiting);
  if (votingNow(vote.status, serverNow(), vote.openedAt) !== "open") {
    showPhase(vote.shell, vote.status, vote, () => route(vote));
    return;
  }
  const done = kept.find((pending) => pending.slot === vote.slot)?.receipt;
  if (done && vote.loose === null && vote.codes.every((code) => code === null)) return showAgain(vote, done);
  await identify(vote);
}

/** After a reload: the receipt that this device has kept, verified again, and not an empty form. */
async function showAgain(vote: Vote, file: string): Promise<void> {
  try {
    const receipt = await vote.isoloir.receipts.check(file);
    vote.receipt = receipt;
    vote.sent = true;
    showReceipt(vote, receipt);
  } catch {
    await identify(vote);
  }
}

/** The phone's back button goes back one screen, and nowhere once the ballot is sent. */
function onBack(vote: Vote): void {
  history.replaceState({ screen: "identify" }, "");
  addEventListener("popstate", (event) => {
    const screen = (event.state as { screen?: string } | null)?.screen;
    if (vote.sent) {
      if (vote.receipt) showReceipt(vote, vote.receipt);
      return;
    }
    if (!vote.voter || vote.voter.missing.length > 0) return;
    if (screen === "choose") showChoose(vote, false);
    else if (screen === "review") void showReview(vote, false);
    else showWelcome(vote);
  });
}
