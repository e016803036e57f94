/**
 * A new epoch begins when the database cannot know everything that happened: it was restored from a
 * backup, or is new because the old one was lost. These settings of the database keep its state.
 */

/** The number of the epoch. Not set before the first. */
export const epochSetting = 'epoch'
/**
 * The drivers that have not said yet which attempts they have, as a list in JSON; `all` before jobs
 * were held.
 */
export const unmatchedSetting = 'epochUnmatched'

interface Settings {
  putSetting(key: string, value: string): void
}

export function beginEpoch(settings: Settings, epoch: number): void {
  settings.putSetting(unmatchedSetting, 'all')
  settings.putSetting(epochSetting, String(epoch))
}
