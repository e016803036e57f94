/**
 * Asks between texts whether a search is to go on. How long a text takes depends on its length and
 * on what is looked for, so the steps of the worst case are counted.
 */

/** Steps between two questions: some milliseconds. */
const stepsBetweenChecks = 1 << 24
/** What any text costs, however short. */
const stepsOfText = 16

export type TextPace = (text: string) => void

/** `check` throws once the search is to be given up. `soughtLength`: characters of all that is looked for in each text. */
export function textPace(check: () => void, soughtLength = 1): TextPace {
  let steps = 0
  const stepsOfCharacter = Math.max(1, soughtLength)
  return ({ length }) => {
    steps += (length + stepsOfText) * stepsOfCharacter
    if (steps < stepsBetweenChecks) return
    steps = 0
    check()
  }
}
