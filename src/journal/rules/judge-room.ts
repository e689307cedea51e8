/** Entries and bytes of entries. */
export interface Size {
  readonly entries: number
  readonly bytes: number
}

/** What an open hive may take on this disk. S2 */
export interface QuotaLimits {
  /** Of one owner. */
  readonly owner: Size
  /** Of one owner who is followed. */
  readonly followed: Size
  /** Kept free for every owner who is here, so that nobody who comes later can crowd out its newest releases. */
  readonly reserved: Size
  /** Of all owners who are not followed. */
  readonly hive: Size
}

/** One owner and the hive, as counted. */
export interface QuotaUse {
  readonly isFollowed: boolean
  /** What is here of the owner. */
  readonly own: Size
  /** Of every owner who is here and not followed, what it has or what is reserved for it, whichever is more. */
  readonly committed: Size
}

/**
 * What an owner may still fill.
 *
 * Who is here may always fill what is reserved for it, and more while the hive has room. Somebody new comes in only while that much can
 * be reserved for it. Who is followed takes nothing from the others.
 */
export function judgeRoom({ isFollowed, own, committed }: QuotaUse, { owner, followed, reserved, hive }: QuotaLimits): Size {
  if (isFollowed) return { entries: followed.entries - own.entries, bytes: followed.bytes - own.bytes }
  const free = { entries: hive.entries - committed.entries, bytes: hive.bytes - committed.bytes }
  if (own.entries > 0) {
    const room = (of: keyof Size): number => Math.min(owner[of] - own[of], Math.max(reserved[of] - own[of], 0) + Math.max(free[of], 0))
    return { entries: room('entries'), bytes: room('bytes') }
  }
  if (free.entries < reserved.entries || free.bytes < reserved.bytes) return { entries: 0, bytes: 0 }
  return { entries: Math.min(owner.entries, free.entries), bytes: Math.min(owner.bytes, free.bytes) }
}

/** What an owner takes of the hive: what it has, and never less than what is reserved for it. */
export function commitmentOf(own: Size, reserved: Size): Size {
  if (own.entries === 0) return own
  return { entries: Math.max(own.entries, reserved.entries), bytes: Math.max(own.bytes, reserved.bytes) }
}
