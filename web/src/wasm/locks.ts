// What a teller's key has confirmed on this device (PROTOCOL sections 7 and 8). A lock must outlive the browser's sudden death:
// local storage reaches the disk seconds after it was written, a strict transaction of a database before it is complete.

const DATABASE = "isoloir-tellers";
const STORE = "locks";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new DOMException("blocked", "InvalidStateError"));
  });
}

/** Runs one transaction; resolves once it is complete. */
async function transact<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore, found: (value: T) => void) => void): Promise<T | undefined> {
  const database = await open();
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

/** The lock under this name; null if there is none, or nothing can be stored here. */
export async function storedLock(name: string): Promise<string | null> {
  try {
    const found = await transact<unknown>("readonly", (store, take) => {
      const request = store.get(name);
      request.onsuccess = () => take(request.result);
    });
    return typeof found === "string" ? found : null;
  } catch {
    return null;
  }
}

/** Stores a lock in the place of `before`. Resolves once it is on the disk: "stored"; "changed", with nothing stored, if another
 *  tab was faster; "failed" where the browser stores nothing. */
export async function storeLock(name: string, before: string | null, lock: string): Promise<"stored" | "changed" | "failed"> {
  try {
    const done = await transact<"stored" | "changed">("readwrite", (store, take) => {
      const request = store.get(name);
      request.onsuccess = () => {
        if ((request.result ?? null) !== before) return take("changed");
        take("stored");
        store.put(lock, name);
      };
    });
    return done ?? "failed";
  } catch {
    return "failed";
  }
}
