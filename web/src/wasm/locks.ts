// What must outlive the browser's sudden death: what a teller's key has confirmed (PROTOCOL sections 7 and 8), and what a witness has seen
// (section 5). Local storage reaches the disk seconds after it was written, a strict transaction of a database before it is complete.

const STORE = "locks";

function open(database: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(database, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new DOMException("blocked", "InvalidStateError"));
  });
}

/** Runs one transaction; resolves once it is complete. */
async function transact<T>(name: string, mode: IDBTransactionMode, work: (store: IDBObjectStore, found: (value: T) => void) => void): Promise<T | undefined> {
  const database = await open(name);
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      let result: T | undefined;
      transaction.oncomplete = () => resolve(result);
      transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore(STORE), (value) => (result = value));
    });
  } finally {
    database.close();
  }
}

export interface StrictStore {
  /** What is stored under this name; null if there is nothing, or nothing can be stored here. */
  stored(name: string): Promise<string | null>;
  /** Stores a value in the place of `before`. Resolves once it is on the disk: "stored"; "changed", with nothing stored, if another
   *  tab was faster; "failed" where the browser stores nothing. */
  store(name: string, before: string | null, value: string): Promise<"stored" | "changed" | "failed">;
}

const strictStore = (database: string): StrictStore => ({
  stored: async (name) => {
    try {
      const found = await transact<unknown>(database, "readonly", (store, take) => {
        const request = store.get(name);
        request.onsuccess = () => take(request.result);
      });
      return typeof found === "string" ? found : null;
    } catch {
      return null;
    }
  },
  store: async (name, before, value) => {
    try {
      const done = await transact<"stored" | "changed">(database, "readwrite", (store, take) => {
        const request = store.get(name);
        request.onsuccess = () => {
          if ((request.result ?? null) !== before) return take("changed");
          take("stored");
          store.put(value, name);
        };
      });
      return done ?? "failed";
    } catch {
      return "failed";
    }
  },
});

/** The roots that tellers' keys have confirmed. */
export const locks = strictStore("isoloir-tellers");
/** A witness's key file and memories. */
export const witnessed = strictStore("isoloir-witness");
