// Follows a log for as long as the page is open: looks, replays what is new, cosigns, and says how it stands.

import { heading } from "../../components/election";
import { failure, passes, technical } from "../../components/errors";
import { button, facts, note, progressBar, working, type Tone } from "../../components/parts";
import { backoffMs } from "../../lib/api";
import { fill, h, type Child } from "../../lib/dom";
import { formatNumber, formatSpan, t } from "../../lib/i18n";
import type { ElectionId, ElectionInfo, Progress, Witness, WitnessKey, WitnessLook } from "../../wasm/types";
import { showAlarm } from "./alarm";
import { explainWitness } from "./errors";
import { lineCard } from "./line";
import { forgetPassphrase, type Desk } from "./state";

/** Between two looks, as the command has it. */
const EVERY_MS = 5_000;
/** No sign of the server for so long is said, and then taken for no answer. */
const SLOW_MS = 10_000;
const PATIENCE_MS = 60_000;

/** How it stands: what the last look has found, or why there was none. */
type Standing = { is: "starting" } | { is: "good" | "older" | "unproven"; look: WitnessLook } | { is: "slow" } | { is: "failed"; error: unknown };

const TONES: Record<Standing["is"], Tone> = { starting: "info", good: "ok", older: "warn", slow: "warn", unproven: "bad", failed: "bad" };

/** Opens the key and follows; `failed` is called where it cannot even begin. */
export function showFollow(desk: Desk, key: WitnessKey, election: ElectionId, passphrase: string, failed: (error: unknown) => void): void {
  void follow(desk, key, election, passphrase).catch((error: unknown) => {
    if (failure(error)?.kind === "key") forgetPassphrase(desk);
    failed(error);
  });
}

async function follow(desk: Desk, key: WitnessKey, election: ElectionId, passphrase: string): Promise<void> {
  const { shell, isoloir } = desk;
  const bar = progressBar(t("witness.opening"));
  shell.show({ title: () => t("witness.following"), render: () => working(t("witness.opening"), bar.element) });
  await turn(election, () => shell.show({
    title: () => t("witness.other_tab"),
    render: () => [h("h1", { "data-testid": "other-tab" }, t("witness.other_tab")), h("p", { class: "lead" }, t("witness.other_tab_todo"))],
  }));
  shell.show({ title: () => t("witness.following"), render: () => working(t("witness.opening"), bar.element) });
  const info = await isoloir.election(election);
  const witness = await isoloir.witnesses.open({ election, key, passphrase });
  new Following(desk, key, info, witness, () => isoloir.witnesses.open({ election, key, passphrase })).start();
}

/** Elections for which this tab has its turn. */
const mine = new Set<ElectionId>();

/** One tab of this browser at a time is at work; the database sees to it that a second one could do no harm. */
async function turn(election: ElectionId, waits: () => void): Promise<void> {
  const locks = (navigator as { locks?: LockManager }).locks;
  if (!locks || mine.has(election)) return;
  const name = `isoloir-witness:${election}`;
  // Held until the tab is closed.
  const forever = new Promise<never>(() => undefined);
  const free = await new Promise<boolean>((resolve) => {
    void locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : forever;
    });
  });
  if (!free) {
    waits();
    await new Promise<void>((resolve) => {
      void locks.request(name, () => {
        resolve();
        return forever;
      });
    });
  }
  mine.add(election);
}

class Following {
  readonly #desk: Desk;
  readonly #key: WitnessKey;
  readonly #info: ElectionInfo;
  readonly #reopen: () => Promise<Witness>;
  #witness: Witness;
  #standing: Standing = { is: "starting" };
  /** The last look that found something out. */
  #last: WitnessLook | null = null;
  /** Sizes of the checkpoints that were found good since the page was opened. */
  readonly #sizes = new Set<number>();
  #failures = 0;
  #over = false;
  #wake: () => void = () => undefined;
  /** What the state says already: an alert that is drawn again would be read out again. */
  #said = "";
  #ticking = 0;
  readonly #state = h("div", { "data-testid": "standing" });
  readonly #figures = h("div");
  readonly #bar = progressBar(t("witness.opening"));

  constructor(desk: Desk, key: WitnessKey, info: ElectionInfo, witness: Witness, reopen: () => Promise<Witness>) {
    this.#desk = desk;
    this.#key = key;
    this.#info = info;
    this.#witness = witness;
    this.#reopen = reopen;
  }

