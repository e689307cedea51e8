import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { CliDeps } from './deps.ts'
import { addGlobalOptions } from './global-options.ts'
import { formatExamples } from './help.ts'

/** Options of `p2p start`. */
export interface StartOptions {
  readonly isDetached: boolean
  /** Settings given on the line, by `group.name`. */
  readonly overrides: Readonly<Record<string, unknown>>
  /** The same options again, for the process in the background. */
  readonly arguments: readonly string[]
}

export type OnStart = (options: StartOptions, command: Command) => Promise<void>

/** Examples of `p2p start`, for its help and the reference page. */
export const startExamples = [
  { command: 'althing p2p start', does: 'start the node here, until Ctrl-C; the first start makes keys and a hive' },
  { command: 'althing p2p start --detach', does: 'start it in the background; its log is node.log in the home' },
  {
    command: 'althing p2p start --listen /ip4/0.0.0.0/tcp/4001 --bootstrap /dns4/ada.example/tcp/4001',
    does: 'listen on one port and dial a known node',
  },
]

/** One line about `p2p start`. */
export const startSummary = 'Start the node of this home'

/** `p2p start`: the one command that stays. */
export function createStartCommand(deps: Pick<CliDeps, 'workingDirectory'>, onStart: OnStart): Command {
  const command = new Command('start')
    .description(`${startSummary}.`)
    .allowExcessArguments(false)
    .option('--listen <addr...>', 'multiaddrs to listen on (default: port 4001 on every interface)')
    .option('--bootstrap <addr...>', 'multiaddrs of nodes to dial at start')
    .addOption(new Option('--dht <mode>', 'whether to hold DHT records for others').choices(['server', 'client']))
    .option('--no-mdns', 'do not look for nodes on the local network')
    .option('--no-http', 'do not answer HTTP on loopback')
    .addOption(new Option('--http-port <port>', 'port of HTTP on loopback; 0 takes any').argParser(readPort))
    .option('--detach', 'run in the background, with node.log in the home')
  addGlobalOptions(command)
  command.addHelpText('after', formatExamples(startExamples))
  return command.action(async () => onStart(readStartOptions(command, deps), command))
}

function readStartOptions(command: Command, { workingDirectory }: Pick<CliDeps, 'workingDirectory'>): StartOptions {
  const given: Readonly<Record<string, unknown>> = command.opts()
  const overrides: [string, unknown][] = []
  const repeated: string[] = []
  const add = (setting: string, value: unknown, ...words: readonly string[]): void => {
    overrides.push([setting, value])
    repeated.push(...words)
  }
  const listen = textsOf(given['listen'])
  if (listen.length > 0) add('network.listen', listen, '--listen', ...listen)
  const bootstrap = textsOf(given['bootstrap'])
  if (bootstrap.length > 0) add('network.bootstrap', bootstrap, '--bootstrap', ...bootstrap)
  if (typeof given['dht'] === 'string') add('network.dht', given['dht'], '--dht', given['dht'])
  if (given['mdns'] === false) add('network.mdns', false, '--no-mdns')
  if (given['http'] === false) add('http.enabled', false, '--no-http')
  const port = given['httpPort']
  if (typeof port === 'number') add('http.port', port, '--http-port', String(port))
  return {
    isDetached: given['detach'] === true,
    overrides: Object.fromEntries(overrides),
    arguments: [...repeated, ...globalWords(command, workingDirectory)],
  }
}

function readPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > maxPort) throw new InvalidArgumentError(`It is a port, 0 to ${maxPort}.`)
  return Number(text)
}

const maxPort = 65_535

/** Global options that shape the node, made independent of the directory they were given in. */
function globalWords(command: Command, workingDirectory: string): readonly string[] {
  const given: Readonly<Record<string, unknown>> = command.optsWithGlobals()
  const words: string[] = []
  if (typeof given['home'] === 'string') words.push('--home', resolve(workingDirectory, given['home']))
  if (typeof given['config'] === 'string') words.push('--config', resolve(workingDirectory, given['config']))
  if (typeof given['hive'] === 'string') words.push('--hive', given['hive'])
  if (given['verbose'] === true) words.push('--verbose')
  return words
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
