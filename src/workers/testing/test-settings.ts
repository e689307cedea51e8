import type { WorkSettings } from '../work-desk.ts'

/** A worker of a command that does nothing, without a sandbox. */
export const testSettings: WorkSettings = {
  ...{ driver: 'command', model: '', command: ['true'], secrets: [], sandbox: 'none', network: 'none', readable: [] },
  ...{
    maxTurns: 30,
    maxOutputTokens: 100,
    taskTimeoutMs: 1_000,
    gitTimeoutMs: 30_000,
    commandTimeoutMs: 1_000,
    maxOutputBytes: 1_000,
    maxAnswerLength: 100,
  },
  ...{ memoryBytes: 1_000_000_000, cpus: 1, processes: 64, maxPackBytes: 1_000, maxTranscriptBytes: 1_000, checkpointMs: 1_000 },
  answersHelp: false,
}
