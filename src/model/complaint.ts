/**
 * What is wrong with a request, in AWS's words; undefined when nothing is. Checks return complaints
 * and do not know how they are sent. Each entry point turns the first complaint into a refusal.
 */
export type Complaint = string | undefined

/** Returns the first complaint about any of the items, in their order. */
export function firstComplaint<T>(
  items: readonly T[] | undefined,
  check: (item: T, index: number) => Complaint,
): Complaint {
  for (const [index, item] of (items ?? []).entries()) {
    const complaint = check(item, index)
    if (complaint !== undefined) return complaint
  }
  return undefined
}
