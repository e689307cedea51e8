import type { Datastore, Key } from 'interface-datastore'

/** Where libp2p keeps what it holds for others, in memory, with a bound. */
export interface RecordStore {
  readonly datastore: Datastore
  /** Provider records held, our own included. */
  readonly providerCount: () => number
}

/** Provider records of all members together; 65,536 of them take some 30 MB. */
const maxProviderRecords = 65_536
/** Kademlia keeps provider records under this name. */
const providerName = '/provider/'

/** An empty store. More provider records than fit are refused: a member that spams them must not fill the memory. */
export async function createRecordStore(): Promise<RecordStore> {
  const { MemoryDatastore } = await import('datastore-core')
  const datastore = new MemoryDatastore()
  const providers = new Set<string>()
  const put = datastore.put.bind(datastore)
  const remove = datastore.delete.bind(datastore)
  datastore.put = (key: Key, value: Uint8Array) => {
    const name = key.toString()
    if (name.includes(providerName)) {
      if (providers.size >= maxProviderRecords && !providers.has(name))
        throw new Error(`${maxProviderRecords} provider records are held already`)
      providers.add(name)
    }
    return put(key, value)
  }
  datastore.delete = (key: Key) => {
    providers.delete(key.toString())
    return remove(key)
  }
  return { datastore, providerCount: () => providers.size }
}
