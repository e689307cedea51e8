import { describeError } from '../lib/fault.ts'
import { makeFolder } from '../lib/make-folder.ts'
import { storeFaults } from './faults.ts'

/** Makes the folder of a home, with those above it. @throws Fault DISK_ERROR */
export async function makeHome(path: string): Promise<void> {
  await makeFolder(path, { mode: 0o700 }).catch((cause: unknown) => {
    const message = `the home ${path} cannot be made (${describeError(cause)}); choose another with --home or ALTHING_HOME`
    throw storeFaults.create('DISK_ERROR', { message, data: { home: path }, cause })
  })
}
