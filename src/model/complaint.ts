/**
 * What is wrong with a request, in AWS's words; undefined when nothing is. Checks return complaints and know nothing of
 * how they are sent: each entry point turns the first one into a refusal, once.
 */
export type Complaint = string | undefined

/** The first complaint about any of the items, in their order. */
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
