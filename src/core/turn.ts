/**
 * One turn of the core. Commands are decided and their events applied. The consequences of ends are
 * decided until nothing more follows. Waiting jobs are placed while a pass is due. The server's
 * loop, the simulator and the tests run turns by this class, so that what the simulator shows is
 * what the server does.
 */
import { isRefusal } from '../model/refusal.ts'
import type { Accepted, Command, Decision, Given } from './decision.ts'
import type { Event } from './events.ts'
import { evolve } from './evolve.ts'
import { forgetFinished } from './forget.ts'
import { followEnds } from './job/follow-ends.ts'
import { placeJobs } from './job/place.ts'
import { type Effect, react } from './react.ts'
import type { State } from './state/state.ts'

/**
 * Called before each event is applied, with the event that follows it in its decision. The returned
 * function is called after it, with the effects of the event.
 */
export type Watch = (event: Event, next: Event | undefined) => ((effects: readonly Effect[]) => void) | undefined

export class Turn {
  /** In the order in which they were applied. */
  readonly events: Event[] = []
  readonly effects: Effect[] = []
  readonly #state: State
  readonly #given: Given
  readonly #watch: Watch | undefined

  /** Begins with the undecided consequences of earlier ends, which a failed turn may have left. */
  constructor(state: State, given: Given, watch?: Watch) {
    this.#state = state
    this.#given = given
    this.#watch = watch
    this.#followEnds()
  }

  /** Decides the command and, unless it is refused, applies the decision and its consequences. */
  carryOut<Answer>(command: Command<Answer>): Decision<Answer> {
    const decision = command(this.#state, this.#given)
    if (!isRefusal(decision)) this.apply(decision)
    return decision
  }

  apply(decision: Accepted<unknown>): void {
    this.#take(decision.events)
    this.#followEnds()
  }

  /** Makes a scheduling pass, if one is due. Returns how many attempts it placed. */
  place(): number {
    if (!this.#state.schedulingDue) return 0
    const decision = accepted(placeJobs()(this.#state, this.#given))
    this.apply(decision)
    return decision.answer
  }

  /** Called once the events are durable: finished jobs leave memory. */
  forget(): void {
    forgetFinished(this.#state, this.events)
  }

  /**
   * An end lets other jobs start, or fail. This happens in the same turn, so that nobody ever waits
   * for something that is over.
   */
  #followEnds(): void {
    while (this.#state.dueAfterEnds.size > 0) this.#take(accepted(followEnds()(this.#state, this.#given)).events)
  }

  #take(events: readonly Event[]): void {
    for (const [at, event] of events.entries()) {
      const after = this.#watch?.(event, events[at + 1])
      evolve(this.#state, event)
      const effects = react(this.#state, event)
      this.events.push(event)
      for (const effect of effects) this.effects.push(effect)
      after?.(effects)
    }
  }
}

/** For commands that are never refused. */
function accepted<Answer>(decision: Decision<Answer>): Accepted<Answer> {
  if (isRefusal(decision)) throw new Error(`refused: ${decision.message}`)
  return decision
}
