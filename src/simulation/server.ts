/**
 * The server's loop without a store, a driver or a clock (src/server/loop.ts is the real one): decide → evolve → react, what follows from ends
 * in the same turn, a scheduling pass while one is due, finished jobs forgotten.
 */
import { followEnds } from '../core/decide/follow.ts'
import { placeJobs } from '../core/decide/place.ts'
import type { Accepted, Command, Decision, Given } from '../core/decision.ts'
import type { Event } from '../core/events.ts'
import { evolve } from '../core/evolve.ts'
import { forgetFinished } from '../core/forget.ts'
import { type Effect, react } from '../core/react.ts'
import { emptyState, type Rules, type State } from '../core/state.ts'
import { isRefusal, type Refusal } from '../model/refusal.ts'

export interface VirtualServerOptions {
  readonly rules: Rules
  readonly defaultDriver: string
  /** The state is that before the event. */
  readonly onEvent: (state: State, event: Event) => void
  readonly carryOut: (effect: Effect) => void
  readonly onRefusal: (refusal: Refusal) => void
  readonly afterTurn?: ((state: State) => void) | undefined
  /** Milliseconds of real time, to measure scheduling passes by. */
  readonly clock?: (() => number) | undefined
}

export class VirtualServer {
  readonly state: State
  /** Of the loop so far. */
  readonly counts = { turns: 0, events: 0, passes: 0, placed: 0, largestPass: 0, longestPassMs: 0 }
  readonly #options: VirtualServerOptions
  #ids = 0

  constructor(options: VirtualServerOptions) {
    this.#options = options
    this.state = emptyState({ account: '123456789012', region: 'us-west-2' }, options.defaultDriver, options.rules)
  }

  /** Carries the commands out, and the pass that they make due. Whether another turn must follow at once. */
  turn(commands: readonly Command<unknown>[], nowMs: number): boolean {
    const { state } = this
    const given: Given = { now: nowMs, newId: this.#newId }
    const events: Event[] = []
    const effects: Effect[] = []
    this.counts.turns++
    this.#follow(given, events, effects)
    for (const command of commands) {
      const decision = command(state, given)
      if (isRefusal(decision)) this.#options.onRefusal(decision)
      else this.#apply(decision, given, events, effects)
    }
    if (state.schedulingDue) this.#pass(given, events, effects)
    forgetFinished(state, events)
    this.counts.events += events.length
    this.#options.afterTurn?.(state)
    for (const effect of effects) this.#options.carryOut(effect)
    return state.schedulingDue
  }

  #pass(given: Given, events: Event[], effects: Effect[]): void {
    const { clock } = this.#options
    const { counts } = this
    const before = clock?.() ?? 0
    const decision = accepted(placeJobs()(this.state, given))
    counts.longestPassMs = Math.max(counts.longestPassMs, (clock?.() ?? 0) - before)
    counts.passes++
    counts.placed += decision.answer
    counts.largestPass = Math.max(counts.largestPass, decision.answer)
    this.#apply(decision, given, events, effects)
  }

  #apply(decision: Accepted<unknown>, given: Given, events: Event[], effects: Effect[]): void {
    this.#take(decision, events, effects)
    this.#follow(given, events, effects)
  }

  #follow(given: Given, events: Event[], effects: Effect[]): void {
    while (this.state.dueAfterEnds.size > 0) this.#take(accepted(followEnds()(this.state, given)), events, effects)
  }

  #take(decision: Accepted<unknown>, events: Event[], effects: Effect[]): void {
    const { state } = this
    for (const event of decision.events) {
      this.#options.onEvent(state, event)
      evolve(state, event)
      events.push(event)
      for (const effect of react(state, event)) effects.push(effect)
    }
  }

  readonly #newId = () => {
    this.#ids++
    return `${this.#ids.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`
  }
}

/** For commands that refuse nothing. */
function accepted<Answer>(decision: Decision<Answer>): Accepted<Answer> {
  if (isRefusal(decision)) throw new Error(`refused: ${decision.message}`)
  return decision
}
