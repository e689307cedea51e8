import type { Fault } from '../lib/fault.ts'
import { findNearest } from '../lib/nearest.ts'
import { configFaults } from './faults.ts'
import type { Setting } from './schema.ts'
import { settings } from './schema.ts'

/** What a knob can be set to. */
export type SettingValue = string | number | boolean | readonly string[]

/** Longest text of a setting, in UTF-16 units; most texts of a list. */
const maxTextLength = 4096
const maxTexts = 256

/** A knob by its group and name. Own properties only: `__proto__` and `constructor` are no groups. */
export function findSetting(group: string, name: string): Setting | undefined {
  const table = findGroup(group)
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined
}

/** All knobs of a group. */
export function findGroup(group: string): Readonly<Record<string, Setting>> | undefined {
  const groups: Readonly<Record<string, Readonly<Record<string, Setting>>>> = settings
  return Object.hasOwn(groups, group) ? groups[group] : undefined
}

/** Every knob as `group.name`. */
export function settingNames(): readonly string[] {
  return Object.entries(settings).flatMap(([group, table]) => Object.keys(table).map((name) => `${group}.${name}`))
}

/**
 * A value for a knob, of the right type and within its range.
 *
 * @param source where it was said, for the message: a file, a variable, an option
 * @throws Fault CONFIG_INVALID
 */
export function parseSetting(
  name: string,
  setting: Setting,
  { value, source }: { readonly value: unknown; readonly source: string },
): SettingValue {
  const refuse = (allowed: string): Fault => refuseValue({ name, source, value, allowed })
  switch (setting.type) {
    case 'integer': {
      const least = setting.min ?? 0
      const most = setting.max ?? Number.MAX_SAFE_INTEGER
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
        throw refuse(`a whole number (${setting.unit}) from ${least}${setting.max === undefined ? '' : ` to ${most}`}`)
      }
      return value
    }
    case 'flag':
      if (typeof value !== 'boolean') throw refuse('true or false')
      return value
    case 'text':
      if (!isText(value)) throw refuse('text')
      return value
    case 'texts':
      if (!Array.isArray(value) || value.length > maxTexts || !value.every(isText)) throw refuse('a list of texts')
      return value
    case 'choice':
      if (typeof value !== 'string' || !setting.choices.includes(value)) throw refuse(setting.choices.join(', '))
      return value
  }
}

/** The value of a variable: numbers and flags are spelled out, lists are separated by commas. */
export function readSettingText(setting: Setting, text: string): unknown {
  if (setting.type === 'integer') return /^-?\d{1,16}$/.test(text) ? Number(text) : text
  if (setting.type === 'flag') return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text
  if (setting.type === 'texts') return text === '' ? [] : text.split(',').map((item) => item.trim())
  return text
}

/** A setting that no knob has. */
export function unknownSetting(name: string, source: string): Fault {
  const nearest = findNearest(name, settingNames()) ?? findNearest(name, Object.keys(settings))
  const hint = nearest === undefined ? 'docs/reference/configuration.md lists all of them.' : `Did you mean ${nearest}?`
  return configFaults.create('CONFIG_UNKNOWN', {
    message: `${source}: there is no setting ${JSON.stringify(name.slice(0, 80))}. ${hint}`,
    data: { name: name.slice(0, 80), source, nearest: nearest ?? null },
  })
}

function refuseValue({ name, source, value, allowed }: { name: string; source: string; value: unknown; allowed: string }): Fault {
  const shown = JSON.stringify(value)?.slice(0, 60) ?? typeof value
  return configFaults.create('CONFIG_INVALID', {
    message: `${source}: ${name} takes ${allowed}, not ${shown}`,
    data: { name, source, allowed },
  })
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxTextLength && !value.includes('\0')
}
