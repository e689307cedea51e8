import { join } from 'node:path'
import type { Secrets } from '../config/secrets.ts'
import { readSecretInput } from '../config/secrets.ts'
import type { Chance } from '../lib/chance.ts'
import type { HookSecrets } from '../tasks/hooks/hook-handlers.ts'
import { formatHookSecret, hookSecretBytes } from '../tasks/rules/sign-hook.ts'

export interface SharedSecretsDeps {
  readonly secrets: Secrets
  readonly chance: Chance
  /** Where the secrets of this home lie. */
  readonly folder: string
}

/** Secrets with which another server and this node sign what they send each other. */
export interface SharedSecrets extends HookSecrets {
  /** The secret of a name, made if there is none. @throws Fault SECRET_EXPOSED, SECRET_INVALID */
  readonly read: (name: string) => Promise<string>
}

/** Handed in, or made here when they are first wanted. */
export function createSharedSecrets({ secrets, chance, folder }: SharedSecretsDeps): SharedSecrets {
  const make = async (name: string): Promise<string> => {
    const secret = formatHookSecret(chance.bytes(hookSecretBytes))
    await secrets.set(name, secret)
    return secret
  }
  return {
    keep: async (name, file) => {
      const path = join(folder, name)
      if (file !== undefined) {
        await secrets.set(name, await readSecretInput(file))
        return { path, isNew: false }
      }
      if ((await secrets.find(name)) !== undefined) return { path, isNew: false }
      await make(name)
      return { path, isNew: true }
    },
    read: async (name) => (await secrets.find(name)) ?? (await make(name)),
    remove: secrets.remove,
  }
}
