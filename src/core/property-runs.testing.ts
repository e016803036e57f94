/** How many random worlds a property lives through: all of them in `npm run test:properties`, a tenth in `npm test`. */

/** Whether all are tried. A few worlds need not meet every rare case. */
export const triesAll = process.env.PROPERTY_RUNS === 'whole'

interface Runs {
  readonly numRuns: number
  readonly seed?: number
}

/** Unless the whole is asked for, the worlds are the same at every run: a handful of others might meet a rare case or not. */
export function propertyRuns(whole: number): Runs {
  return triesAll ? { numRuns: whole } : { numRuns: Math.ceil(whole / 10), seed: 1 }
}
