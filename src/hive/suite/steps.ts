import type { InviteInput, TestNode, TestWorld } from './hive-world.ts'

/** The root makes a closed hive, in which it has its own name as handle. */
export async function makeHive(world: TestWorld, root: TestNode): Promise<void> {
  await world.run(root.handlers['hive.create']({ name: 'workshop', open: false, handle: root.name }, world.context()))
}

/** A code of the root's current hive. */
export async function inviteTo(world: TestWorld, root: TestNode, input: Partial<InviteInput> = {}): Promise<string> {
  const full = { level: 'suggestion', role: [], scope: [], agent: [], uses: 1, expires: '24h', ...input } as const
  const { code } = await world.run(root.handlers['hive.invite'](full, world.context()))
  return code
}

/** Joins by a code, asking for the node's own name as handle unless another is given. */
export function join(world: TestWorld, node: TestNode, code: string, handle: string = node.name) {
  return world.run(node.handlers['hive.join']({ code, handle, bootstrap: [] }, world.context()))
}

/** A closed hive of a root and members who joined one after the other, all connected to the root. */
export async function makeMembers(world: TestWorld, root: TestNode, ...members: readonly TestNode[]): Promise<void> {
  await makeHive(world, root)
  for (const member of members) await join(world, member, await inviteTo(world, root))
  await pass(world, 3_000)
}

/** Lets virtual time pass. */
export function pass(world: TestWorld, ms: number): Promise<void> {
  return world.run(world.clock.sleep(ms, { signal: new AbortController().signal }))
}

/** Connects two nodes of one hive and lets them introduce themselves. */
export async function connect(world: TestWorld, from: TestNode, to: TestNode): Promise<void> {
  const hive = to.running().service.known.id
  const address = to.running(hive).host.addresses()[0] ?? ''
  await world.run(
    from
      .running(hive)
      .host.dial(address, { signal: new AbortController().signal })
      .catch(() => undefined),
  )
  await pass(world, 2_000)
}

/** Peers a node has admitted and is connected with. */
export function admittedPeers(node: TestNode): readonly string[] {
  return node
    .running()
    .host.connections()
    .filter(({ admitted }) => admitted)
    .map(({ peer }) => peer)
}

/** Handles of the members a node knows, revoked ones in brackets. */
export function handlesOf(node: TestNode): readonly string[] {
  return node
    .running()
    .service.membership.members()
    .map(({ handle, revoked }) => (revoked ? `(${handle})` : handle))
}
