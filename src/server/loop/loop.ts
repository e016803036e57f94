/**
 * The loop: command → decide → events → evolve → append (fsync) → answer and effects. Commands that
 * arrive together share one transaction. Memory evolves before the append, because the second
 * command of a batch must see the first. Nothing leaves the process until the append has returned.
 * If the append throws, memory is read back from the store. If that fails too, everything is
 * refused until the store can be read again, and running attempts are followed meanwhile.
 */
import type { Logger } from 'pino'
import type { Command, Given } from '../../core/decision.ts'
import type { Event } from '../../core/events.ts'
import { evolve } from '../../core/evolve.ts'
import { Explainer } from '../../core/explain/explain.ts'
import { type Effect, resume } from '../../core/react.ts'
import { restore } from '../../core/restore.ts'
import type { DriverState, Rules, State } from '../../core/state/state.ts'
import { Turn } from '../../core/turn.ts'
import { backoffMs } from '../../ground/backoff.ts'
import { giveWay } from '../../ground/pace.ts'
import { wakeAfter } from '../../ground/timers.ts'
import { limits } from '../../model/limits.ts'
import { isRefusal, type Refusal } from '../../model/refusal.ts'
import { type RecordedCall, type Store, StoreFailure } from '../../store/store.ts'
import type { Announcer } from '../events/announcer.ts'
import type { PassFailpoint } from '../failpoints.ts'
import { TurnChanges } from './changes.ts'
import { Effects } from './effects.ts'
import type { MeasuredStep } from './loop-listeners.ts'
import { StoredDefinitions } from './stored-definitions.ts'

export interface LoopOptions {
  readonly store: Store
  readonly account: { readonly account: string; readonly region: string }
  readonly defaultDriver: string
  /** AWS's rules unless given. */
  readonly rules?: Rules
  readonly given: { now(): number; newId(): string }
  readonly log: Logger
  readonly failpoint: PassFailpoint
  /** Carries out effects; must not throw. */
  readonly carryOut: (effect: Effect) => void
  /** Present when somebody subscribes to changes. What it writes is stored with them. */
  readonly announcer?: Announcer | undefined
  /** Receives the events that became durable. */
  readonly onEvents?: (events: readonly Event[]) => void
  /** Receives how long each step of a turn took. */
  readonly measured?: (step: MeasuredStep, seconds: number) => void
  /** Called for an impossible transition or another bug: the process must stop. */
  readonly onBroken: (error: unknown) => void
  /**
   * Calls `wake` after the delay. The returned function cancels it. Real time unless a test says
   * otherwise.
   */
  readonly later?: (ms: number, wake: () => void) => () => void
}

interface Queued {
  readonly command: Command<unknown>
  /**
   * Identifies the caller, the SDK's invocation and the exact request. A repeat has the same key.
   */
  readonly callKey: string | undefined
  settle(result: unknown): void
}

interface Decided {
  readonly turn: Turn
  readonly answers: { readonly item: Queued; readonly result: unknown }[]
}

/** Turns of the event loop that a transaction waits for more commands while they keep coming. */
const gatherRounds = 4
/**
 * Commands decided in one transaction. The rest wait for the next turn, so that readers get theirs.
 */
const commandsPerBatch = 512

export class Loop {
  readonly #options: LoopOptions
  readonly #queue: Queued[] = []
  readonly #effects: Effects
  #state: State
  #explainer: Explainer | undefined
  #turnDue = false
  /** Why no more commands are accepted. */
  #over: string | undefined
  /**
   * Why memory does not match the store: a turn was undone, and reading back failed too. No command
   * is decided meanwhile.
   */
  #memoryTrouble: string | undefined
  /** Whether the write that the store last refused may turn out to be in it after all. */
  #isUnsure = false
  /** Failed appends since the last successful one. */
  #failures = 0
  #cancelProbe: (() => void) | undefined
  /**
   * Why the store last refused a write. The next successful write clears it, at the latest the
   * loop's own probe.
   */
  #storeTrouble: string | undefined

  constructor(options: LoopOptions) {
    this.#options = options
    this.#effects = new Effects(options.carryOut)
    const { store, account, defaultDriver, rules } = options
    this.#state = restore(account, defaultDriver, store.load(), rules, new StoredDefinitions(store.definitions))
  }

