import { variableOf } from '../../src/config/load.ts'
import type { Setting } from '../../src/config/schema.ts'
import { settings } from '../../src/config/schema.ts'

/** The page of all knobs. */
export function writeConfiguration(): string {
  const groups = Object.entries(settings).map(([group, table]) => {
    const rows = Object.entries(table).map(([name, setting]) => row(group, name, setting))
    return `## ${group}\n\n| setting | default | meaning | variable |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`
  })
  return `# Configuration

Settings are read from \`config.toml\` in the home (or the file named with \`--config\`), then from the environment, then from options of
the command; what comes later wins. An unknown name, a value out of range and a file that is no TOML stop the command and say where.

\`\`\`toml
[network]
listen = ["/ip4/0.0.0.0/tcp/4001"]
mdns = false
\`\`\`

The same in the environment: \`ALTHING_NETWORK_MDNS=false\`; lists are separated by commas. \`ALTHING_HOME\` names the home and
\`NO_COLOR\` switches colour off.

${groups.join('\n')}`
}

function row(group: string, name: string, setting: Setting): string {
  return `| \`${name}\` | ${formatDefault(setting)} | ${setting.meaning} | \`${variableOf(`${group}.${name}`)}\` |`
}

function formatDefault(setting: Setting): string {
  if (setting.type === 'integer') return `${setting.default.toLocaleString('en')} ${setting.unit}${formatRange(setting)}`
  if (setting.type === 'choice') return setting.choices.map((choice) => (choice === setting.default ? `**${choice}**` : choice)).join(', ')
  if (setting.type === 'texts') return setting.default.map((text) => `\`${text}\``).join(', ') || 'none'
  return setting.type === 'text' ? `\`${setting.default}\`` : String(setting.default)
}

function formatRange({ min, max }: { readonly min?: number; readonly max?: number }): string {
  return min === undefined && max === undefined ? '' : ` (${min ?? 0} to ${max?.toLocaleString('en') ?? 'any'})`
}
