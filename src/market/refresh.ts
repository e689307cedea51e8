import type { MarketDeps } from './market.ts'
import type { PackageName } from './rules/names.ts'
import { parsePackageName, parsePackageReference } from './rules/names.ts'

/** Brings what registries say of some references, or names, up to date; what is no reference is for others to refuse. */
export async function refreshNamed(
  { registries }: Pick<MarketDeps, 'registries'>,
  references: Iterable<string>,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  if (registries === undefined) return
  const names = new Set<PackageName>()
  for (const text of references) {
    const name = parsePackageReference(text)?.name ?? parsePackageName(text)
    if (name !== undefined) names.add(name)
  }
  await registries.refresh([...names], { signal })
}
