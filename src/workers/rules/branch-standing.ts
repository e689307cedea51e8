/** How a work branch stands to the branch that its pull request goes to. */
export type BranchStanding =
  /** There is no such base. */
  | 'none'
  /** The branch was taken away, and the base has nothing of it. */
  | 'gone'
  /** All of it is in the base. */
  | 'merged'
  /** All of the base is in it. */
  | 'current'
  /** The base went on, and git can merge the two. */
  | 'behind'
  /** Both changed the same lines. */
  | 'conflicted'
