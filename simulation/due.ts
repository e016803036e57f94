/**
 * What each share was due. In every span of time, everything that was used is divided again among
 * the shares that had jobs running or waiting, by weight (half the weight factor, twice the
 * capacity). No share gets more than it asked for; what one leaves goes to the others in the same
 * proportion.
 */

/** The use of one share, by span. */
export interface ShareUse {
  /** 1 / weightFactor. */
  readonly claim: number
  readonly used: Float64Array
  /** The running and waiting demand together. */
  readonly wanted: Float64Array
}

/** What each share was due over all spans, in the given order. */
export function dueOf(shares: readonly ShareUse[]): number[] {
  const due = shares.map(() => 0)
  const spans = shares[0]?.used.length ?? 0
  for (let span = 0; span < spans; span++) {
    let left = 0
    for (const share of shares) left += share.used[span]!
    let open = shares.map((_, at) => at).filter((at) => shares[at]!.wanted[span]! > 0)
    while (open.length > 0 && left > 0) {
      const claims = open.reduce((sum, at) => sum + shares[at]!.claim, 0)
      const perClaim = left / claims
      const sated = open.filter((at) => shares[at]!.wanted[span]! <= shares[at]!.claim * perClaim)
      for (const at of sated.length > 0 ? sated : open) {
        const part = sated.length > 0 ? shares[at]!.wanted[span]! : shares[at]!.claim * perClaim
        due[at]! += part
        left -= part
      }
      if (sated.length === 0) break
      open = open.filter((at) => !sated.includes(at))
    }
  }
  return due
}

/**
 * The weight factor of a share: that of the entry with its name, or with its beginning and `*`; 1
 * without an entry, as on AWS.
 */
export function weightOf(shareDistribution: Readonly<Record<string, number>>, shareIdentifier: string): number {
  const covering = Object.keys(shareDistribution).find((entry) =>
    entry.endsWith('*') ? shareIdentifier.startsWith(entry.slice(0, -1)) : entry === shareIdentifier,
  )
  return covering === undefined ? 1 : shareDistribution[covering]!
}
