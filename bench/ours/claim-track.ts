import { taskKeyOfIssue } from '../../src/tasks/task.ts'
import type { RaceSize, RaceTrack } from '../harness/race.ts'
import type { ClaimNode } from './claim-node.ts'
import { claimTask, openClaimNode } from './claim-node.ts'

/** A race for claims on one repository, with a ledger for each node. */
export async function openClaimTrack(address: string, size: RaceSize, { signal }: { readonly signal: AbortSignal }): Promise<RaceTrack> {
  const nodes: ClaimNode[] = []
  for (let index = 0; index < size.nodes; index += 1) nodes.push(await openClaimNode(address, { signal }))
  const observer = await openClaimNode(address, { signal })
  return {
    attempt: async (index, task) => {
      const node = nodes[index]
      if (node === undefined) throw new Error(`there is no node ${index}`)
      const before = node.pushes()
      const attempt = await claimTask(node, taskKeyOfIssue(task + 1), signal)
      if (attempt?.result === 'refused' || attempt?.result === 'unknown') throw new Error(`a claim is ${attempt.result}: ${attempt.reason}`)
      return { isWon: attempt?.result === 'held', swaps: node.pushes() - before }
    },
    holders: async () => readHolders(observer, nodes, signal),
  }
}

/** Who holds what by a chain of one link; a task with any other chain is nobody's. */
async function readHolders(observer: ClaimNode, nodes: readonly ClaimNode[], signal: AbortSignal): Promise<ReadonlyMap<number, number>> {
  const places = new Map(nodes.map(({ self }, index) => [self.peer, index]))
  const holders = new Map<number, number>()
  for (const { task, meaning, chain } of await observer.ledger.lookAtAll({ signal })) {
    const holder = meaning.meaning === 'held' ? places.get(meaning.holding.holder) : undefined
    if (holder !== undefined && chain?.state.links === 1) holders.set(Number(task.slice('issue-'.length)) - 1, holder)
  }
  return holders
}
