import { testBlobStore } from './blobs.suite.ts'
import { createMemoryBlobStore } from './memory-blobs.ts'

testBlobStore('blobs in memory', async (deps, options) => createMemoryBlobStore(deps, options))
