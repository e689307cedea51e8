/** Opens something when it is first asked for, and gives everybody the same; an opening that failed is tried again by who asks next. */
export function openOnce<T>(open: () => Promise<T>): () => Promise<T> {
  let opening: Promise<T> | undefined
  return async () => {
    const mine = (opening ??= open())
    try {
      return await mine
    } catch (error) {
      if (opening === mine) opening = undefined
      throw error
    }
  }
}
