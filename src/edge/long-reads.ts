/**
 * Some reads take long by nature, and share the thread and the memory with everything else. A few
 * of each kind run at once, users take turns, and a client that hangs up is forgotten.
 */
import type { FastifyReply } from 'fastify'
import { FairGate, GateFull } from '../ground/fair-gate.ts'
import { SteadyPace } from '../ground/pace.ts'
import { limits } from '../model/limits.ts'
import type { RequestContext } from './context.ts'
import { ApiFailure, failure } from './errors.ts'
import type { LongReadKind, Operation } from './operation.ts'

export class LongReads {
  readonly #gates: Readonly<Record<LongReadKind, FairGate>>

  /** `waitingOfEach` reads of one user may wait. */
  constructor(waitingOfEach: number = limits.longReadsWaitingOfUser) {
    const size = { width: limits.longReadsAtOnce, waiting: limits.longReadsWaiting, waitingOfEach }
    this.#gates = { search: new FairGate(size), page: new FairGate(size), jobSearch: new FairGate(size) }
  }

  /** Reads that wait for their turn. */
  get waiting(): number {
    return Object.values(this.#gates).reduce((sum, { waiting }) => sum + waiting, 0)
  }

  /**
   * Runs the read when its user's turn comes. If too many wait, throws an `ApiFailure` that SDKs
   * retry.
   */
  async run<T>(
    { longRead, service }: Operation,
    context: RequestContext,
    reply: FastifyReply,
    read: (context: RequestContext) => T | Promise<T>,
  ): Promise<T> {
    const hungUp = new AbortController()
    const onClose = () => hungUp.abort(new ApiFailure(failure('ClientException', 'The client hung up.')))
    reply.raw.once('close', onClose)
    try {
      const work = () => read({ ...context, pace: new SteadyPace(hungUp.signal), hungUp: hungUp.signal })
      return await this.#gates[longRead ?? 'page'].pass(context.principal.name, work, hungUp.signal)
    } catch (error) {
      if (error instanceof GateFull)
        throw new ApiFailure(
          service === 'logs'
            ? failure('ThrottlingException', 'Rate exceeded')
            : failure('TooManyRequestsException', 'Too Many Requests'),
        )
      throw error
    } finally {
      reply.raw.off('close', onClose)
    }
  }
}
