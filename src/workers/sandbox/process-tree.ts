import { readdir, readFile } from 'node:fs/promises'

/** A tree that grows faster than it is walked is given up after so many rounds. */
const maxRounds = 20

/**
 * Sends a signal to a process and to all that it started and they started, whatever group they are in; also through a sandbox, whose processes the
 * machine sees as its own. Those that are gone are passed over; a process that left the tree (a daemon without a sandbox) is not reached.
 *
 * Where there is no `/proc`, the process's group alone is reached.
 */
export async function signalTree(root: number, signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  const reached = new Set<number>()
  for (let round = 0; round < maxRounds; round += 1) {
    // what is stopped starts nothing more: a round that finds nobody new is the last
    const fresh = (await listTree(root)).filter((pid) => !reached.has(pid))
    if (fresh.length === 0) return
    for (const pid of fresh) {
      reached.add(pid)
      send(pid, signal)
    }
  }
}

/** A process and its descendants; its group where nobody can say. */
async function listTree(root: number): Promise<readonly number[]> {
  const children = new Map<number, number[]>()
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue
    const parent = await readParent(Number(name))
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  if (children.size === 0) return [-root]
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

/** @see proc(5), /proc/pid/stat: the name stands in brackets and may hold anything */
async function readParent(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const parent = /^ \S (\d+) /.exec(text.slice(text.lastIndexOf(')') + 1))?.[1]
  return parent === undefined ? undefined : Number(parent)
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone already.
  }
}
