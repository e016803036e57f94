/**
 * Carries out the effects that are commands. A change to an account resource is settled by a
 * command of its own.
 */
import { settleComputeEnvironment } from '../../core/compute-environment/decide.ts'
import type { Command } from '../../core/decision.ts'
import { settleJobQueue } from '../../core/job-queue/decide.ts'
import type { Effect } from '../../core/react.ts'
import { settleResource } from '../../core/settle-resource.ts'
import type { Loop } from '../loop/loop.ts'
import type { LoopListeners } from '../loop/loop-listeners.ts'
import { untilTaken } from '../run/until-taken.ts'

export class Settling {
  readonly #loop: Pick<Loop, 'execute'>
  readonly #listeners: LoopListeners
  readonly #stopping = new AbortController()

  constructor(loop: Pick<Loop, 'execute'>, listeners: LoopListeners) {
    this.#loop = loop
    this.#listeners = listeners
  }

  start(): void {
    this.#listeners.onEffect((effect) => {
      const command = commandOf(effect)
      if (command) void untilTaken(this.#loop, command, this.#stopping.signal)
    })
  }

  /** Commands that were not accepted are dropped: the next start settles everything. */
  stop(): void {
    this.#stopping.abort()
  }
}

function commandOf(effect: Effect): Command | undefined {
  switch (effect.type) {
    case 'settleComputeEnvironment':
      return settleComputeEnvironment(effect.name)
    case 'settleJobQueue':
      return settleJobQueue(effect.name)
    case 'settleResource':
      return settleResource(effect.kind, effect.arn)
    default:
      return undefined
  }
}
