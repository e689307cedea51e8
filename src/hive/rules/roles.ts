/** What a role ships with. Grants and an owner's own settings may say otherwise. */
export interface RolePreset {
  readonly capabilities: readonly string[]
  /** Directory globs, as in `isInScope`. */
  readonly scopes: readonly string[]
}

/** Never anybody's work, whatever the role: secrets and the forge's own machinery. */
const denied = ['!**/.env', '!**/.env.*', '!.git/**']

/** The roles a hive knows from the start. @see docs/protocols/hive.md §7 */
export const rolePresets: ReadonlyMap<string, RolePreset> = new Map([
  [
    'backend',
    preset(
      ['code', 'api', 'database', 'test'],
      ['src/**', 'lib/**', 'server/**', 'api/**', 'db/**', 'migrations/**', 'test/**', '!**/*.css'],
    ),
  ],
  [
    'frontend',
    preset(
      ['code', 'ui', 'accessibility', 'test'],
      ['src/**', 'web/**', 'dashboard/**', 'public/**', 'assets/**', 'test/**', '!migrations/**'],
    ),
  ],
  [
    'devops',
    preset(
      ['deploy', 'ci', 'observe', 'secrets-policy'],
      ['deploy/**', '.ci/**', '.github/**', 'docker/**', 'scripts/**', '*.toml', 'Dockerfile'],
    ),
  ],
  ['qa', preset(['test', 'reproduce', 'review'], ['test/**', 'tests/**', 'e2e/**', '**/*.test.*', '**/*.spec.*'])],
  ['architect', preset(['design', 'decide', 'review'], ['docs/**', '**/*.md', 'ARCHITECTURE.md'])],
  ['reviewer', preset(['review', 'comment'], ['!**'])],
])

/** What several roles allow together. Capabilities are joined; scopes too, so that one role's deny holds for the whole. */
export function presetOf(roles: readonly string[]): RolePreset {
  const presets = roles.flatMap((role) => rolePresets.get(role) ?? [])
  return {
    capabilities: [...new Set(presets.flatMap((one) => one.capabilities))],
    scopes: [...new Set(presets.flatMap((one) => one.scopes))],
  }
}

function preset(capabilities: readonly string[], scopes: readonly string[]): RolePreset {
  return { capabilities, scopes: [...scopes, ...denied] }
}
