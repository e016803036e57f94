/**
 * Holds the listeners that act on what the loop decides. Most of them call the loop themselves, so
 * they can only be made after it. The loop gets this object, and each listener registers when it is
 * ready. Without a listener, news is dropped.
 */
import type { Event } from '../../core/events.ts'
import type { Effect } from '../../core/react.ts'

/** A whole turn, its write to the store, and the making of its plan. */
export type MeasuredStep = 'turn' | 'append' | 'pass'

export class LoopListeners {
  readonly #onEffect: ((effect: Effect) => void)[] = []
  readonly #onEvents: ((events: readonly Event[]) => void)[] = []
  readonly #onMeasured: ((step: MeasuredStep, seconds: number) => void)[] = []

  /**
   * `carryOut` must not throw. It is called in the turn that led to the effect, and ignores effects
   * that are not its own.
   */
  onEffect(carryOut: (effect: Effect) => void): void {
    this.#onEffect.push(carryOut)
  }

  /** `take` is called with events that have become durable. */
  onEvents(take: (events: readonly Event[]) => void): void {
    this.#onEvents.push(take)
  }

  /** `take` is called with how long each step of a turn took. */
  onMeasured(take: (step: MeasuredStep, seconds: number) => void): void {
    this.#onMeasured.push(take)
  }

  readonly carryOut = (effect: Effect): void => {
    for (const carryOut of this.#onEffect) carryOut(effect)
  }

  readonly takeEvents = (events: readonly Event[]): void => {
    for (const take of this.#onEvents) take(events)
  }

  readonly measured = (step: MeasuredStep, seconds: number): void => {
    for (const take of this.#onMeasured) take(step, seconds)
  }
}
