import type { Command, Help, HelpConfiguration, Option } from 'commander'
import { globalOptionNames } from './global-options.ts'

/** The examples of a command, below its help. */
export function formatExamples(examples: readonly { readonly command: string; readonly does: string }[]): string {
  const lines = examples.flatMap(({ command, does }) => [`  $ ${command}`, `      ${does}`])
  return `\nExamples:\n${lines.join('\n')}`
}

/** Help that lists the options of every command apart, below a command's own. */
export const helpConfiguration: HelpConfiguration = {
  sortSubcommands: false,
  showGlobalOptions: false,
  groupItems: groupItems,
}

/** commander's grouping, with the options of every command last. */
function groupItems<T extends Command | Option>(this: Help, unsorted: T[], visible: T[], getGroup: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of unsorted) groups.set(headingOf(item, getGroup), [])
  for (const item of visible) {
    const heading = headingOf(item, getGroup)
    groups.set(heading, [...(groups.get(heading) ?? []), item])
  }
  const globals = groups.get(globalHeading)
  if (globals !== undefined) {
    groups.delete(globalHeading)
    groups.set(globalHeading, globals)
  }
  return groups
}

const globalHeading = 'Options of every command:'

function headingOf<T extends Command | Option>(item: T, getGroup: (item: T) => string): string {
  const long = 'long' in item ? item.long : undefined
  return typeof long === 'string' && globalOptionNames.has(long) ? globalHeading : (getGroup(item) ?? '')
}
