/** What the name of an agent is made of when nobody chose one. */
export interface NameParts {
  /** Of the owner: names under it are the owner's own, and need no grant. */
  readonly handle: string
  /** Of the machine. */
  readonly label: string
  /** Peer id of the node. */
  readonly node: string
}

/** Longest name, in characters: that of a certificate. */
const maxNameLength = 64
/** Characters of a peer id that tell machines of one label apart. */
const tailLength = 6

/** The agent name of a node that was given none: `ada-laptop`, and `ada-laptop-x3fq2k` where another machine has that one. One name has one writer. */
export function chooseAgentName({ handle, label, node }: NameParts, isTaken: (name: string) => boolean): string {
  const tail = `-${node.slice(-tailLength).toLowerCase()}`
  const name = `${handle}-${label === handle ? 'agent' : label}`.slice(0, maxNameLength - tail.length).replace(/-+$/, '')
  return isTaken(name) ? `${name}${tail}` : name
}
