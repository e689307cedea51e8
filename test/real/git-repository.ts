import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Chance } from '../../src/lib/chance.ts'

/** One commit and every file of a folder as it is there: paths with the names of their blobs. */
export interface CommittedTree {
  readonly commit: string
  /** Committer's time, in milliseconds. */
  readonly at: number
  readonly files: ReadonlyMap<string, string>
}

/** Nothing of whoever runs the test: no settings, no hooks, no prompts. */
const environment = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
}
const commitMode = '160000'

/** A repository, asked by `git` itself. */
export class GitRepository {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** Whether there is a repository with all of its history. */
  isWhole(): boolean {
    const { status, stdout } = this.#spawn(['rev-parse', '--is-shallow-repository'])
    return status === 0 && stdout.toString().trim() === 'false'
  }

  /** The last commits that touched a folder, in topological order, the oldest first. */
  history(folder: string, limit: number): readonly CommittedTree[] {
    const log = this.#ask(['log', '--topo-order', `--max-count=${limit}`, '--format=%H %ct', 'HEAD', '--', folder])
    return log
      .toString()
      .trim()
      .split('\n')
      .toReversed()
      .map((line) => {
        const [commit = '', seconds] = line.split(' ')
        return { commit, at: Number(seconds) * 1_000, files: this.#files(commit, folder) }
      })
  }

  /** The bytes of blobs, by their names. */
  blobs(names: Iterable<string>): ReadonlyMap<string, Uint8Array> {
    const wanted = [...new Set(names)]
    const output = this.#ask(['cat-file', '--batch'], `${wanted.join('\n')}\n`)
    const found = new Map<string, Uint8Array>()
    for (let at = 0; at < output.byteLength;) {
      const lineEnd = output.indexOf('\n', at)
      const [name = '', , size] = output.toString('utf8', at, lineEnd).split(' ')
      found.set(name, new Uint8Array(output.subarray(lineEnd + 1, lineEnd + 1 + Number(size))))
      at = lineEnd + 2 + Number(size)
    }
    return found
  }

  /** Runs `git` in the repository. @throws Error with what it said */
  #ask(words: readonly string[], input = ''): Buffer {
    const { status, stdout, stderr } = this.#spawn(words, input)
    if (status !== 0) throw new Error(`git ${words.join(' ')}: ${stderr.toString()}`)
    return stdout
  }

  #spawn(words: readonly string[], input = '') {
    const options = ['-c', 'safe.directory=*', '-c', 'protocol.allow=never', '-c', 'core.hooksPath=/dev/null']
    return spawnSync('git', ['-C', this.#path, ...options, ...words], { env: environment, input, maxBuffer: 1 << 29 })
  }

  #files(commit: string, folder: string): ReadonlyMap<string, string> {
    const lines = this.#ask(['ls-tree', '-r', '-z', commit, '--', `${folder}/`])
      .toString()
      .split('\0')
    return new Map(
      lines.filter(Boolean).flatMap((line) => {
        const [, mode, name, path] = /^(\d+) \w+ (\w+)\t([^]*)$/.exec(line) ?? []
        return path === undefined || name === undefined || mode === commitMode ? [] : [[path, name] as const]
      }),
    )
  }

  /** Makes a repository with branches, merges, clocks that go back, files that come, change, go and come again. */
  static make(path: string, chance: Chance, commits: number): GitRepository {
    const made = new GitRepository(path)
    mkdirSync(join(path, 'docs', 'deep'), { recursive: true })
    made.#ask(['init', '--quiet', '--initial-branch=main'])
    const pick = (count: number): number => Math.floor(chance.fraction() * count)
    const names = ['a.md', 'b.md', 'deep/c.txt', 'deep/ö and blank.txt']
    for (let n = 0; n < commits; n += 1) {
      const file = join(path, 'docs', names[pick(names.length)] ?? '')
      if (n > 5 && pick(4) === 0) rmSync(file, { force: true })
      else writeFileSync(file, `text ${pick(6)}\n`.repeat(pick(20)))
      if (n % 9 === 4) made.#ask(['switch', '--quiet', '-c', `side-${n}`])
      made.#commit(`change ${n}`, 1_700_000_000 + n * 60 - pick(300))
      if (n % 9 === 7) made.#merge(n - 3)
    }
    return made
  }

  #commit(message: string, seconds: number): void {
    this.#ask(['add', '--all'])
    const who = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgSign=false']
    const env = { ...environment, GIT_AUTHOR_DATE: `${seconds} +0000`, GIT_COMMITTER_DATE: `${seconds} +0000` }
    spawnSync('git', ['-C', this.#path, ...who, 'commit', '--quiet', '--allow-empty', '-m', message], { env })
  }

  /** The side goes into a main that went on meanwhile. */
  #merge(from: number): void {
    this.#ask(['switch', '--quiet', 'main'])
    this.#commit('main goes on', 1_700_000_000 + from * 60)
    this.#ask([
      '-c',
      'user.name=ada',
      '-c',
      'user.email=ada@example.org',
      'merge',
      '--quiet',
      '--no-ff',
      '-X',
      'theirs',
      '-m',
      'merge',
      `side-${from}`,
    ])
  }
}

/** Whether `git` is here at all. */
export function hasGit(): boolean {
  return spawnSync('git', ['--version']).status === 0
}
