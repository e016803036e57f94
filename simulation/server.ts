/** The server's turns (src/core/turn.ts) in virtual time, without a store or a driver. */
import type { Command } from '../src/core/decision.ts'
import type { Event } from '../src/core/events.ts'
import type { Effect } from '../src/core/react.ts'
import { emptyState, type Rules, type State } from '../src/core/state/state.ts'
import { Turn } from '../src/core/turn.ts'
import { isRefusal, type Refusal } from '../src/model/refusal.ts'

export interface VirtualServerOptions {
  readonly rules: Rules
  readonly defaultDriver: string
  /** The state is the one before the event. */
  readonly onEvent: (state: State, event: Event) => void
  readonly carryOut: (effect: Effect) => void
  readonly onRefusal: (refusal: Refusal) => void
  readonly afterTurn?: ((state: State) => void) | undefined
  /** Milliseconds of real time, to measure scheduling passes by. */
  readonly clock?: (() => number) | undefined
}

export class VirtualServer {
  readonly state: State
  /** Counts for the loop so far. */
  readonly counts = { turns: 0, events: 0, passes: 0, placed: 0, largestPass: 0, longestPassMs: 0 }
  readonly #options: VirtualServerOptions
  #ids = 0

  constructor(options: VirtualServerOptions) {
    this.#options = options
    this.state = emptyState({ account: '123456789012', region: 'us-west-2' }, options.defaultDriver, options.rules)
  }

  /**
   * Carries out the commands, and the pass that they make due. Returns whether another turn must
   * follow at once.
   */
  turn(commands: readonly Command<unknown>[], nowMs: number): boolean {
    const { state } = this
    const { onEvent, onRefusal, afterTurn, carryOut } = this.#options
    this.counts.turns++
    const turn = new Turn(state, { now: nowMs, newId: this.#newId }, (event) => {
      onEvent(state, event)
      return undefined
    })
    for (const command of commands) {
      const decision = turn.carryOut(command)
      if (isRefusal(decision)) onRefusal(decision)
    }
    if (state.schedulingDue) this.#pass(turn)
    turn.forget()
    this.counts.events += turn.events.length
    afterTurn?.(state)
    for (const effect of turn.effects) carryOut(effect)
    return state.schedulingDue
  }

  #pass(turn: Turn): void {
    const { clock } = this.#options
    const { counts } = this
    const before = clock?.() ?? 0
    const placed = turn.place()
    counts.longestPassMs = Math.max(counts.longestPassMs, (clock?.() ?? 0) - before)
    counts.passes++
    counts.placed += placed
    counts.largestPass = Math.max(counts.largestPass, placed)
  }

  readonly #newId = () => {
    this.#ids++
    return `${this.#ids.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`
  }
}