  start(): void {
    const { shell } = this.#desk;
    this.#bar.element.hidden = true;
    shell.show({ title: () => t("witness.following"), render: () => this.#screen() });
    // A tab that slept, and a device that is online again, look at once.
    for (const event of ["online", "pageshow"]) addEventListener(event, () => this.#wake());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#wake();
    });
    this.#ticking = window.setInterval(() => this.#drawFigures(), 1_000);
    void this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      const wait = await this.#once();
      if (this.#over) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = () => undefined;
    }
  }

  /** One look. Gives the time until the next. */
  async #once(): Promise<number> {
    const controller = new AbortController();
    let sign = performance.now();
    const watch = setInterval(() => {
      const silent = performance.now() - sign;
      if (silent > PATIENCE_MS) controller.abort();
      else if (silent > SLOW_MS) this.#stand({ is: "slow" });
    }, 1_000);
    const progress = (step: Progress): void => {
      sign = performance.now();
      this.#bar.element.hidden = step.done >= step.total;
      this.#bar.update(step.done, step.total, t(`tellers.stage_${step.stage}`, { done: step.done, total: step.total }));
    };
    try {
      const look = await this.#witness.look({ signal: controller.signal, progress });
      this.#failures = 0;
      this.#take(look);
      return EVERY_MS;
    } catch (error) {
      this.#failures += 1;
      await this.#fail(error);
      const inner = failure(error);
      return Math.max(EVERY_MS, backoffMs(this.#failures + 2, inner?.kind === "network" ? inner.retryAfter : null, Math.random()));
    } finally {
      clearInterval(watch);
      this.#bar.element.hidden = true;
    }
  }

  #take(look: WitnessLook): void {
    this.#last = look;
    const { alarm, memory, name } = this.#witness.view;
    if (alarm !== null) {
      this.#end();
      showAlarm(this.#desk, name, alarm, memory);
      return;
    }
    if (look.outcome === "older" || look.outcome === "unproven") return this.#stand({ is: look.outcome, look });
    this.#sizes.add(look.shown);
    this.#stand({ is: "good", look });
  }

  #end(): void {
    this.#over = true;
    clearInterval(this.#ticking);
    this.#witness.close();
  }

  async #fail(error: unknown): Promise<void> {
    // Given up by this page itself: the server did not answer.
    const silent = failure(error)?.kind === "cancelled";
    this.#stand({ is: "failed", error: silent ? { error: { kind: "network", status: null, problem: null, retryAfter: null, facts: {} } } : error });
    if (failure(error)?.kind !== "crashed") return;
    this.#witness.close();
    try {
      this.#witness = await this.#reopen();
    } catch (again) {
      this.#stand({ is: "failed", error: again });
    }
  }

  #stand(standing: Standing): void {
    const before = this.#standing.is;
    this.#standing = standing;
    this.#drawState();
    this.#drawFigures();
    // What is bad is an alert already.
    if (before !== standing.is && TONES[standing.is] !== "bad") this.#desk.shell.announce(this.#words().what);
  }

  /** What is the case and what to do. */
  #words(): { what: string; todo: string } {
    const standing = this.#standing;
    switch (standing.is) {
      case "starting":
        return { what: t("witness.opening"), todo: t("witness.stay") };
      case "good":
        return { what: t("witness.good_what"), todo: standing.look.phase === "counted" ? t("witness.counted_todo") : t("witness.stay") };
      case "older":
        return { what: t("witness.older_what", { shown: standing.look.shown, seen: this.#witness.view.seen }), todo: t("witness.older_todo") };
      case "unproven":
        return { what: t("witness.unproven_what"), todo: t("witness.unproven_todo") };
      case "slow":
        return { what: t("witness.slow_what"), todo: t("common.tries_again") };
      case "failed":
        return explainWitness(standing.error);
    }
  }

  #drawState(): void {
    const by = this.#standing;
    const { is } = by;
    const { what, todo } = this.#words();
    this.#state.dataset["state"] = is;
    const saying = JSON.stringify([is, what, todo, by.is === "good" && by.look.clockWarning]);
    if (saying === this.#said) return;
    this.#said = saying;
    const technically = by.is === "failed" && !passes(by.error) ? h("p", { class: "small mono" }, technical(by.error)) : null;
    fill(this.#state,
      note(TONES[is], what, todo, by.is === "failed" ? h("p", { class: "muted" }, t("common.tries_again")) : null, technically),
      by.is === "good" && by.look.clockWarning ? note("warn", t("witness.clock_what"), t("witness.clock_todo")) : null);
  }

  #drawFigures(): void {
    const { cosigned, seen, named } = this.#witness.view;
    const ago = cosigned === null ? t("witness.never") : t("witness.ago", { span: formatSpan(Math.max(0, Date.now() - cosigned.seconds * 1_000)) });
    const shows = cosigned === null ? t("witness.shows_none") : t("witness.shows", { size: cosigned.size });
    fill(this.#figures, facts([
      [t("witness.checkpoints"), h("span", { "data-testid": "checkpoints" }, formatNumber(this.#sizes.size))],
      [t("witness.replayed"), h("span", { "data-testid": "replayed" }, formatNumber(this.#last?.replayed ?? 0))],
      [t("witness.seen"), h("span", { "data-testid": "seen" }, formatNumber(seen))],
      named ? [t("witness.cosigned"), h("span", { "data-testid": "cosigned", "data-size": String(cosigned?.size ?? 0) }, ago)] : null,
      named ? [t("witness.server_shows"), shows] : null,
    ]));
  }

  #screen(): Child {
    const { isoloir } = this.#desk;
    const { named, name } = this.#witness.view;
    this.#drawState();
    this.#drawFigures();
    return [
      heading(this.#info.manifest.title, t("witness.following")),
      h("p", null, t("witness.as"), " ", h("bdi", { class: "mono", "data-testid": "name" }, name)),
      this.#state,
      this.#bar.element,
      h("div", { "data-testid": "named", "data-named": String(named) }, named ? null : note("warn", t("witness.not_named_what"), t("witness.not_named_todo"))),
      this.#figures,
      h("div", { class: "actions" },
        button(t("witness.save_backup_again"), async () => {
          const { file, fileName } = await this.#witness.backup();
          isoloir.page.download(fileName, "application/json", file);
        }, "plain", "save-backup"),
        button(t("witness.stop"), () => {
          this.#end();
          forgetPassphrase(this.#desk);
          location.reload();
        }, "quiet", "stop")),
      h("p", { class: "small muted" }, t("witness.backup_again_text")),
      named ? null : lineCard(this.#key),
    ];
  }
}
