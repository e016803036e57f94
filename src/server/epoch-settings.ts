/**
 * An epoch begins when the database does not know all that happened: it was restored from a backup, or is new because the old one was lost.
 * What is kept of it stands among the settings of the store.
 */
import type { Store } from '../store/store.ts'

/** Holds the number of the epoch; none before one began. */
export const epochSetting = 'epoch'
const unmatchedSetting = 'epochUnmatched'

export function beginEpoch(store: Pick<Store, 'putSetting'>, epoch: number): void {
  store.putSetting(unmatchedSetting, 'all')
  store.putSetting(epochSetting, String(epoch))
}
