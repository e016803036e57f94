/**
 * How many random worlds a property lives through: all of them in `npm run test:properties`, a
 * tenth in `npm test`.
 */

/** Whether all worlds are tried. A few worlds need not include every rare case. */
export const triesAll = process.env.PROPERTY_RUNS === 'whole'

interface Runs {
  readonly numRuns: number
  readonly seed?: number
}

/**
 * Unless all worlds are tried, every run has the same ones: a handful of others might or might not
 * include a rare case.
 */
export function propertyRuns(whole: number): Runs {
  return triesAll ? { numRuns: whole } : { numRuns: Math.ceil(whole / 10), seed: 1 }
}
