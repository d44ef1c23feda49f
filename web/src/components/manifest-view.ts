// A manifest for people: who, what, when, and every key as a short text to compare.

import { h, type Child } from "../lib/dom";
import { formatList, formatNumber, t } from "../lib/i18n";
import type { ElectionInfo } from "../wasm/types";
import { rule } from "./ballot-form";
import { facts, own, when } from "./parts";

const key = (fingerprint: string | undefined): HTMLElement => h("code", { class: "small muted", translate: "no" }, fingerprint);

/** Everything a teller or registrar consents to. */
export function manifestView(info: ElectionInfo): Child {
  const { manifest } = info;
  return [
    h("h2", null, t("manifest.what")),
    h("div", { class: "card" }, facts([
      [t("manifest.title"), own(manifest.title)],
      [t("manifest.opens"), when(info.opens)],
      [t("manifest.closes"), when(info.closes)],
      [t("manifest.grace"), t("manifest.minutes", { count: manifest.grace_minutes })],
      [t("manifest.revote"), manifest.revote ? t("manifest.revote_yes") : t("manifest.revote_no")],
      [t("manifest.groups"), t("manifest.groups_text", { count: manifest.groups.length, smallest: manifest.smallest_group })],
      [t("manifest.origin"), h("span", { class: "mono" }, manifest.log.origin)],
      [t("manifest.id"), h("span", { class: "mono" }, info.id)],
      manifest.previous ? [t("manifest.previous"), h("span", { class: "mono" }, manifest.previous)] : null,
    ])),
    h("details", { id: "m-groups" }, h("summary", null, t("manifest.all_groups")), h("p", null, formatList(manifest.groups))),
    h("h2", null, t("manifest.questions")),
    manifest.questions.map((question, q) => h("div", { class: "card" },
      h("h3", null, manifest.questions.length > 1 ? `${formatNumber(q + 1)}. ` : null, own(question.title)),
      h("p", { class: "hint" }, rule(question)),
      h("ol", null, question.options.map((option) => h("li", null, own(option)))),
      question.blank ? h("p", null, t("manifest.blank")) : null)),
    h("h2", null, t("manifest.who")),
    h("p", null, t("manifest.tellers_text", { threshold: info.threshold, count: manifest.tellers.length, quorum: info.quorum })),
    h("div", { class: "card" }, facts([
      ...manifest.tellers.map((teller, j) => [t("manifest.teller", { number: j + 1 }), [teller.name, h("br"), key(info.fingerprints.tellers[j])]] as const),
      ...manifest.registrars.map((registrar, p) => [t("manifest.registrar", { channel: registrar.channel }), [registrar.name, h("br"), key(info.fingerprints.registrars[p])]] as const),
      [t("manifest.organiser"), [manifest.organiser.name, h("br"), key(info.fingerprints.organiser)]],
    ])),
    h("h2", null, t("manifest.witnesses")),
    manifest.witnesses.length === 0
      ? h("p", null, t("manifest.no_witnesses"))
      : [
          h("p", null, t("manifest.witnesses_text", { count: manifest.witness_quorum })),
          h("div", { class: "card" }, facts(manifest.witnesses.map((witness, i) => [witness.name, h("code", { translate: "no" }, info.fingerprints.witnesses[i])] as const))),
        ],
  ];
}
