// A request on which nothing comes. A network that swallows what is sent tells nobody, and a browser waits for minutes or for ever.

/** How long nothing may come, in ms. */
const SILENCE_MS = 30_000;
/** Reading is not tried again after so long, in ms: the page says so. */
export const READING_MS = 20_000;
/** The same where the server has something to do first: a ballot waits for its turn. */
const WORK_MS = 60_000;
/** The slowest line that there is, in bytes per ms: nothing tells how far what is sent has come. */
const SLOWEST = 1;

/** As `fetch`, and given up as if the connection had broken when nothing comes for too long, before the answer or within it. */
export async function patientFetch(path: string, init: RequestInit): Promise<Response> {
  const { body, signal } = init;
  const controller = new AbortController();
  const giveUp = (): void => controller.abort();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const within = async <T>(ms: number, what: Promise<T>): Promise<T> => {
    timer = setTimeout(giveUp, ms);
    return what.finally(() => clearTimeout(timer));
  };
  if (signal?.aborted) giveUp();
  signal?.addEventListener("abort", giveUp);
  const end = (): void => signal?.removeEventListener("abort", giveUp);
  const fail = (error: unknown): never => {
    end();
    throw error;
  };

  const limit = body ? WORK_MS + (body as Uint8Array).byteLength / SLOWEST : SILENCE_MS;
  const response = await within(limit, fetch(path, { ...init, signal: controller.signal })).catch(fail);
  const reader = response.body?.getReader();
  if (!reader) return response;
  const read = async (sink: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { done, value } = await within(SILENCE_MS, reader.read()).catch(fail);
    if (!done) return sink.enqueue(value);
    end();
    sink.close();
  };
  return new Response(new ReadableStream({ pull: read, cancel: giveUp }), { status: response.status, headers: response.headers });
}
