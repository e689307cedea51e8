import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from './environment.ts'
import { configFaults } from './faults.ts'
import type { SettingValue } from './parse-setting.ts'
import { findGroup, findSetting, parseSetting, readSettingText, settingNames, unknownSetting } from './parse-setting.ts'
import type { Config } from './schema.ts'
import { settings } from './schema.ts'

export interface LoadOptions {
  /** Where `config.toml` is looked for. */
  readonly home: string
  /** A file named by the user; it must exist. Without it `config.toml` of the home is read when there is one. */
  readonly file?: string | undefined
  readonly environment: Pick<Environment, 'settings'>
  /** From options of a command, by `group.name`; they win. */
  readonly overrides?: Readonly<Record<string, unknown>>
}

/** Longest configuration file, in bytes. */
const maxFileBytes = 262_144

/**
 * All knobs: defaults, then the file, then the environment, then options.
 *
 * @throws Fault CONFIG_UNREADABLE, CONFIG_SYNTAX, CONFIG_UNKNOWN or CONFIG_INVALID
 */
export async function loadConfig(options: LoadOptions): Promise<Config> {
  const values = new Map<string, SettingValue>()
  for (const [name, value] of await readConfigFile(options)) values.set(name, value)
  for (const [name, value] of readVariables(options.environment.settings)) values.set(name, value)
  for (const [name, value] of Object.entries(options.overrides ?? {})) {
    values.set(name, parseNamed(name, { value, source: 'options' }))
  }
  const filled = Object.entries(settings).map(([group, table]) => [
    group,
    Object.fromEntries(Object.entries(table).map(([name, setting]) => [name, values.get(`${group}.${name}`) ?? setting.default])),
  ])
  // Every group and name of the schema is there, each with a value its knob takes.
  return Object.fromEntries(filled) as Config
}

/** The knobs as they are when nobody says anything. */
export async function defaultConfig(): Promise<Config> {
  return loadConfig({ home: '', file: undefined, environment: { settings: new Map() }, overrides: {} })
}

function parseNamed(name: string, { value, source }: { readonly value: unknown; readonly source: string }): SettingValue {
  const [group = '', knob = ''] = name.split('.', 2)
  const setting = findSetting(group, knob)
  if (setting === undefined) throw unknownSetting(name, source)
  return parseSetting(name, setting, { value, source })
}

function readVariables(variables: ReadonlyMap<string, string>): readonly (readonly [string, SettingValue])[] {
  const byVariable = new Map(settingNames().map((name) => [variableOf(name), name]))
  return [...variables].map(([variable, text]) => {
    const name = byVariable.get(variable)
    if (name === undefined)
      throw unknownSetting(variable.slice('ALTHING_'.length).toLowerCase().replace('_', '.'), `environment variable ${variable}`)
    const [group = '', knob = ''] = name.split('.', 2)
    const setting = findSetting(group, knob)
    if (setting === undefined) throw unknownSetting(name, variable)
    return [
      name,
      parseSetting(name, setting, { value: readSettingText(setting, text), source: `environment variable ${variable}` }),
    ] as const
  })
}

/** `network.dialTimeoutMs` is `ALTHING_NETWORK_DIAL_TIMEOUT_MS`. */
export function variableOf(name: string): string {
  return `ALTHING_${name.replace('.', '_').replace(/[A-Z]/g, (letter) => `_${letter}`)}`.toUpperCase()
}

async function readConfigFile({ home, file }: LoadOptions): Promise<readonly (readonly [string, SettingValue])[]> {
  const path = file ?? (home === '' ? undefined : join(home, 'config.toml'))
  const text = path === undefined ? undefined : await readBounded(path, { isRequired: file !== undefined })
  if (path === undefined || text === undefined) return []
  const found: (readonly [string, SettingValue])[] = []
  for (const [group, table] of Object.entries(await parseToml(path, text))) {
    if (findGroup(group) === undefined || typeof table !== 'object' || table === null) throw unknownSetting(group, path)
    for (const [knob, value] of Object.entries(table))
      found.push([`${group}.${knob}`, parseNamed(`${group}.${knob}`, { value, source: path })])
  }
  return found
}

async function readBounded(path: string, { isRequired }: { readonly isRequired: boolean }): Promise<string | undefined> {
  try {
    const { size } = await stat(path)
    if (size > maxFileBytes) {
      throw configFaults.create('CONFIG_UNREADABLE', {
        message: `${path} has ${size} bytes; a configuration has at most ${maxFileBytes}`,
        data: { file: path },
      })
    }
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' && !isRequired) return undefined
    if (typeof code !== 'string' || code === 'CONFIG_UNREADABLE') throw error
    throw configFaults.create('CONFIG_UNREADABLE', {
      message: `cannot read the configuration ${path} (${code}). Name another with --config, or leave the option out`,
      data: { file: path },
      cause: error,
    })
  }
}

async function parseToml(file: string, text: string): Promise<Readonly<Record<string, unknown>>> {
  const { parse, TomlError } = await import('smol-toml')
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw configFaults.create('CONFIG_SYNTAX', {
      message: `${file}:${error.line}:${error.column}: ${error.message.split('\n')[0] ?? 'no TOML'}`,
      data: { file, line: error.line, column: error.column },
      cause: error,
    })
  }
}
