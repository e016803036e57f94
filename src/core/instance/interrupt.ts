/** An operator rehearses the loss of a spot instance: all its spot attempts are reclaimed. */
import { refuse } from '../../model/refusal.ts'
import { accept, type Command } from '../decision.ts'
import type { Event } from '../events.ts'
import { isStopping } from '../scheduler/spot.ts'
import type { Slot, Tenant } from '../state/host-index.ts'
import { indexesOf, type State } from '../state/state.ts'

export interface Interruption {
  /** Spot attempts that got their notice now. */
  readonly interrupted: number
  /** Attempts that were being stopped before. */
  readonly alreadyStopping: number
}

/** How many instances one message names. */
const instancesNamed = 10

const cause = { kind: 'reclaimed', why: 'an operator interrupted the instance' } as const

/** A multi-node attempt leaves as a whole, wherever its other nodes are. */
export function interruptInstance(instanceId: string): Command<Interruption> {
  return (state) => {
    const slots = slotsOf(state, instanceId)
    if (slots.length === 0) return refuse(`Instance ${instanceId} not found. ${whereSpotRuns(state)}`, 404)
    const spot = slots.flatMap(spotOn)
    if (spot.length === 0) return refuse(`No spot attempt runs on instance ${instanceId}.`)
    const told: Event[] = spot
      .filter((tenant) => !isStopping(state, tenant))
      .map(({ jobId, attempt }) => ({ type: 'attemptStopping', jobId, number: attempt.number, cause }))
    return accept({ interrupted: told.length, alreadyStopping: spot.length - told.length }, told)
  }
}

/** Includes hosts that are no longer offered and still have attempts. */
function slotsOf(state: State, instanceId: string): Slot[] {
  return allSlots(state).filter(({ host }) => host.instanceId === instanceId)
}

function whereSpotRuns(state: State): string {
  const ids = [...new Set(allSlots(state).flatMap((slot) => (spotOn(slot).length > 0 ? slot.host.instanceId : [])))]
  if (ids.length === 0) return 'No spot attempt runs anywhere.'
  const more = ids.length > instancesNamed ? ` and ${ids.length - instancesNamed} more` : ''
  return `Spot attempts run on ${ids.slice(0, instancesNamed).join(', ')}${more}.`
}

function allSlots(state: State): Slot[] {
  return [...indexesOf(state).keys()].flatMap((index) => [...index.slots()])
}

function spotOn({ tenants }: Slot): Tenant[] {
  return [...tenants.values()].filter(({ attempt }) => attempt.spot)
}
