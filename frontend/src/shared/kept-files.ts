/** Files that wait for the network, kept by the browser over reloads; text has the outbox's own storage. */
export interface FileKeeper {
  put(key: string, file: Blob): Promise<void>
  get(key: string): Promise<Blob | null>
  remove(key: string): Promise<void>
}

const NAME = 'ss.outbox'
const STORE = 'files'

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

async function inStore<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await opened()
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode)
      const request = ask(transaction.objectStore(STORE))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = transaction.onerror = () => reject(transaction.error)
    })
  } finally {
    database.close()
  }
}

export const keptFiles: FileKeeper = {
  async put(key, file) {
    await inStore('readwrite', (store) => store.put(file, key))
  },
  async get(key) {
    const found: unknown = await inStore('readonly', (store) => store.get(key))
    return found instanceof Blob ? found : null
  },
  async remove(key) {
    await inStore('readwrite', (store) => store.delete(key))
  },
}
