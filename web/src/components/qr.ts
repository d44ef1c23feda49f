// QR codes as SVG, black on white in every scheme so that any camera reads them. The text always
// stands beside them.

import { correction, generate } from "lean-qr";

import { svg } from "../lib/dom";

const QUIET = 4;

/** A QR code of a link. `label` says in words what it holds. */
export function qr(text: string, label: string): SVGSVGElement {
  const code = generate(text, { minCorrectionLevel: correction.L, maxCorrectionLevel: correction.M });
  let path = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      if (!code.get(x, y)) continue;
      let end = x;
      while (code.get(end + 1, y)) end += 1;
      path += `M${x} ${y}h${end - x + 1}v1H${x}z`;
      x = end;
    }
  }
  const side = code.size + 2 * QUIET;
  return svg("svg", { viewBox: `${-QUIET} ${-QUIET} ${side} ${side}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges", "data-testid": "qr" },
    svg("rect", { x: -QUIET, y: -QUIET, width: side, height: side, fill: "#fff" }),
    svg("path", { d: path, fill: "#000" }));
}
