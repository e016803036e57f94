/**
 * Completes a change of a service environment or quota share. Nothing of it lies outside this
 * server, so the resource becomes VALID or is deleted at once.
 */
import type { AccountResourceKind } from '../model/account-resource.ts'
import { type Command, events, nothing } from './decision.ts'
import { isChanging } from './life-cycle.ts'
import { resourcesOfKind } from './state/state.ts'

export function settleResource(kind: AccountResourceKind, arn: string): Command {
  return (state) => {
    const current = resourcesOfKind(state, kind).get(arn)
    if (!current || !('status' in current)) return nothing('it is gone, or has no states')
    if (current.status === 'DELETING') return events({ type: 'resourceGone', kind, arn })
    if (!isChanging(current.status)) return nothing('it is settled')
    return events({ type: 'resourceChanged', resource: { ...current, status: 'VALID' } })
  }
}
