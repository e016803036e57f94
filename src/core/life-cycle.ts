/** States in which compute environments and job queues accept no further change. */
import type { CEStatus, JQStatus } from '../model/generated/batch.ts'

export function isChanging(status: CEStatus | JQStatus | undefined): boolean {
  return status === 'CREATING' || status === 'UPDATING' || status === 'DELETING' || status === 'DELETED'
}
