// Reads a QR code, with the camera or from a picture. The browser's own reader where there is one; else a
// small one that is fetched only when somebody scans. Pictures stay on the device.

import { h, type Child } from "../lib/dom";
import { t } from "../lib/i18n";
import { button, field } from "./parts";

type Source = HTMLVideoElement | ImageBitmap;
/** The text of a QR code in the picture, or null. */
type Reader = (canvas: HTMLCanvasElement) => Promise<string | null>;

interface NativeDetector {
  detect(source: HTMLCanvasElement): Promise<{ rawValue: string }[]>;
}
type NativeDetectorClass = { new (options: { formats: string[] }): NativeDetector; getSupportedFormats(): Promise<string[]> };

const LOOK_MS = 150;
/** Longest side of what is searched: large enough for a code that fills a quarter of a photograph. */
const SIDES = [900, 1_800];

let reader: Promise<Reader> | null = null;

async function makeReader(): Promise<Reader> {
  const Native = (globalThis as { BarcodeDetector?: NativeDetectorClass }).BarcodeDetector;
  if (Native && (await Native.getSupportedFormats().catch(() => [] as string[])).includes("qr_code")) {
    const detector = new Native({ formats: ["qr_code"] });
    return async (canvas) => (await detector.detect(canvas))[0]?.rawValue ?? null;
  }
  const { default: decode } = await import("qr/decode.js");
  return async (canvas) => {
    const picture = canvas.getContext("2d", { willReadFrequently: true })?.getImageData(0, 0, canvas.width, canvas.height);
    if (!picture) return null;
    try {
      return decode({ width: picture.width, height: picture.height, data: picture.data });
    } catch {
      // No code in this picture.
      return null;
    }
  };
}

async function readFrom(source: Source, width: number, height: number, sides: readonly number[]): Promise<string | null> {
  reader ??= makeReader().catch((error: unknown) => {
    reader = null;
    throw error;
  });
  const read = await reader;
  for (const side of sides) {
    const scale = Math.min(1, side / Math.max(width, height, 1));
    const canvas = h("canvas", { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) });
    canvas.getContext("2d", { willReadFrequently: true })?.drawImage(source, 0, 0, canvas.width, canvas.height);
    const found = await read(canvas);
    if (found !== null) return found;
    if (scale === 1) break;
  }
  return null;
}

/** Camera and picture, each calling `found` with the text of the code. */
export function scanner(id: string, found: (text: string) => void | Promise<void>): Child {
  const place = h("div", { class: "scan" });
  const said = h("p", { role: "status", "data-testid": "scan-status" });
  const say = (text: string): void => {
    said.textContent = text;
  };
  const picture = h("input", { type: "file", accept: "image/*" });
  picture.addEventListener("change", () => {
    const file = picture.files?.[0];
    if (file) void fromPicture(file, found, say);
  });
  const camera = typeof navigator.mediaDevices?.getUserMedia === "function";
  return [
    camera ? h("p", null, button(t("check.scan_camera"), () => fromCamera(place, found, say), "plain", "scan-camera")) : null,
    place,
    said,
    field({ id, label: t("check.scan_picture"), hint: t("check.scan_picture_hint"), input: picture }),
  ];
}

async function fromPicture(file: File, found: (text: string) => void | Promise<void>, say: (text: string) => void): Promise<void> {
  say(t("check.scan_reading"));
  try {
    const bitmap = await createImageBitmap(file);
    const text = await readFrom(bitmap, bitmap.width, bitmap.height, SIDES);
    bitmap.close();
    if (text === null) say(t("check.scan_none"));
    else await found(text);
  } catch {
    say(t("check.scan_none"));
  }
}

async function fromCamera(place: HTMLElement, found: (text: string) => void | Promise<void>, say: (text: string) => void): Promise<void> {
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  } catch {
    say(t("check.scan_no_camera"));
    return;
  }
  const video = h("video", { playsinline: true, muted: true, "aria-label": t("check.scan_view") });
  video.muted = true;
  video.srcObject = stream;
  let over = false;
  const stop = (): void => {
    over = true;
    for (const track of stream.getTracks()) track.stop();
    place.replaceChildren();
  };
  place.replaceChildren(video, h("p", null, button(t("common.cancel"), () => {
    stop();
    say("");
  }, "compact", "scan-stop")));
  say(t("check.scan_hold"));
  try {
    await video.play();
    while (!over && place.isConnected) {
      const text = await readFrom(video, video.videoWidth, video.videoHeight, [SIDES[0] ?? 0]);
      if (text !== null && !over) {
        stop();
        await found(text);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } catch {
    say(t("check.scan_no_camera"));
  } finally {
    // The camera's light goes out, whatever happened.
    if (!over) stop();
  }
}
