/**
 * An epoch begins when the database does not know all that happened: it was restored from a backup, or is new because the old one was lost.
 * What is kept of it stands among the settings of the database.
 */

/** Holds the number of the epoch; none before one began. */
export const epochSetting = 'epoch'
/** Drivers that have not said yet what they have, as a list in JSON; `all` before anything was held. */
export const unmatchedSetting = 'epochUnmatched'

interface Settings {
  putSetting(key: string, value: string): void
}

export function beginEpoch(settings: Settings, epoch: number): void {
  settings.putSetting(unmatchedSetting, 'all')
  settings.putSetting(epochSetting, String(epoch))
}
