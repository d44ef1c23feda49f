// The whole way of a vote in Firefox and in WebKit, against the real server: with WebAssembly and, where a policy forbids it, as
// JavaScript; wrong codes, a wrong clock, reloads, a vote again; polls not open yet, suspended, extended, closed; no server, and a busy one.
// REQ N2, U8, U10

import { HOUR } from "../src/clock.js";
import { EngineBooth, id, inFrench } from "../src/engine-booth.js";
import { ENGINES, type Engine } from "../src/engines.js";
import { TOLD, ZONE } from "../src/moments.js";
import { busy, isBallot } from "../src/proxy.js";
import { expect, test } from "../src/test.js";
import type { Voter } from "../src/voter.js";

async function at(open: (environment: NodeJS.ProcessEnv) => Promise<Engine>, use: (engine: Engine, booth: (voter: Voter) => EngineBooth) => Promise<void>): Promise<void> {
  const engine = await open({ ...process.env, TZ: ZONE });
  try {
    await use(engine, (voter) => new EngineBooth(engine, voter));
  } finally {
    await engine.close();
  }
}

for (const [name, open] of ENGINES) {
  test(`a whole vote in ${name}`, async ({ election, network }) => {
    const polls = await election({ registrars: 2 });
    await at(open, async (engine, booth) => {
      await test.step("a wrong code is named, and the way goes on", async () => {
        const mistaken = booth(polls.voter(0));
        await mistaken.follow();
        await mistaken.type("code-1", polls.voter(1).code(1));
        await mistaken.press("continue");
        await engine.see("#code-1-error");
      });

      const voting = booth(polls.voter(0));
      await test.step("a clock that is wrong is named, with the right time", async () => {
        await voting.identify(network.address);
        await engine.says("main .note.warn", "L’horloge de cet appareil est fausse de ");
        await engine.says("main .note.warn time", TOLD);
        await voting.tells(polls.closes);
      });

      const first = await test.step("with WebAssembly; a reload at the choice, on the way and at the receipt loses nothing", async () => {
        await voting.press("start");
        await voting.tick([[1]]);
        await engine.reload();
        await voting.isTicked(0, 1);
        await voting.press("continue");
        await engine.see(id("cast"), 90_000);
        const { sent, release } = network.holdBallot();
        await voting.cast();
        await sent;
        await engine.reload();
        release();
        const noted = await voting.receipt();
        expect(await engine.run(() => typeof WebAssembly)).toBe("object");
        await engine.reload();
        expect(await voting.receipt()).toEqual(noted);
        expect((await polls.slot(noted.slot)).ballots.map(({ code }) => code)).toEqual([noted.code]);
        return noted;
      });

      await test.step("a vote again replaces the first, and both receipts are told apart", async () => {
        await voting.identify(network.address);
        await voting.heading("Vous avez déjà voté");
        const { ballots: [before] } = await polls.slot(first.slot);
        await voting.tells(before?.time ?? 0);
        await voting.choose([[2]]);
        await voting.cast();
        const second = await voting.receipt();
        const slot = await polls.slot(first.slot);
        expect([slot.ballots.map(({ code }) => code), slot.current?.code]).toEqual([[first.code, second.code], second.code]);
        for (const [code, state] of [[first.code, "replaced"], [second.code, "inUrn"]] as const) {
          await engine.goto(inFrench(`${network.address}/check/#${polls.id}.${first.slot}.${code}`));
          await engine.see(`${id("outcome")}[data-state=${state}]`);
        }
      });

      await test.step("as JavaScript", async () => {
        network.change = ({ status, headers, body }) => ({ status, body, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value).replace(" 'wasm-unsafe-eval'", "")])) });
        const before = network.passed.length;
        const { slot, code } = await booth(polls.voter(1)).vote([[2]], network.address);
        expect((await polls.slot(slot)).current?.code).toBe(code);
        expect(network.passed.slice(before).some(({ url }) => url.endsWith(".wasm"))).toBe(false);
      });
    });
  });

  test(`what comes between a voter and the ballot box in ${name}`, async ({ announced, people, server, network }) => {
    const polls = await announced();
    polls.watch();
    await polls.issue();
    await polls.consent();
    await at(open, async (engine, booth) => {
      /** As a browser tells its pages when the network is back: they look at once. */
      const online = (): Promise<boolean> => engine.run(() => dispatchEvent(new Event("online")));

      await test.step("not open yet: the page waits, and goes on by itself", async () => {
        const early = booth(polls.voter(0));
        await early.follow();
        await early.heading("Le vote n’est pas encore ouvert");
        await early.tells(polls.opens, polls.closes);
        await polls.sign();
        polls.begin();
        await online();
        await engine.see(id("start"));
      });

      await test.step("extended: until when, and why", async () => {
        await people.organiser.extend(polls, polls.closes + HOUR, "Le courrier a eu du retard.");
        const voting = booth(polls.voter(0));
        await voting.follow();
        await engine.says("main .note.info", /Le vote est prolongé.*Le courrier a eu du retard\./);
        await voting.tells(polls.closes + HOUR);
      });

      await test.step("too busy to begin, and too busy for the ballot: nothing is asked of the voter", async () => {
        const patient = booth(polls.voter(0));
        for (let i = 0; i < 4; i += 1) network.next(({ url }) => url.endsWith(`/elections/${polls.id}`), (_, way) => way.answer(busy(1)));
        await patient.follow(network.address);
        await engine.see(id("by-itself"));
        await patient.heading("Il y a beaucoup de monde en ce moment.");
        network.next(isBallot, (_, way) => way.answer(busy(1)));
        await patient.choose([[0]]);
        await patient.cast();
        const { slot, code } = await patient.receipt();
        const tries = network.passed.filter(isBallot).map(({ body }) => body.toString("base64"));
        expect([tries.length, new Set(tries).size]).toEqual([2, 1]);
        expect((await polls.slot(slot)).ballots.map((ballot) => ballot.code)).toEqual([code]);
      });

      await test.step("suspended before and during casting: why and since when, and it goes on by itself", async () => {
        await people.organiser.notice(polls, "suspend", "Le bureau vérifie une panne.");
        const waiting = booth(polls.voter(1));
        await waiting.follow();
        await waiting.heading("Le vote est suspendu");
        await engine.says("main .note.warn", "Le bureau vérifie une panne.");
        await waiting.tells((await polls.status()).notices.at(-1)?.time ?? 0, polls.closes + HOUR);
        await people.organiser.notice(polls, "resume", "La panne est réparée.");
        await online();
        await waiting.choose([[1]]);
        await people.organiser.notice(polls, "suspend", "Encore une panne.");
        await waiting.cast();
        await engine.says("main .note.warn", "Le vote a été suspendu pendant que votre bulletin était en route.");
        expect((await polls.slot(polls.voter(1).slot)).ballots).toEqual([]);
        await people.organiser.notice(polls, "resume", "La panne est réparée.");
        const { slot, code } = await waiting.receipt();
        expect((await polls.slot(slot)).ballots.map((ballot) => ballot.code)).toEqual([code]);
      });

      await test.step("without the server the page says so, and goes on when it is back", async () => {
        await engine.goto(inFrench(`${server.address}/test/#${polls.id}`));
        await engine.fill("#slot", String(polls.voter(2).slot));
        await server.stop();
        await engine.click("main form button[type=submit]");
        await engine.see(id("again"));
        await engine.says("main", "Le serveur est injoignable.");
        await server.start();
        await engine.click(id("again"));
        await engine.see("#slot");
      });

      await test.step("closed polls say so", async () => {
        polls.clock.advanceTo(polls.closes + 2 * HOUR);
        await expect.poll(() => polls.phase()).toBe("closed");
        const late = booth(polls.voter(2));
        await late.follow();
        await late.heading("Le vote est clos");
        await late.tells(polls.closes + HOUR);
        expect(await engine.run(() => document.querySelector("#code-1, [data-testid=start]") === null)).toBe(true);
      });
    });
  });
}