  /**
   * For reading only, and only until the next await: the object is replaced when memory is read
   * back from the store.
   */
  get state(): State {
    return this.#state
  }

  /**
   * Explains the present state. Made at the first question after a turn, and shared until the next
   * turn.
   */
  get explainer(): Explainer {
    this.#explainer ??= new Explainer(this.#state, this.#options.given.now())
    return this.#explainer
  }

  get commandsWaiting(): number {
    return this.#queue.length
  }

  get effectsWaiting(): number {
    return this.#effects.waiting
  }

  get storeTrouble(): string | undefined {
    return this.#storeTrouble
  }

  /**
   * While this is set, `state` holds changes that never became durable, and nobody may learn of
   * them.
   */
  get memoryTrouble(): string | undefined {
    return this.#memoryTrouble
  }

  /**
   * Resolves with the command's answer or its refusal, once everything that it led to is durable. A
   * call repeated within 24 h gets the first answer again.
   */
  execute<Answer>(command: Command<Answer>, callKey?: string): Promise<Answer | Refusal> {
    if (this.#over !== undefined) return Promise.resolve(serverException(this.#over))
    if (this.#queue.length >= limits.queuedCommands)
      return Promise.resolve<Refusal>({
        kind: 'refusal',
        code: 'TooManyRequestsException',
        message: 'Too Many Requests',
        httpStatus: 429,
      })
    return new Promise((resolve) => {
      this.#queue.push({ command, callKey, settle: resolve as (result: unknown) => void })
      this.#wake()
    })
  }

  /** Resolves once all earlier commands have been decided. */
  async idle(): Promise<void> {
    while (this.#turnDue) await giveWay()
  }

  /** Decides the commands received so far, and accepts no more. */
  async close(): Promise<void> {
    await this.idle()
    this.#end('The server is stopping.')
  }

  #end(why: string): void {
    this.#over ??= why
    this.#cancelProbe?.()
    for (const item of this.#queue.splice(0)) item.settle(serverException(why))
  }

  #wake(): void {
    if (this.#turnDue || this.#over !== undefined) return
    this.#turnDue = true
    this.#gather(0)
  }

  /**
   * One turn of the event loop later, all requests that were read from their sockets share the
   * transaction, and so do those that follow closely. Another turn costs microseconds, another
   * commit a whole fsync. A command that comes alone waits for nobody.
   */
  #gather(rounds: number): void {
    const before = this.#queue.length
    setImmediate(() => {
      if (this.#queue.length > before && this.#queue.length < commandsPerBatch && rounds < gatherRounds)
        return this.#gather(rounds + 1)
      this.#turnDue = false
      const batch = this.#queue.splice(0, commandsPerBatch)
      try {
        this.#turn(batch)
      } catch (error) {
        this.#break(error, batch)
      }
    })
  }

  /** Memory may be half changed, so nothing of it is written or answered any more. */
  #break(error: unknown, batch: readonly Queued[]): void {
    const why = 'The request was not carried out: the server met an error it cannot go on from, and stops.'
    for (const item of batch) item.settle(serverException(why))
    this.#end(why)
    this.#options.onBroken(error)
  }

  #turn(batch: readonly Queued[]): void {
    this.#explainer = undefined
    let decided: Decided
    try {
      if (this.#memoryTrouble !== undefined) this.#readBack()
      decided = this.#timed('turn', () => this.#decide(batch))
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error
      return this.#undo(batch, error)
    }
    decided.turn.forget()
    this.#options.onEvents?.(decided.turn.events)
    for (const { item, result } of decided.answers) item.settle(result)
    this.#effects.push(decided.turn.effects)
    if (this.#queue.length > 0 || this.#state.schedulingDue) this.#wake()
  }

  /**
   * Evolves memory and makes it durable. Throws `StoreFailure` if the store could not be read or
   * written.
   */
  #decide(batch: readonly Queued[]): Decided {
    const { given, failpoint, store, announcer } = this.#options
    const now = given.now()
    const moment: Given = { now, newId: given.newId }
    const state = this.#state
    const turn = new Turn(state, moment, announcer && ((event, next) => announcer.watch(state, event, next, moment)))
    const answers: Decided['answers'] = []
    const calls = new Map<string, RecordedCall>()
    for (const item of batch) {
      const { callKey } = item
      const earlier =
        callKey !== undefined && (calls.get(callKey)?.answer ?? store.findCall(callKey, now - limits.repeatedCallMs))
      if (typeof earlier === 'string') {
        answers.push({ item, result: JSON.parse(earlier) })
        continue
      }
      const decision = turn.carryOut(item.command)
      if (!isRefusal(decision) && callKey && decision.events.length > 0)
        calls.set(callKey, { key: callKey, answer: JSON.stringify(decision.answer ?? {}), atMs: now })
      answers.push({ item, result: isRefusal(decision) ? decision : decision.answer })
    }
    if (state.schedulingDue) {
      this.#timed('pass', () => turn.place())
      announcer?.lookForBlocked(state, moment)
    }

    const forgetCallsBeforeMs = now - limits.repeatedCallMs
    const changes = new TurnChanges(state, turn.events)
    const outbox = announcer?.take() ?? []
    if (!changes.isEmpty || calls.size > 0 || outbox.length > 0) {
      failpoint('before-append')
      const written = changes.withCalls([...calls.values()], forgetCallsBeforeMs, outbox)
      this.#timed('append', () => store.append(written))
      this.#storeTrouble = undefined
      this.#failures = 0
      failpoint('after-append-before-reply')
    }
    return { turn, answers }
  }

  #timed<T>(step: MeasuredStep, work: () => T): T {
    const since = performance.now()
    const result = work()
    this.#options.measured?.(step, (performance.now() - since) / 1000)
    return result
  }

  /** The disk holds none of the batch, so memory must not hold it either. */
  #undo(batch: readonly Queued[], failure: StoreFailure): void {
    const { announcer, log } = this.#options
    log.error({ err: failure }, 'the store failed; the commands of this turn were refused')
    this.#storeTrouble = this.#memoryTrouble = failure.message
    this.#isUnsure ||= failure.isUnsure
    announcer?.undone()
    try {
      this.#readBack()
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error
      log.error({ err: error }, 'memory could not be read back from the store; all is refused until it can')
    }
    this.#probeLater()
    const refusal = serverException(`The request was not carried out: ${failure.message}`)
    for (const item of batch) item.settle(refusal)
    if (this.#queue.length > 0) this.#wake()
  }

  /** The drivers' last reports are kept, because they were never stored. */
  #readBack(): void {
    const { store, account, defaultDriver, rules } = this.#options
    const drivers = [...this.#state.drivers.values()]
    this.#state = restore(account, defaultDriver, store.load(), rules, new StoredDefinitions(store.definitions))
    for (const { name, health, hosts, endsUnread } of drivers) {
      if (isSeen(health)) evolve(this.#state, { type: 'driverSeen', driver: name, health, hosts })
      evolve(this.#state, { type: 'endsUnread', driver: name, unread: endsUnread })
    }
    // Placing again at once would fail again at once.
    this.#state.schedulingDue = false
    this.#memoryTrouble = undefined
    this.#explainer = undefined
    if (!this.#isUnsure) return
    // The turn that failed may be in the store after all. None of its consequences were carried
    // out.
    this.#isUnsure = false
    this.#effects.push([...resume(this.#state)])
  }

  /**
   * Continues as soon as the disk accepts writes again, even if nobody asks. The undone placements
   * are then made.
   */
  #probeLater(): void {
    if (this.#cancelProbe) return
    const { store, given, later = wakeAfter } = this.#options
    this.#cancelProbe = later(backoffMs(this.#failures++), () => {
      this.#cancelProbe = undefined
      try {
        store.putSetting('storeProbedAt', String(given.now()))
        if (this.#memoryTrouble !== undefined) this.#readBack()
      } catch (error) {
        return error instanceof StoreFailure ? this.#probeLater() : this.#break(error, [])
      }
      this.#storeTrouble = undefined
      this.#state.schedulingDue = true
      this.#wake()
    })
  }
}

function serverException(message: string): Refusal {
  return { kind: 'refusal', code: 'ServerException', message, httpStatus: 500 }
}

function isSeen(health: DriverState['health']): health is Exclude<DriverState['health'], { kind: 'unseen' }> {
  return health.kind !== 'unseen'
}
